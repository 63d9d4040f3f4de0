/** What a person does on the train page before, during and after a training: models, settings, fit, family, export. */
import { fireEvent, screen, waitFor, within } from "@testing-library/svelte";
import { describe, expect, test } from "vitest";
import { madeUpExport, madeUpFit, madeUpPlan, STARTER_BYTES } from "../src/dev/models";
import { madeUpRun } from "../src/dev/runs";
import { world } from "../src/dev/world";
import TrainScreen from "../src/features/training/TrainScreen.svelte";
import { failure, never, type FakeHost } from "../src/host/fake";
import { nothing, show } from "./show";

const press = async (name: string | RegExp) => fireEvent.click(await screen.findByRole("button", { name }));
const radio = (name: RegExp) => screen.findByRole<HTMLInputElement>("radio", { name });
/** The group of a disclosure's own control. */
const unfold = async (words: RegExp) => {
  const summary = (await screen.findByText(words)).closest("details");
  if (!summary) throw new Error("nothing to unfold");
  summary.open = true;
  await fireEvent(summary, new Event("toggle"));
};
const field = (name: string) => screen.findByRole<HTMLInputElement>("textbox", { name });

function open(query: string, change: (host: FakeHost) => void = () => undefined): FakeHost {
  const host = world(new URLSearchParams(query));
  change(host);
  show(host, TrainScreen as never, { project: 1, onstate: nothing, onexamples: nothing, oncheck: nothing, ontest: nothing, onplaces: nothing });
  return host;
}

describe("the shelf", () => {
  test("the suggested model is chosen, and the first press starts", async () => {
    const host = open("");
    expect((await radio(/SmolLM2 135M/u)).checked).toBe(true);
    await press("Start training, free");
    expect(host.asked("train_start")).toEqual([{ project: 1, model: "starter", settings: {} }]);
  });

  test("what is not here yet says its size and licence, is fetched with progress and can be stopped", async () => {
    const host = open("starter=missing&model=lab");
    await press("Fetch it (99 MB)");
    expect(host.asked("model_fetch")).toEqual([{ project: 1, model: "starter" }]);
    expect((await radio(/SmolLM2/u)).checked).toBe(true);
    host.emit("model_progress", { model: "starter", doneBytes: 50e6, totalBytes: STARTER_BYTES, checking: false, left: { low: 60, high: 110 } });
    expect((await screen.findAllByText("50 MB of 99 MB, 1 to 2 min left")).length).toBe(1);
    expect(screen.getByRole("button", { name: "Start training, free" }).title).toBe("The starting model is on its way.");
    host.emit("model_progress", { model: "starter", doneBytes: STARTER_BYTES, totalBytes: STARTER_BYTES, checking: true, left: null });
    expect(await screen.findByText("Checking the file…")).toBeTruthy();
    expect(screen.queryByRole("button", { name: "Stop" })).toBeNull();
    host.emit("model_progress", { model: "starter", doneBytes: 50e6, totalBytes: STARTER_BYTES, checking: false, left: null });
    await press("Stop");
    expect(host.asked("model_fetch_stop")).toEqual([{ project: 1, model: "starter" }]);
    expect(await screen.findByRole("button", { name: "Fetch the rest (58 MB)" })).toBeTruthy();
  });

  test("when it is here, the plan is made for it", async () => {
    const host = open("starter=fetching&model=starter");
    expect(await screen.findByText(/42 MB of 99 MB/u)).toBeTruthy();
    const whole = world(new URLSearchParams("starter=ready&model=starter"));
    host.answer({ model_shelf: (request) => whole.call("model_shelf", request) });
    host.emit("model_progress", { model: "starter", doneBytes: STARTER_BYTES, totalBytes: STARTER_BYTES, checking: false, left: null });
    await waitFor(() => expect(screen.getByRole("button", { name: "Start training, free" }).title).toBe(""));
    await waitFor(() => expect(host.asked("train_plan").at(-1)).toEqual({ project: 1, model: "starter", settings: {} }));
  });

  test("a fetch that was cut says so and goes on where it was", async () => {
    const host = open("starter=cut&model=starter");
    expect(await screen.findByText("42 MB of 99 MB are here and stay here.")).toBeTruthy();
    expect(screen.getAllByRole("alert").length).toBe(1);
    await press("Fetch the rest (58 MB)");
    expect(host.asked("model_fetch").length).toBe(1);
  });

  test("a damaged starter says so and is fetched again", async () => {
    const host = open("starter=wrong&model=starter");
    expect(screen.queryByRole("button", { name: "Take it off this list" })).toBeNull();
    await press("Fetch it again (99 MB)");
    expect(host.asked("model_fetch")).toEqual([{ project: 1, model: "starter" }]);
    expect(screen.queryByRole("button", { name: "Fetch it again (99 MB)" })).toBeNull();
  });

  test("a damaged model of one's own cannot be fetched", async () => {
    open("shelf=full&model=own:gone");
    expect((await screen.findAllByRole("alert")).length).toBe(1);
    expect(screen.queryByRole("button", { name: /fetch/iu })).toBeNull();
  });

  test("a model of one's own is picked, chosen and forgotten", async () => {
    const host = open("");
    await press("Folder");
    expect(host.asked("model_pick")).toEqual([{ project: 1, kind: "folder" }]);
    expect((await radio(/picked-model/u)).checked).toBe(true);
    await press("Take it off this list");
    expect(host.asked("model_forget")).toEqual([{ project: 1, model: "own:picked" }]);
    expect((await radio(/SmolLM2/u)).checked).toBe(true);
  });

  test("a model that cannot be trained is refused on the card", async () => {
    open("refuse=1");
    await press("File");
    expect(await screen.findByRole("alert")).toBeTruthy();
  });

  test("earlier trainings can be gone on from", async () => {
    const host = open("shelf=full");
    await unfold(/go on from one of 2/iu);
    await fireEvent.click(await radio(/training 2/iu));
    await press("Start training, free");
    expect(host.asked("train_start")).toEqual([{ project: 1, model: "ft:starter:attune:shop:2", settings: {} }]);
  });

  test("one whose files are gone cannot start and says why", async () => {
    open("shelf=full&model=own:gone");
    expect((await screen.findAllByRole("alert")).length).toBe(1);
    expect(screen.getByRole("button", { name: "Start training, free" }).title).toBe("This starting model cannot be used.");
  });
});

describe("settings", () => {
  test("the dial is sent once it is moved, and shows what it sets", async () => {
    const host = open("");
    const dial = await screen.findByRole<HTMLInputElement>("slider", { name: "Repeat or understand" });
    expect(dial.getAttribute("aria-valuetext")).toBe("Balanced. Right for most people.");
    await fireEvent.input(dial, { target: { value: "4" } });
    expect(screen.getByText("The idea. Best with many and varied examples.")).toBeTruthy();
    await waitFor(() => expect(host.asked("train_plan").at(-1)).toEqual({ project: 1, model: "starter", settings: { dial: 4 } }));
    await unfold(/training settings: chosen for you/iu);
    expect((await field("Rank")).placeholder).toBe("8, chosen for you");
    await press("Start training, free");
    expect(host.asked("train_start").at(-1)).toMatchObject({ settings: { dial: 4 } });
  });

  test("out of range stops the start and says why; the reset takes everything back", async () => {
    const host = open("model=lab");
    await unfold(/training settings: chosen for you/iu);
    await fireEvent.input(await field("Width"), { target: { value: "33" } });
    expect(await screen.findByText("Use 32 to 1,024, in steps of 16.")).toBeTruthy();
    await press("Start training, free");
    expect(host.asked("train_start")).toEqual([]);
    await press("Reset to recommended");
    await fireEvent.input(await field("Rounds"), { target: { value: "3" } });
    await press("Start training, free");
    expect(host.asked("train_start")).toEqual([{ project: 1, model: "lab", settings: { rounds: 3 } }]);
  });

  test("only what belongs to the model is sent", async () => {
    const host = open("");
    await unfold(/training settings: chosen for you/iu);
    await fireEvent.input(await field("Rank"), { target: { value: "8" } });
    await fireEvent.input(await field("Rounds"), { target: { value: "2" } });
    await fireEvent.change(screen.getByRole("combobox", { name: "Parts that learn" }), { target: { value: "attention" } });
    expect(screen.queryByRole("textbox", { name: "Layers" })).toBeNull();
    await fireEvent.click(await radio(/learn from nothing/iu));
    await press("Start training, free");
    expect(host.asked("train_start").at(-1)).toEqual({ project: 1, model: "lab", settings: { rounds: 2 } });
  });

  test("shortened examples name their remedy, and an add-on has it among its settings", async () => {
    const host = open("long=1");
    expect((await screen.findByText(/will be shortened/u)).textContent).toContain("“Longest example”");
    await unfold(/training settings: chosen for you/iu);
    const longest = await field("Longest example");
    expect(longest.placeholder).toBe("2,048, chosen for you");
    await fireEvent.input(longest, { target: { value: "9000" } });
    expect(await screen.findByText("Use a whole number from 16 to 8,192.")).toBeTruthy();
    await fireEvent.input(longest, { target: { value: "4096" } });
    await press("Start training, free");
    expect(host.asked("train_start")).toEqual([{ project: 1, model: "starter", settings: { context: 4096 } }]);
  });

  test("the lab form counts live; shared heads and a window are one choice", async () => {
    const host = open("model=lab");
    await unfold(/training settings: chosen for you/iu);
    const before = within(await screen.findByRole("group", { name: "What this makes" })).getByText("926K");
    await fireEvent.input(await field("Layers"), { target: { value: "4" } });
    await waitFor(() => expect(before.textContent).not.toBe("926K"));
    await fireEvent.change(screen.getByRole("combobox", { name: "Looking back" }), { target: { value: "grouped_sliding" } });
    expect((await field("Shared heads")).placeholder).toBe("2, chosen for you");
    expect((await field("Window")).placeholder).toBe("128, chosen for you");
    await waitFor(() => expect(host.asked("train_plan").at(-1)?.settings).toEqual({ layers: 4, keyValueHeads: 2, window: 128 }));
  });

  test("a shape that cannot be stops the start, with the reason beside the form", async () => {
    open("model=lab");
    await unfold(/training settings: chosen for you/iu);
    await fireEvent.input(await field("Heads"), { target: { value: "7" } });
    const live = await screen.findByRole("group", { name: "What this makes" });
    await waitFor(() => expect(within(live).getByRole("alert")).toBeTruthy());
    expect(screen.getByText("No model can have these settings.")).toBeTruthy();
  });

  test("a late answer to an older question is dropped", async () => {
    const answers: ((model: string) => void)[] = [];
    const host = open("model=lab");
    await screen.findByText("89 MB of 5.9 GB free");
    host.answer({
      train_plan: (request) => new Promise((answer) => answers.push(() => answer(madeUpPlan(new URLSearchParams(), request.model ?? "", request.settings, 186)))),
    });
    await fireEvent.click(await radio(/SmolLM2/u));
    await fireEvent.click(await radio(/learn from nothing/iu));
    answers[1]?.("lab");
    expect(await screen.findByText("89 MB of 5.9 GB free")).toBeTruthy();
    answers[0]?.("starter");
    await Promise.resolve();
    expect(screen.getByText("89 MB of 5.9 GB free")).toBeTruthy();
  });
});

describe("does it fit", () => {
  test("two seconds of real work tell speed, time and memory, and become the promise", async () => {
    const host = open("");
    expect(await screen.findByText("not tried yet")).toBeTruthy();
    expect(host.asked("model_measure")).toEqual([]);
    await press("Try it for two seconds");
    expect(await screen.findByText("612 tokens a second")).toBeTruthy();
    expect(screen.getByText("2 to 4 min")).toBeTruthy();
    expect(screen.getByText("It fits")).toBeTruthy();
    await press("Start training, free");
    expect(host.asked("train_start")).toEqual([{ project: 1, model: "starter", settings: {}, promisedMemoryBytes: 1.31e9 }]);
  });

  test("what was measured does not count for other settings", async () => {
    open("");
    await press("Try it for two seconds");
    await screen.findByText("It fits");
    await fireEvent.input(screen.getByRole("slider", { name: "Repeat or understand" }), { target: { value: "0" } });
    expect(screen.queryByText("It fits")).toBeNull();
  });

  test("a try right after typing counts, though the plan is still asked for again", async () => {
    let measured: () => void = nothing;
    const wait = new Promise<void>((resolve) => {
      measured = resolve;
    });
    const host = open("", (one) => one.answer({ model_measure: ({ model }) => wait.then(() => madeUpFit(model, false)) }));
    const slider = await screen.findByRole("slider", { name: "Repeat or understand" });
    const plans = host.asked("train_plan").length;
    await fireEvent.input(slider, { target: { value: "0" } });
    await press("Try it for two seconds");
    await waitFor(() => expect(host.asked("train_plan").length).toBeGreaterThan(plans));
    measured();
    expect(await screen.findByText("It fits")).toBeTruthy();
  });

  test("too little memory is a refusal in words, and stops the start", async () => {
    const host = open("", (one) => one.answer({ model_measure: ({ model }) => madeUpFit(model, true) }));
    await press("Try it for two seconds");
    expect(await screen.findByText("It does not fit")).toBeTruthy();
    await press("Start training, free");
    expect(host.asked("train_start")).toEqual([]);
  });

  test("a try that fails says so beside its button", async () => {
    open("", (one) => one.answer({ model_measure: () => Promise.reject(failure("engine_busy")) }));
    await press("Try it for two seconds");
    expect((await screen.findByRole("alert")).textContent).toContain("Another Attune is training");
  });

  test("a start that is refused says so beside its button", async () => {
    open("", (one) => one.answer({ train_start: () => Promise.reject(failure("training_already_runs")) }));
    await press("Start training, free");
    expect((await screen.findByRole("alert")).textContent).toContain("training already");
  });
});

describe("a training", () => {
  test("tells its memory against the promise, where it started from, why it ended and its best moment", async () => {
    open("run=succeeded");
    expect(await screen.findByText("Started from SmolLM2 135M Instruct")).toBeTruthy();
    expect(screen.getByText(/1\.3 GB at most, 1\.4 GB were promised/u)).toBeTruthy();
    expect(screen.getByText(/it stopped early/iu)).toBeTruthy();
    expect(screen.getByText("best moment")).toBeTruthy();
  });

  test("one that the disk stopped says why and can go on", async () => {
    const paused = madeUpRun("paused");
    paused.summary.failure = failure("training_disk_full");
    const host = open("run=paused", (one) => one.answer({ run_latest: () => ({ run: paused }) }));
    expect((await screen.findByText(/the disk is full/iu)).textContent).toContain("Free some space, then go on");
    await press("Go on");
    expect(host.asked("run_resume")).toEqual([{ run: "01J" }]);
  });

  test("one that lost its way tells so and offers its best kept moment to test", async () => {
    const kept = madeUpRun("succeeded");
    kept.summary.failure = failure("training_diverged_kept");
    open("run=succeeded", (one) => one.answer({ run_latest: () => ({ run: kept }) }));
    expect(await screen.findByText(/best moment before that is kept/iu)).toBeTruthy();
    expect(screen.getByRole("button", { name: "Test it" })).toBeTruthy();
  });

  test("shows what it grew out of, and leads there and back", async () => {
    const host = open("run=succeeded&base=trained");
    await press("Training 1");
    expect(host.asked("run_read")).toEqual([{ run: "011" }]);
    expect(await screen.findByRole("heading", { level: 1, name: "Training 1" })).toBeTruthy();
    await press("Back to the latest");
    expect(await screen.findByRole("heading", { level: 1, name: "Your assistant is ready" })).toBeTruthy();
  });

  test("earlier trainings say what they started from and can be looked at", async () => {
    const host = open("run=running");
    await unfold(/2 earlier trainings/iu);
    const table = screen.getByRole("table", { name: "Earlier trainings" });
    expect(within(table).getByText("Learn from nothing")).toBeTruthy();
    await fireEvent.click(within(table).getByRole("button", { name: "Open training 2" }));
    expect(host.asked("run_read")).toEqual([{ run: "012" }]);
    expect(await screen.findByRole("heading", { level: 1, name: "Training 2" })).toBeTruthy();
  });
});

describe("taking the model with you", () => {
  const card = async () => within(await screen.findByRole("region", { name: "Keep it: take the model with you" }));

  test("a kind is chosen, the folder is picked outside the page, and the proof is told", async () => {
    const host = open("run=succeeded");
    await fireEvent.click(await radio(/the whole model/iu));
    await press("Choose a folder");
    expect(host.asked("model_export")).toEqual([{ run: "01J", kind: "merged" }]);
    expect((await screen.findAllByText("Writing 7.8 MB to “shop-replies-model”…".replace("7.8", "8"))).length).toBeGreaterThan(0);
    host.emit("export_changed", madeUpExport("proving"));
    expect(await screen.findByText(/3 of 3 answers the same so far/u)).toBeTruthy();
    host.emit("export_changed", madeUpExport("done"));
    expect(await screen.findByText("Loaded again and asked 5 questions: 5 answers the same, letter for letter.")).toBeTruthy();
  });

  test("a dialog left without a folder changes nothing", async () => {
    open("run=succeeded", (one) => one.answer({ model_export: () => ({ export: null }) }));
    await press("Choose a folder");
    expect(await screen.findByRole("button", { name: "Choose a folder" })).toBeTruthy();
    expect(screen.queryByRole("alert")).toBeNull();
  });

  test("it can be stopped, and says what is left", async () => {
    const host = open("run=succeeded&export=writing");
    await press("Stop");
    expect(host.asked("model_export_stop")).toEqual([{ run: "01J" }]);
    expect(await screen.findByText(/nothing was left in “shop-replies-model”/iu)).toBeTruthy();
  });

  test("files that give other answers are a failure, never done", async () => {
    open("run=succeeded&export=failed");
    expect(await (await card()).findByRole("alert")).toBeTruthy();
    expect(screen.queryByText(/letter for letter/u)).toBeNull();
  });

  test("a refusal to begin is told on the card", async () => {
    open("run=succeeded", (one) => one.answer({ model_export: () => Promise.reject(failure("disk_full")) }));
    await press("Choose a folder");
    expect((await (await card()).findByRole("alert")).textContent).toContain("disk is full");
  });

  test.each([
    ["loading", () => never<never>(), /loading/iu],
    ["failed", () => Promise.reject(failure("library_busy")), /another program holds/iu],
  ])("it can be %s", async (_, model_export_read, words) => {
    open("run=succeeded", (one) => one.answer({ model_export_read }));
    expect((await (await card()).findAllByText(words)).length).toBeGreaterThan(0);
  });

  test("what was trained from nothing has nothing to take", async () => {
    open("run=succeeded&base=lab");
    await screen.findByRole("heading", { level: 1, name: "Your assistant is ready" });
    await new Promise((done) => setTimeout(done, 50));
    expect(screen.queryByText("Keep it: take the model with you")).toBeNull();
  });
});
