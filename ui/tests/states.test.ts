/** Every view of something from outside has four states, each with words and a way on. */
import { screen, waitFor } from "@testing-library/svelte";
import { describe, expect, test } from "vitest";
import type { Component } from "svelte";
import type { Commands } from "../src/generated/commands";
import { failure, fakeHost, never } from "../src/host/fake";
import { world } from "../src/dev/world";
import CheckScreen from "../src/features/check/CheckScreen.svelte";
import ExamplesScreen from "../src/features/examples/ExamplesScreen.svelte";
import ProjectsScreen from "../src/features/projects/ProjectsScreen.svelte";
import TestScreen from "../src/features/results/TestScreen.svelte";
import OutlookScreen from "../src/features/outlook/OutlookScreen.svelte";
import ServicesScreen from "../src/features/services/ServicesScreen.svelte";
import SpendingScreen from "../src/features/spending/SpendingScreen.svelte";
import TrainScreen from "../src/features/training/TrainScreen.svelte";
import { nothing, show, soon } from "./show";
// Loaded late in the window; here beforehand, so that no test waits for the compiler.
import "../src/features/results/ReportView.svelte";
import "../src/features/services/ServicesView.svelte";

interface View {
  name: string;
  view: Component<Record<string, unknown>>;
  properties: Record<string, unknown>;
  /** The commands without which the view has nothing to show. */
  reads: (keyof Commands)[];
  empty: string;
  /** The button that leads out of the emptiness. */
  wayOut: RegExp;
  emptyWords: RegExp;
  ready: string;
  readyRole: [role: string, name: RegExp];
}

const views: View[] = [
  {
    name: "projects",
    view: ProjectsScreen as never,
    properties: { restored: 0, onopen: nothing, onfile: soon, onempty: soon, onsample: soon, onrename: soon, ondelete: soon },
    reads: ["project_list"],
    empty: "size=none",
    emptyWords: /no projects yet/iu,
    wayOut: /start the sample/iu,
    ready: "",
    readyRole: ["button", /^shop replies/iu],
  },
  {
    name: "examples",
    view: ExamplesScreen as never,
    properties: { project: 1, summary: undefined, example: undefined, oncounts: nothing, onexample: nothing, oncheck: nothing, onfile: soon },
    reads: ["example_view"],
    empty: "size=none",
    emptyWords: /add your first example/iu,
    wayOut: /add example/iu,
    ready: "",
    readyRole: ["row", /my parcel says delivered/iu],
  },
  {
    name: "check",
    view: CheckScreen as never,
    properties: { project: 1, oncounts: nothing, onexample: nothing, onexamples: nothing, ontrain: nothing },
    reads: ["check_run"],
    empty: "size=none",
    emptyWords: /nothing to check yet/iu,
    wayOut: /go to the examples/iu,
    ready: "clean=1",
    readyRole: ["button", /go on to training/iu],
  },
  {
    name: "train",
    view: TrainScreen as never,
    properties: { project: 1, onstate: nothing, onexamples: nothing, oncheck: nothing, ontest: nothing, onplaces: nothing },
    reads: ["train_plan", "run_latest"],
    empty: "size=none",
    emptyWords: /nothing to train on yet/iu,
    wayOut: /go to the examples/iu,
    ready: "",
    readyRole: ["button", /start training, free/iu],
  },
  {
    name: "test",
    view: TestScreen as never,
    properties: { project: 1, ontested: nothing, ontrain: nothing },
    reads: ["test_read"],
    empty: "",
    emptyWords: /nothing trained yet/iu,
    wayOut: /go to training/iu,
    ready: "run=succeeded&test=finished",
    readyRole: ["row", /my parcel says delivered.*right/iu],
  },
  {
    name: "services",
    view: ServicesScreen as never,
    properties: { ondone: nothing },
    reads: ["service_list"],
    empty: "",
    emptyWords: /no place connected yet/iu,
    wayOut: /connect a place/iu,
    ready: "services=works",
    readyRole: ["heading", /openai/iu],
  },
  {
    name: "spending",
    view: SpendingScreen as never,
    properties: { ondone: nothing },
    reads: ["spend_read", "ledger_read"],
    empty: "ledger=none",
    emptyWords: /nothing paid for yet/iu,
    // Nothing has to be paid for: the way out is back to where one was.
    wayOut: /^done$/iu,
    ready: "",
    readyRole: ["row", /training · shop replies/iu],
  },
  {
    name: "outlook",
    view: OutlookScreen as never,
    properties: { project: 1, ondone: nothing, onexamples: nothing, onprices: nothing, onplaces: nothing },
    reads: ["outlook_read"],
    empty: "size=none",
    emptyWords: /not enough examples yet/iu,
    wayOut: /go to the examples/iu,
    ready: "",
    readyRole: ["row", /openai/iu],
  },
];

describe.each(views)("$name", ({ view, properties, reads, empty, emptyWords, wayOut, ready, readyRole }) => {
  const main = () => screen.getByRole("main");
  const primaries = () => main().querySelectorAll("[data-primary]").length;

  test("loading says so", () => {
    const host = world(new URLSearchParams(ready));
    for (const name of reads) host.answer({ [name]: () => never() });
    show(host, view, properties);
    expect(main().dataset["state"]).toBe("loading");
    expect(screen.getAllByText("Loading…").length).toBeGreaterThan(0);
    expect(screen.getByRole("heading", { level: 1 })).toBeTruthy();
  });

  test("failed says what happened, and tries again", async () => {
    const host = world(new URLSearchParams(ready));
    const whole = world(new URLSearchParams(ready));
    for (const name of reads) host.answer({ [name]: () => Promise.reject(failure("library_busy")) });
    show(host, view, properties);
    const alert = await screen.findByRole("alert");
    expect(alert.textContent).toContain("Another program holds your projects");
    expect(main().dataset["state"]).toBe("failed");
    expect(primaries()).toBe(1);

    for (const name of reads) host.answer({ [name]: (request: never) => whole.call(name, request) });
    screen.getByRole("button", { name: /try again/iu }).click();
    await waitFor(() => expect(main().dataset["state"]).toBe("ready"));
  });

  test("empty says what is missing, and leads on", async () => {
    show(world(new URLSearchParams(empty)), view, properties);
    expect(await screen.findByText(emptyWords)).toBeTruthy();
    expect(screen.getByRole("button", { name: wayOut })).toBeTruthy();
    expect(primaries()).toBe(1);
  });

  test("ready shows it", async () => {
    show(world(new URLSearchParams(ready)), view, properties);
    const [role, name] = readyRole;
    expect((await screen.findAllByRole(role, { name })).length).toBeGreaterThan(0);
    expect(main().dataset["state"]).toBe("ready");
    expect(primaries()).toBe(1);
  });
});

test("a command without an answer is a failure, never a silent nothing", async () => {
  await expect(fakeHost().call("project_list", {})).rejects.toMatchObject({ code: "internal" });
});
