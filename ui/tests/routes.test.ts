/** The whole page on each of its routes: one main action, landmarks, a title, and nothing that axe finds in its structure. */
import { fireEvent, render, screen, waitFor } from "@testing-library/svelte";
import axe from "axe-core";
import { describe, expect, test } from "vitest";
import App from "../src/app/App.svelte";
import { failure, never, type FakeHost } from "../src/host/fake";
import { world } from "../src/dev/world";
// Loaded late in the window; here beforehand, so that no test waits for the compiler.
import "../src/features/results/ReportView.svelte";
import "../src/features/outlook/OutlookScreen.svelte";
import "../src/features/services/ServicesView.svelte";
import "../src/features/spending/PricesView.svelte";
import "../src/features/spending/SpendingScreen.svelte";
import "../src/features/training/order/OrderView.svelte";

function open(query: string, change: (host: FakeHost) => void = () => undefined): FakeHost {
  const host = world(new URLSearchParams(query));
  change(host);
  render(App, { host });
  return host;
}

const route = () => document.documentElement.dataset["route"];
const ready = (name: string) =>
  waitFor(() => {
    expect(route()).toBe(name);
    expect(screen.getByRole("main").dataset["state"]).not.toBe("loading");
  });

const routes: [route: string, query: string, title: string][] = [
  ["welcome", "", "Welcome – Attune"],
  ["welcome", "size=none", "Welcome – Attune"],
  ["projects", "place=projects", "Projects – Attune"],
  ["examples", "place=examples/1", "Examples – Attune"],
  ["examples", "place=examples/1&size=many", "Examples – Attune"],
  ["check", "place=check/1", "Check – Attune"],
  ["check", "place=check/1&clean=1", "Check – Attune"],
  ["check", "place=check/1&size=few", "Check – Attune"],
  ["train", "place=train/1", "Train – Attune"],
  ["train", "place=train/1&size=few", "Train – Attune"],
  ...["missing", "fetching", "checking", "cut"].map(
    (starter): [string, string, string] => ["train", `place=train/1&starter=${starter}&model=starter&shelf=full`, "Train – Attune"],
  ),
  ["train", "place=train/1&model=lab", "Train – Attune"],
  ["train", "place=train/1&heavy=1", "Train – Attune"],
  ["train", "place=train/1&run=succeeded&base=trained&export=done", "Train – Attune"],
  ...["intent", "running", "paused", "succeeded", "failed", "cancelled"].map(
    (state): [string, string, string] => ["train", `place=train/1&run=${state}`, "Train – Attune"],
  ),
  ["test", "place=test/1&run=succeeded", "Test – Attune"],
  ...["running", "finished", "stopped", "failed"].map(
    (phase): [string, string, string] => ["test", `place=test/1&run=succeeded&test=${phase}`, "Test – Attune"],
  ),
  ["settings", "place=settings@train/1", "Settings – Attune"],
  ...["", "services=works,unknown,nothing", "services=poor,busy,refused,own", "services=closed,gone,keyless&sealed=1"].map(
    (state): [string, string, string] => ["services", `place=services@train/1&${state}`, "Places to train – Attune"],
  ),
  ...["", "ledger=none", "ledger=many&spent=near", "spent=over", "failed=1"].map(
    (state): [string, string, string] => ["spending", `place=spending@train/1&${state}`, "Spending – Attune"],
  ),
  ...["", "size=few", "outlook=nowhere", "outlook=unpriced", "failed=1"].map(
    (state): [string, string, string] => ["outlook", `place=outlook@train/1&${state}`, "What will it cost to use it? – Attune"],
  ),
  ["help", "place=help@welcome", "Help – Attune"],
  ["glossary", "place=glossary@check/1", "Glossary – Attune"],
  ["library-failure", "library=1", "Your projects cannot be opened – Attune"],
];

describe.each(routes)("%s with %s", (name, query, title) => {
  test("is one place with one main action", async () => {
    open(query);
    await ready(name);
    await waitFor(() => expect(document.querySelectorAll("[data-primary]").length).toBe(1));
    expect(document.title).toBe(title);
    expect(screen.getAllByRole("heading", { level: 1 }).length).toBe(1);
    expect(screen.getAllByRole("main").length).toBe(1);
  });

  test("has a sound structure", async () => {
    open(query);
    await ready(name);
    const { violations } = await axe.run(document.body, {
      // Colours and sizes need a real drawing; the journeys and the contrast test look at them.
      rules: { "color-contrast": { enabled: false }, "target-size": { enabled: false }, "scrollable-region-focusable": { enabled: false } },
    });
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" ")}`)).toEqual([]);
  });
});

test("the start page has at most 60 words", async () => {
  open("");
  await ready("welcome");
  const words = (document.body.textContent ?? "").replace("Skip to the page", "").split(/\s+/u).filter((word) => /[a-z]/iu.test(word));
  expect(words.length).toBeLessThanOrEqual(60);
});

test("the sample is two presses from its training", async () => {
  const host = open("");
  await ready("welcome");
  await fireEvent.click(screen.getByRole("button", { name: "Start the sample" }));
  await ready("examples");
  await fireEvent.click(screen.getByRole("button", { name: /^train/iu }));
  await ready("train");
  await fireEvent.click(await screen.findByRole("button", { name: "Start training, free" }));
  expect(host.asked("train_start")).toEqual([{ project: 1, model: "starter", settings: {} }]);
  expect(await screen.findByRole("heading", { level: 1, name: "Training on this computer" })).toBeTruthy();
});

test("after a move the heading has the focus, and the place is stored", async () => {
  const host = open("place=examples/1");
  await ready("examples");
  await fireEvent.click(screen.getByRole("button", { name: /^check(?! them)/iu }));
  await ready("check");
  await waitFor(() => expect(document.activeElement?.textContent).toBe("Check"));
  expect(host.asked("settings_change").at(-1)).toEqual({ lastPlace: "check/1" });
});

test("the current step says so, and the one that is not built says why", async () => {
  open("place=check/1");
  await ready("check");
  expect(screen.getByRole("button", { name: /^check(?! them)/iu }).getAttribute("aria-current")).toBe("page");
  expect(screen.getByText("comes later")).toBeTruthy();
});

test("a project that is gone leads to those that are there", async () => {
  open("place=examples/9", (host) => host.answer({ project_overview: () => Promise.reject(failure("project_missing")) }));
  await ready("projects");
  expect(screen.getByText(/not there any more/u)).toBeTruthy();
});

test("a deleted project can be brought back", async () => {
  const host = open("place=projects");
  await fireEvent.click(await screen.findByRole("button", { name: "Delete Shop replies" }));
  await fireEvent.click(await screen.findByRole("button", { name: "Undo" }));
  expect(host.asked("project_restore")).toEqual([{ project: 1 }]);
});

test("a library that cannot be opened is tried again", async () => {
  let isRepaired = false;
  open("library=1", (host) => {
    const whole = world(new URLSearchParams());
    host.answer({ app_retry: () => ((isRepaired = true), whole.call("app_read", {})) });
  });
  await ready("library-failure");
  expect(screen.getByRole("alert").textContent).toContain("library.db");
  await fireEvent.click(screen.getByRole("button", { name: "Try again" }));
  await ready("welcome");
  expect(isRepaired).toBe(true);
});

test("a library that cannot be opened the second time either says when it was tried", async () => {
  const host = open("library=1");
  await ready("library-failure");
  host.answer({ app_retry: () => host.call("app_read", {}) });
  await fireEvent.click(screen.getByRole("button", { name: "Try again" }));
  expect((await screen.findByText(/^Tried again at/u)).getAttribute("role")).toBe("status");
});

test("a deletion that is undone in another project comes back where it was", async () => {
  const host = open("place=examples/1");
  await ready("examples");
  await screen.findByText("Saved");
  await fireEvent.keyDown(await screen.findByRole("grid", { name: "Examples" }), { key: "Delete" });
  await screen.findByText("The example was deleted.");
  host.answer({ project_overview: ({ project }) => ({ summary: { id: project, name: "Another", sourceName: null, sample: false, examples: 77, changedAtMs: 0 }, toLookAt: 0, latestRun: null, hasModel: false, hasTest: false }) });
  await fireEvent.click(screen.getByRole("button", { name: /^Shop replies/u }));
  await fireEvent.click(await screen.findByText("All projects"));
  await fireEvent.click(await screen.findByText("Bicycle shop"));
  await screen.findByRole("button", { name: /^Another/u });
  const [undo] = screen.getAllByRole("button", { name: "Undo" }).slice(-1);
  if (undo) await fireEvent.click(undo);
  await waitFor(() => expect(host.asked("history_undo")).toEqual([{ project: 1 }]));
  await screen.findByText(/^Undone: /u);
  // What came back there is not counted here.
  expect(screen.getByText("77")).toBeTruthy();
});

test("what was spent follows every answer, and the last account counts", async () => {
  const host = open("place=examples/1");
  await ready("examples");
  const state = await host.call("app_read", {});
  const answers: ((spent: number) => void)[] = [];
  host.answer({ app_read: () => new Promise((resolve) => answers.push((spent) => resolve({ ...state, spentThisMonthMicroUsd: spent }))) });
  host.emit("spent_changed", {});
  host.emit("spent_changed", {});
  await waitFor(() => expect(answers.length).toBe(2));
  answers[1]?.(20_000);
  expect(await screen.findByRole("button", { name: "Spent this month: US$0.02" })).toBeTruthy();
  // What was asked for before comes last, and is older.
  answers[0]?.(10_000);
  await new Promise((done) => setTimeout(done));
  expect(screen.getByRole("button", { name: "Spent this month: US$0.02" })).toBeTruthy();
});

test("an answer of the program that never comes shows that it starts; one that fails can be tried again", async () => {
  open("", (host) => host.answer({ app_read: () => never() }));
  expect(screen.getByRole("status").textContent).toContain("Opening your projects");
});

test("a dropped file is shown, a wrong one is refused with its reason", async () => {
  const host = open("place=examples/1");
  await ready("examples");
  host.emit("import_dropped", { outcome: "over" });
  expect(await screen.findByText("Let go to bring the file in")).toBeTruthy();
  host.emit("import_dropped", { outcome: "refused", failure: failure("file_empty") });
  expect(await screen.findByRole("dialog", { name: "This file cannot be brought in" })).toBeTruthy();
  expect(screen.queryByText("Let go to bring the file in")).toBeNull();
});

test("closing says what happens to the training", async () => {
  const host = open("place=train/1&run=running");
  await ready("train");
  host.emit("closing", { pausing: 1 });
  expect((await screen.findByRole("alertdialog")).textContent).toContain("Pausing your training at a saved moment");
});

test("the theme is seen at once, stored, and taken back where it cannot be stored", async () => {
  const host = open("place=settings@welcome&theme=light");
  await ready("settings");
  const { dataset } = document.documentElement;
  await fireEvent.click(screen.getByRole("radio", { name: "Dark" }));
  expect(dataset["theme"]).toBe("dark");
  await waitFor(() => expect(host.asked("settings_change")).toContainEqual({ theme: "dark" }));
  host.answer({ settings_change: () => Promise.reject(failure("disk_full")) });
  await fireEvent.click(screen.getByRole("radio", { name: "Light" }));
  await waitFor(() => expect(dataset["theme"]).toBe("dark"));
  expect(screen.getByText(/your disk is full/iu)).toBeTruthy();
});

test("how much of the computer may train, whether it stays awake and whether it tells are stored", async () => {
  const host = open("place=settings@welcome");
  await ready("settings");
  const slider = screen.getByRole<HTMLInputElement>("slider", { name: "Cores that may train" });
  expect([slider.value, slider.getAttribute("aria-valuetext")]).toEqual(["7", "Automatic: 7 of 8"]);
  await fireEvent.change(slider, { target: { value: "3" } });
  expect(await screen.findByText("3 of 8")).toBeTruthy();
  await fireEvent.click(screen.getByRole("switch", { name: "Keep the computer awake" }));
  await fireEvent.click(screen.getByRole("switch", { name: "Tell me when it has ended" }));
  await waitFor(() => expect(screen.getByRole("switch", { name: "Tell me when it has ended" }).getAttribute("aria-checked")).toBe("false"));
  await fireEvent.click(screen.getByRole("button", { name: "Back to automatic" }));
  expect(host.asked("settings_change")).toEqual([{ trainingCores: 3 }, { keepAwake: true }, { notify: "no" }, { trainingCores: 0 }]);
  expect(await screen.findByText("Automatic: 7 of 8")).toBeTruthy();
});

test("the places to train are reached from the settings, and lead back there", async () => {
  open("place=settings@check/1");
  await ready("settings");
  await fireEvent.click(screen.getByRole("button", { name: "Open places to train" }));
  await ready("services");
  await waitFor(() => expect(document.activeElement?.textContent).toBe("Places to train"));
  await fireEvent.click(screen.getByRole("button", { name: "Back to settings" }));
  await ready("settings");
});

test("the spending is reached from the settings and from what was spent, and leads back", async () => {
  open("place=settings@check/1");
  await ready("settings");
  await fireEvent.click(screen.getByRole("button", { name: "Open spending" }));
  await ready("spending");
  await waitFor(() => expect(document.activeElement?.textContent).toBe("Spending"));
  await fireEvent.click(await screen.findByRole("button", { name: "Done" }));
  await ready("settings");
  await fireEvent.click(screen.getByRole("button", { name: "Spent this month: US$0" }));
  await ready("spending");
  await fireEvent.click(await screen.findByRole("button", { name: "Done" }));
  await ready("check");
});

test("what is about to be ordered is still there after a look at what using it costs", async () => {
  const host = open("place=train/1&services=works");
  await ready("train");
  await fireEvent.click(await screen.findByRole("radio", { name: /OpenAI/u }));
  await fireEvent.input(await screen.findByRole("textbox", { name: "Rounds" }), { target: { value: "6" } });
  await fireEvent.click(await screen.findByRole("button", { name: "What will it cost to use it?" }));
  await ready("outlook");
  expect(host.asked("settings_change").at(-1)).toEqual({ lastPlace: "outlook@train/1" });
  await fireEvent.click(await screen.findByRole("button", { name: "Done" }));
  await ready("train");
  expect((await screen.findByRole<HTMLInputElement>("textbox", { name: "Rounds" })).value).toBe("6");
  await waitFor(() => expect(host.asked("order_quote").at(-1)?.settings).toEqual({ rounds: 6 }));
});

test("a limit that stands in the way of an order leads to the limits, and back to the order", async () => {
  open("place=train/1&services=works&order=above_day_cap");
  await ready("train");
  await fireEvent.click(await screen.findByRole("radio", { name: /OpenAI/u }));
  await fireEvent.click(await screen.findByRole("button", { name: "See your limits" }));
  await ready("spending");
  expect(await screen.findByRole("heading", { level: 2, name: "Your limits" })).toBeTruthy();
  await fireEvent.click(screen.getByRole("button", { name: "Done" }));
  await ready("train");
  expect((await screen.findByRole<HTMLInputElement>("radio", { name: /OpenAI/u })).checked).toBe(true);
});

test("a price that nobody knows leads to the prices, and back to what using it costs", async () => {
  open("place=outlook@train/1&outlook=unpriced");
  await ready("outlook");
  await fireEvent.click(await screen.findByRole("button", { name: "Add a price" }));
  await ready("spending");
  expect(await screen.findByRole("heading", { level: 3, name: "OpenAI" })).toBeTruthy();
  await fireEvent.click(screen.getByRole("button", { name: "Done" }));
  await ready("outlook");
});

test("quitting is in the settings and on a key, since closing only hides", async () => {
  const host = open("place=settings@welcome");
  await ready("settings");
  await fireEvent.click(screen.getByRole("button", { name: "Quit Attune" }));
  await fireEvent.keyDown(document.body, { key: "q", ctrlKey: true });
  expect(host.asked("app_quit").length).toBe(2);
});

test("help lists the keys of the actions themselves", async () => {
  open("place=help@welcome");
  await ready("help");
  expect(screen.getByText("Ctrl+Shift+Z")).toBeTruthy();
  expect(screen.getByRole("cell", { name: "Delete example" })).toBeTruthy();
});
