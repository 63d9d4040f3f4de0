/** What a person does on the other screens reaches the program, and what comes back is shown. */
import { fireEvent, screen, waitFor, within } from "@testing-library/svelte";
import { describe, expect, test } from "vitest";
import type { ChatLine, ImportPreview, ImportResult } from "../src/generated/types";
import { failure, never, type FakeHost } from "../src/host/fake";
import { madeUpRun, madeUpTest } from "../src/dev/runs";
import { world } from "../src/dev/world";
import CheckScreen from "../src/features/check/CheckScreen.svelte";
import ImportScreen from "../src/features/imports/ImportScreen.svelte";
import TestScreen from "../src/features/results/TestScreen.svelte";
import TrainScreen from "../src/features/training/TrainScreen.svelte";
import { nothing, show } from "./show";
// Loaded late in the window; here beforehand, so that no test waits for the compiler.
import "../src/features/results/ChatView.svelte";
import "../src/features/results/ReportView.svelte";

const press = async (name: string | RegExp) => fireEvent.click(await screen.findByRole("button", { name }));

describe("bringing in a file", () => {
  const preview: ImportPreview = {
    handle: "h1", displayName: "a.csv", bytes: 2_000, kind: "table", suggestedName: "A", encoding: "UTF-8",
    columns: [{ index: 0, name: "ask" }, { index: 1, name: "reply" }, { index: 2, name: "rules" }],
    rows: [["Hi", "Hello", "Be kind"]], guess: { question: 0, answer: 1 },
  };
  function open(query = "", more: Partial<ImportPreview> = {}): { host: FakeHost; opened: number[] } {
    const host = world(new URLSearchParams(query));
    const opened: number[] = [];
    show(host, ImportScreen as never, { preview: { ...preview, ...more }, here: undefined, oncancel: nothing, onopen: (project: number) => opened.push(project) });
    return { host, opened };
  }

  test("the guess is shown, changed and sent; the result tells good, to look at and left out", async () => {
    const { host, opened } = open();
    expect(screen.getByText("This looks like the question")).toBeTruthy();
    await fireEvent.change(screen.getByRole("combobox", { name: "Standing instructions are in" }), { target: { value: "2" } });
    await press("Bring in the examples");
    expect(host.asked("import_start")).toEqual([{ handle: "h1", name: "A", columns: { question: 0, answer: 1, instructions: 2 } }]);
    expect(await screen.findByText("186 good")).toBeTruthy();
    expect(screen.getByText("9 need a look")).toBeTruthy();
    expect(screen.getByText("5 left out")).toBeTruthy();
    expect(screen.getByText("Lost quote mark")).toBeTruthy();
    expect(screen.getByText("3 more rows are not shown.")).toBeTruthy();
    await press("See the examples");
    expect(opened).toEqual([1]);
  });

  test("a file that comes in after its page was left says so", async () => {
    const host = world(new URLSearchParams());
    let arrive: (result: ImportResult) => void = nothing;
    host.answer({ import_start: () => new Promise((resolve) => (arrive = resolve)) });
    const late: number[] = [];
    const { unmount } = show(host, ImportScreen as never, { preview, here: undefined, oncancel: nothing, onopen: nothing, onlate: (project: number) => late.push(project) });
    await press("Bring in the examples");
    unmount();
    const project = { id: 7, name: "A", sourceName: "a.csv", sample: false, examples: 12, changedAtMs: 0 };
    arrive({ project, imported: 12, good: 12, needLook: 0, leftOut: 0, leftOutRows: [], blank: 0 });
    await waitFor(() => expect(late).toEqual([7]));
  });

  test("choosing the answer's column for the question swaps the two", async () => {
    const { host } = open();
    await fireEvent.change(screen.getByRole("combobox", { name: "The question is in" }), { target: { value: "1" } });
    await press("Bring in the examples");
    expect(host.asked("import_start")[0]?.columns).toEqual({ question: 1, answer: 0 });
  });

  test("a project needs a name", async () => {
    const { host } = open();
    await fireEvent.input(screen.getByRole("textbox", { name: "Name of the project" }), { target: { value: "  " } });
    expect(screen.getByRole("alert").textContent).toContain("Give the project a name.");
    await press("Bring in the examples");
    expect(host.asked("import_start")).toEqual([]);
  });

  test("conversations have nothing to choose", async () => {
    const { host } = open("", { kind: "conversations", columns: [], guess: null });
    expect(screen.queryByRole("combobox")).toBeNull();
    await press("Bring in the examples");
    expect(host.asked("import_start")).toEqual([{ handle: "h1", name: "A" }]);
  });

  test("it tells how far it is, can be stopped, and says that nothing came in", async () => {
    const { host } = open();
    let stopped: (problem: unknown) => void = nothing;
    host.answer({
      import_start: () => new Promise((_, reject) => (stopped = reject)),
      import_stop: () => (stopped(failure("import_stopped")), {}),
    });
    await press("Bring in the examples");
    host.emit("import_progress", { handle: "h1", examples: 120, bytesRead: 1_000, bytes: 2_000 });
    expect((await screen.findAllByText("120 examples so far")).length).toBeGreaterThan(0);
    expect(screen.getByRole("progressbar").getAttribute("aria-valuenow")).toBe("1000");
    await press("Stop");
    expect((await screen.findByRole("alert")).textContent).toContain("Nothing was brought in");
    expect(screen.getByRole("button", { name: "Bring in the examples" })).toBeTruthy();
  });
});

describe("checking", () => {
  function open(query: string): { host: FakeHost; seen: unknown[] } {
    const host = world(new URLSearchParams(query));
    const seen: unknown[] = [];
    show(host, CheckScreen as never, {
      project: 1, oncounts: nothing, onexamples: () => seen.push("examples"), ontrain: () => seen.push("train"), onexample: (id: number) => seen.push(id),
    });
    return { host, seen };
  }

  test("each light has a word, and a problem leads to its example", async () => {
    const { seen } = open("");
    expect((await screen.findAllByText("In the way")).length).toBeGreaterThan(0);
    expect(screen.getByText("186 examples. That is enough.")).toBeTruthy();
    const [place] = screen.getAllByRole("button", { name: /open the example “the front brake/iu });
    if (place) await fireEvent.click(place);
    await press("Fix the first one");
    expect(seen).toEqual([14, 14]);
  });

  test("all with one problem are left out in one step that can be undone", async () => {
    const { host } = open("");
    await press("Leave out all 2");
    expect(host.asked("check_leave_out")).toEqual([{ project: 1, code: "empty_answer" }]);
    expect(await screen.findByText("2 examples were left out.")).toBeTruthy();
    await press("Undo");
    expect(host.asked("history_undo").length).toBe(1);
    await fireEvent.keyDown(document.body, { key: "y", ctrlKey: true });
    expect(await screen.findByText("There is nothing to redo.")).toBeTruthy();
  });

  test("too few examples lead back to the examples", async () => {
    const { seen } = open("size=few");
    await press("Add examples");
    expect(seen).toEqual(["examples"]);
  });
});

describe("training", () => {
  const open = (query: string): FakeHost => {
    const host = world(new URLSearchParams(query));
    show(host, TrainScreen as never, { project: 1, onstate: nothing, onexamples: nothing, oncheck: nothing, ontest: nothing });
    return host;
  };

  test("nothing leaves this computer, it is free, and it says what closing does", async () => {
    open("");
    expect(await screen.findByText("Your examples stay on this computer.")).toBeTruthy();
    expect(screen.getAllByText("US$0").length).toBe(1);
    expect(screen.getByText("You can close the window. Training goes on.")).toBeTruthy();
  });

  test("news is shown as it comes; time left is absent until it is honest", async () => {
    const host = open("run=intent");
    expect(await screen.findByText("working it out")).toBeTruthy();
    host.emit("run_changed", madeUpRun("running"));
    expect(await screen.findByText("1 to 3 min")).toBeTruthy();
    expect(screen.getByText("17 of 29")).toBeTruthy();
    expect(screen.getByRole("img", { name: /mistake score/iu })).toBeTruthy();
    host.emit("run_changed", madeUpRun("succeeded", 2));
    expect(screen.queryByRole("button", { name: "Test it" })).toBeNull();
    host.emit("run_changed", madeUpRun("succeeded"));
    expect(await screen.findByRole("button", { name: "Test it" })).toBeTruthy();
  });

  test("pause, go on and stop reach the training", async () => {
    const host = open("run=running");
    await press("Pause");
    await press("Go on");
    await press("Stop");
    expect(await screen.findByRole("heading", { level: 1, name: "Training was stopped" })).toBeTruthy();
    expect(["run_pause", "run_resume", "run_cancel"].map((name) => host.calls.filter((call) => call.name === name).length)).toEqual([1, 1, 1]);
  });

  test("an answer that was read before the last news does not bring the past back", async () => {
    const host = open("run=running");
    const [asked, over] = [madeUpRun("cancelling"), madeUpRun("cancelled")];
    over.summary.changedAtMs = asked.summary.changedAtMs + 1;
    host.answer({
      run_cancel: () => {
        host.emit("run_changed", over);
        return asked;
      },
    });
    await press("Stop");
    expect(await screen.findByRole("heading", { level: 1, name: "Training was stopped" })).toBeTruthy();
    host.emit("run_changed", asked);
    expect(screen.queryByText("Stopping…")).toBeNull();
  });

  test("a failed training says why and starts again from the plan", async () => {
    open("run=failed");
    expect((await screen.findByRole("alert")).textContent).toContain("last saved moment is safe");
    await press("Start again");
    expect(await screen.findByRole("button", { name: "Start training, free" })).toBeTruthy();
  });

  test("the chart is read with the keys and stands as a table too", async () => {
    open("run=succeeded");
    const chart = await screen.findByRole("img", { name: /mistake score/iu });
    await fireEvent.keyDown(chart, { key: "End" });
    expect(within(chart.parentElement ?? chart).getAllByText("step 480").length).toBeGreaterThan(0);
    await press("Show as a table");
    const table = screen.getByRole("table", { name: "Mistake scores by step" });
    expect(within(table).getAllByRole("row").length).toBeGreaterThan(10);
  });
});

describe("testing", () => {
  const open = (query: string): FakeHost => {
    const host = world(new URLSearchParams(`run=succeeded&${query}`));
    show(host, TestScreen as never, { project: 1, ontested: nothing, ontrain: nothing });
    return host;
  };

  test("it asks the kept-aside questions and tells the truth about the result", async () => {
    const host = open("base=lab");
    await press("Start the test");
    expect(host.asked("test_start")).toEqual([{ project: 1, run: "01J", mostMicroUsd: null }]);
    expect((await screen.findAllByText("7 of 18 asked, 6 right so far")).length).toBeGreaterThan(0);
    host.emit("test_changed", madeUpTest("finished", false));
    expect(await screen.findByText("16 of 18 right. It has really learned.")).toBeTruthy();
    expect(screen.getByText(/37\.4 to 87\.2 points/u)).toBeTruthy();
    // News of the run that comes late must not bring the finished test back to running.
    host.emit("test_changed", madeUpTest("running"));
    expect(screen.getByText("16 of 18 right. It has really learned.")).toBeTruthy();
  });

  test("before and now stand side by side, and the verdict compares them", async () => {
    open("test=finished");
    expect(await screen.findByRole("heading", { name: "Right before: 1 of 18, now: 16. It has really learned." })).toBeTruthy();
    expect(screen.getByText(/ahead of before/u)).toBeTruthy();
    expect((await screen.findAllByRole("columnheader")).map((head) => head.textContent)).toEqual(["No.", "Question", "Your answer", "Before", "Now"]);
    expect(screen.getAllByRole("row", { name: /can i pay in two parts\?.*payment.*i am sorry.*wrong.*payment.*right/iu }).length).toBe(2);
  });

  test("while it asks, it tells how the model did before", async () => {
    open("test=running");
    expect(await screen.findByText("Before its training: 0 right so far")).toBeTruthy();
  });

  test("only the wrong ones", async () => {
    const host = open("test=finished&base=lab");
    await press("Only the wrong ones");
    await waitFor(() => expect(host.asked("test_rows").at(-1)).toMatchObject({ onlyWrong: true, start: 0 }));
    await waitFor(() => expect(screen.getAllByText("Wrong").length).toBe(2));
  });

  test("a question is answered piece by piece", async () => {
    const host = open("");
    let answer: (value: unknown) => void = nothing;
    host.answer({ chat_send: () => new Promise((resolve) => (answer = resolve as never)) });
    await fireEvent.click(await screen.findByRole("tab", { name: "Ask it yourself" }));
    const field = await screen.findByRole("textbox", { name: "Your question" });
    await fireEvent.input(field, { target: { value: "Is it open?" } });
    await fireEvent.keyDown(field, { key: "Enter" });
    host.emit("chat_piece", { project: 1, text: "re" });
    host.emit("chat_piece", { project: 2, text: "xx" });
    host.emit("chat_piece", { project: 1, text: "pa" });
    expect(await screen.findByText("repa")).toBeTruthy();
    expect(screen.getByRole("button", { name: "Stop" })).toBeTruthy();
    answer({ question: { id: 1, author: "person", text: "Is it open?" }, answer: { id: 2, author: "assistant", text: "repair" }, cutOff: true });
    expect(await screen.findByText("repair")).toBeTruthy();
    expect(screen.getByText(/was cut off/u)).toBeTruthy();
    expect((field as HTMLTextAreaElement).value).toBe("");
  });

  test("an answer that comes while the chat was left is heard to its end", async () => {
    const host = open("");
    const model = madeUpRun("succeeded").summary;
    const question = { id: 1, author: "person" as const, text: "Is it open?" };
    const chat = (lines: ChatLine[], answering: string | null) => ({ chat_read: () => ({ model, lines, answering, suggestions: [], price: null }) });
    host.answer(chat([question], "re"));
    await fireEvent.click(await screen.findByRole("tab", { name: "Ask it yourself" }));
    expect(await screen.findByText("re")).toBeTruthy();
    expect(screen.getAllByText("Is it open?").length).toBe(1);
    host.emit("chat_piece", { project: 1, text: "pa" });
    expect(await screen.findByText("repa")).toBeTruthy();
    expect(screen.getByRole("button", { name: "Stop" })).toBeTruthy();
    expect(screen.getByRole("button", { name: "Clear" }).getAttribute("aria-disabled")).toBe("true");
    host.answer(chat([question, { id: 2, author: "assistant", text: "repair" }], null));
    host.emit("chat_ended", { project: 2, failure: null });
    host.emit("chat_ended", { project: 1, failure: null });
    expect(await screen.findByText("repair")).toBeTruthy();
    await waitFor(() => expect(screen.queryByRole("button", { name: "Stop" })).toBeNull());
  });

  test("an answer that did not come while the chat was left says why", async () => {
    const host = open("");
    await fireEvent.click(await screen.findByRole("tab", { name: "Ask it yourself" }));
    await screen.findByRole("textbox", { name: "Your question" });
    host.emit("chat_ended", { project: 1, failure: failure("engine_stopped") });
    expect(await screen.findByRole("alert")).toBeTruthy();
  });

  test("an answer that was read before the last news does not bring a test back to running", async () => {
    const host = open("test=running");
    const before = await host.call("test_read", { project: 1 });
    host.answer({
      test_stop: () => {
        host.emit("test_changed", madeUpTest("stopped"));
        return before;
      },
    });
    await press("Stop");
    expect(await screen.findByRole("button", { name: "Test again" })).toBeTruthy();
    expect(screen.queryByRole("button", { name: "Stop" })).toBeNull();
  });

  test("a question that was not answered is not lost", async () => {
    const host = open("");
    host.answer({ chat_send: () => Promise.reject(failure("engine_stopped")) });
    await fireEvent.click(await screen.findByRole("tab", { name: "Ask it yourself" }));
    const field = await screen.findByRole<HTMLTextAreaElement>("textbox", { name: "Your question" });
    await fireEvent.input(field, { target: { value: "Is it open?" } });
    await press("Ask");
    expect(await screen.findByRole("alert")).toBeTruthy();
    await waitFor(() => expect(field.value).toBe("Is it open?"));
  });

  test.each([
    ["loading", () => never<never>(), /loading/iu],
    ["failed", () => Promise.reject(failure("engine_busy")), /another attune is training/iu],
  ])("the chat can be %s", async (_, chat_read, words) => {
    const host = open("");
    host.answer({ chat_read });
    await fireEvent.click(await screen.findByRole("tab", { name: "Ask it yourself" }));
    expect((await screen.findAllByText(words)).length).toBeGreaterThan(0);
  });
});
