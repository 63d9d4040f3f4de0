/** What a project has cost so far, and the person's own time: counted only where they asked for it. */
import { fireEvent, render, screen, waitFor, within } from "@testing-library/svelte";
import axe from "axe-core";
import { describe, expect, test, vi } from "vitest";
import App from "../src/app/App.svelte";
import { world } from "../src/dev/world";
import CostsCard from "../src/features/outlook/CostsCard.svelte";
import { readHourly } from "../src/features/outlook/costsDraft.svelte";
import { workedWords } from "../src/features/outlook/costsWords";
import { failure, never, type FakeHost } from "../src/host/fake";
import { nothing, show } from "./show";

const press = async (name: string | RegExp) => fireEvent.click(await screen.findByRole("button", { name }));
const counting = () => screen.findByRole("switch", { name: "Count the time I spend on examples" });
const hour = () => screen.findByRole<HTMLInputElement>("textbox", { name: "An hour of yours, in US dollars" });
const type = async (value: string) => fireEvent.input(await hour(), { target: { value } });
/** Leaves the field. */
const leave = async () => fireEvent.focusOut(await hour());

function open(query = "", change: (host: FakeHost) => void = nothing): FakeHost {
  const host = world(new URLSearchParams(query));
  change(host);
  show(host, CostsCard as never, { project: 1 });
  return host;
}

/** What stands under one of the three names. */
async function part(name: string): Promise<string[]> {
  const term = await screen.findByText(name, { selector: "dt" });
  return [...(term.parentElement?.querySelectorAll("dd") ?? [])].map((one) => one.textContent ?? "");
}
const sum = () => document.querySelector(".sum")?.textContent;

describe("what a project has cost", () => {
  test("stands in three parts with its sum", async () => {
    open();
    expect(screen.getByRole("heading", { level: 2, name: "What this project has cost so far" })).toBeTruthy();
    expect(await part("Your time on the examples")).toEqual(["Nothing yet", "It is not counted."]);
    expect(await part("Training")).toEqual(["US$0.92", "1 paid training"]);
    expect(await part("Using it")).toEqual(["US$0.02", "2 paid tests and answers"]);
    expect(sum()).toBe("In allUS$0.94");
    expect(screen.queryByText(/not settled/u)).toBeNull();
  });

  test("is nothing yet where nothing was paid for and nothing is counted", async () => {
    open("costs=none");
    for (const name of ["Training", "Using it"]) expect(await part(name)).toEqual(["Nothing yet", "It is free on this computer."]);
    expect(sum()).toBe("In allUS$0");
    expect((await counting()).getAttribute("aria-checked")).toBe("false");
    expect(screen.queryByRole("textbox")).toBeNull();
    expect(screen.queryByRole("button", { name: "Forget the time" })).toBeNull();
  });

  test("has the person's own time at what an hour is worth", async () => {
    open("work=on");
    expect(await part("Your time on the examples")).toEqual(["US$100.00", "3 h 20 min at US$30.00 an hour"]);
    expect(sum()).toBe("In allUS$100.94");
  });

  test("has the time without an amount where an hour has no price, and the sum says so", async () => {
    open("work=unpriced");
    expect(await part("Your time on the examples")).toEqual(["3 h 20 min", "No price for an hour was given."]);
    expect(sum()).toBe("In all, without your timeUS$0.94");
  });

  test("says that time is counted before there is some, and lacks none of it then", async () => {
    open("work=none");
    expect(await part("Your time on the examples")).toEqual(["Nothing yet", "It is counted from now on."]);
    expect(sum()).toBe("In allUS$0.94");
  });

  test("says how much of it is not settled", async () => {
    open("costs=open");
    expect(await screen.findByText("1 of these is not settled yet. It counts as the most you agreed to.")).toBeTruthy();
  });

  test("is a card that waits, and one that says what went wrong and tries again", async () => {
    const host = open("", (one) => one.answer({ costs_read: () => never() }));
    expect(screen.getByText("Loading…")).toBeTruthy();
    expect(screen.queryByRole("switch")).toBeNull();
    host.answer({ costs_read: () => Promise.reject(failure("library_busy")) });
    show(host, CostsCard as never, { project: 1 });
    expect((await screen.findByRole("alert")).textContent).toContain("Another program holds your projects");
    // It stands beside the screen's own content, whose main action is another.
    expect(document.querySelector("[data-primary]")).toBeNull();
    host.answer({ costs_read: () => world(new URLSearchParams()).call("costs_read", { project: 1 }) });
    await press(/try again/iu);
    expect(await part("Training")).toEqual(["US$0.92", "1 paid training"]);
  });

  test.each(["", "work=on", "costs=open&work=unpriced"])("with “%s” has a sound structure", async (query) => {
    open(query);
    await counting();
    const { violations } = await axe.run(document.body, {
      rules: { "color-contrast": { enabled: false }, "target-size": { enabled: false }, region: { enabled: false } },
    });
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" ")}`)).toEqual([]);
  });

  test.each([[0, "under a minute"], [59, "under a minute"], [60, "1 min"], [3_599, "59 min"], [3_600, "1 h"], [12_059, "3 h 20 min"], [360_060, "100 h 1 min"]])(
    "%i seconds are %s",
    (seconds, words) => expect(workedWords(seconds)).toBe(words),
  );
});

describe("counting", () => {
  test("begins and stops at a press, and asks what an hour is worth while it goes on", async () => {
    const host = open();
    await fireEvent.click(await counting());
    expect(await hour()).toBeTruthy();
    expect(host.asked("work_set")).toEqual([{ project: 1, isCounted: true, hourly: null }]);
    expect((await counting()).getAttribute("aria-checked")).toBe("true");
    await fireEvent.click(await counting());
    await waitFor(() => expect(screen.queryByRole("textbox")).toBeNull());
    expect(host.asked("work_set").at(-1)).toEqual({ project: 1, isCounted: false, hourly: null });
  });

  test("that stops keeps what an hour is worth", async () => {
    const host = open("work=on");
    await fireEvent.click(await counting());
    await waitFor(() => expect(host.asked("work_set")).toEqual([{ project: 1, isCounted: false, hourly: "30.00" }]));
    expect(await part("Your time on the examples")).toEqual(["US$100.00", "3 h 20 min at US$30.00 an hour"]);
  });

  test("has the worth of an hour stored when the field is left, once", async () => {
    const host = open("work=on");
    expect((await hour()).value).toBe("30.00");
    await type("12,5");
    await leave();
    await waitFor(async () => expect((await part("Your time on the examples"))[0]).toBe("US$41.67"));
    expect((await hour()).value).toBe("12,5");
    await leave();
    expect(host.asked("work_set")).toEqual([{ project: 1, isCounted: true, hourly: "12.50" }]);
  });

  test("has it stored once typing rests, and at Enter", async () => {
    const host = open("work=on");
    await type("40");
    expect(host.asked("work_set")).toEqual([]);
    await waitFor(() => expect(host.asked("work_set").at(-1)?.hourly).toBe("40.00"));
    await type("");
    await fireEvent.keyDown(await hour(), { key: "Enter" });
    await waitFor(async () => expect((await part("Your time on the examples"))[0]).toBe("3 h 20 min"));
    expect(host.asked("work_set").at(-1)?.hourly).toBeNull();
  });

  test("has it stored when the page is left", async () => {
    const host = world(new URLSearchParams("work=on"));
    const { unmount } = show(host, CostsCard as never, { project: 1 });
    await type("45");
    unmount();
    await waitFor(() => expect(host.asked("work_set").at(-1)?.hourly).toBe("45.00"));
  });

  test("says beside the field what cannot be the worth of an hour, and sends nothing", async () => {
    const host = open("work=on");
    for (const wrong of ["-1", "NaN", "1e9", "0", "10000.01", "much"]) {
      await type(wrong);
      expect((await hour()).getAttribute("aria-invalid"), wrong).toBeNull();
      await leave();
      await waitFor(async () => expect((await hour()).getAttribute("aria-invalid"), wrong).toBe("true"));
    }
    expect(screen.getByText("Use an amount up to 10,000, such as 30.")).toBeTruthy();
    expect(host.asked("work_set")).toEqual([]);
  });

  test("says beside the field what the program refuses, and else in words", async () => {
    const told = { field: { kind: "text", value: "hourly" } } as const;
    const host = open("work=on", (one) => one.answer({ work_set: () => Promise.reject(failure("input_invalid", told)) }));
    await type("50");
    await leave();
    await waitFor(async () => expect((await hour()).getAttribute("aria-invalid")).toBe("true"));
    host.answer({ work_set: () => Promise.reject(failure("disk_full")) });
    await type("51");
    await leave();
    expect((await screen.findByRole("alert")).textContent).toMatch(/disk is full/iu);
    expect((await hour()).value).toBe("51");
    // What is stored still holds.
    expect((await part("Your time on the examples"))[0]).toBe("US$100.00");
  });

  test("that cannot be switched stays as it is, and says why", async () => {
    open("", (host) => host.answer({ work_set: () => Promise.reject(failure("library_busy")) }));
    await fireEvent.click(await counting());
    expect((await screen.findByRole("alert")).textContent).toContain("Another program holds your projects");
    expect((await counting()).getAttribute("aria-checked")).toBe("false");
  });

  test.each([["30", 30_000_000], ["US$ 12,50", 12_500_000], ["0.000001", 1], ["10000", 10_000_000_000]])("%s is the worth of an hour", (text, micros) => {
    expect(readHourly(text)).toBe(micros);
  });

  test.each(["0", "0.00", "-1", "NaN", "1e9", "10000.000001", "3O"])("“%s” is none", (text) => {
    expect(readHourly(text)).toBe("bad");
  });

  test("needs no worth of an hour", () => {
    expect(readHourly("  ")).toBeUndefined();
  });
});

describe("the time of a project", () => {
  const dialog = () => screen.findByRole("dialog", { name: "Forget your time on this project?" });

  test("is forgotten after a question that names it", async () => {
    const host = open("work=on");
    await press("Forget the time");
    expect((await dialog()).textContent).toContain("This project forgets 3 h 20 min of work.");
    expect(document.activeElement?.textContent).toContain("Keep it");
    await press("Forget it");
    expect(host.asked("work_forget")).toEqual([{ project: 1 }]);
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
    expect(await part("Your time on the examples")).toEqual(["Nothing yet", "It is counted from now on."]);
    expect(screen.queryByRole("button", { name: "Forget the time" })).toBeNull();
    const next = await counting();
    await waitFor(() => expect(document.activeElement).toBe(next));
  });

  test("stays when the person keeps it", async () => {
    const host = open("work=on");
    await press("Forget the time");
    await dialog();
    await press("Keep it");
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
    expect(host.asked("work_forget")).toEqual([]);
    expect((await part("Your time on the examples"))[0]).toBe("US$100.00");
  });

  test("that cannot be forgotten says why in the dialog", async () => {
    open("work=on", (host) => host.answer({ work_forget: () => Promise.reject(failure("disk_full")) }));
    await press("Forget the time");
    await press("Forget it");
    expect((await within(await dialog()).findByRole("alert")).textContent).toMatch(/disk is full/iu);
  });
});

describe("the window", () => {
  const isReady = (name: string) =>
    waitFor(() => {
      expect(document.documentElement.dataset["route"]).toBe(name);
      expect(screen.getByRole("main").dataset["state"]).not.toBe("loading");
    });

  async function work(query: string): Promise<{ host: FakeHost; act: (afterSeconds: number) => Promise<unknown> }> {
    const host = world(new URLSearchParams(`place=examples/1&${query}`));
    render(App, { host });
    await isReady("examples");
    let now = Date.now();
    vi.spyOn(Date, "now").mockImplementation(() => now);
    return {
      host,
      act: (afterSeconds) => {
        now += afterSeconds * 1_000;
        return fireEvent.keyDown(document.body, { key: "a" });
      },
    };
  }

  test("counts what is done among the examples once that was asked for, and sends it on the way out", async () => {
    const { host, act } = await work("work=on");
    await act(0);
    await act(40);
    expect(host.asked("work_add")).toEqual([{ project: 1, seconds: 40 }]);
    await act(12);
    await fireEvent.click(screen.getByRole("button", { name: /^train/iu }));
    await isReady("train");
    await act(50);
    expect(host.asked("work_add").slice(1)).toEqual([{ project: 1, seconds: 12 }]);
  });

  test("counts nothing until then, and begins without a new start", async () => {
    const { host, act } = await work("");
    for (let times = 0; times < 5; times += 1) await act(20);
    expect(host.asked("work_add")).toEqual([]);
    host.emit("work_changed", { isCounted: true });
    await waitFor(async () => {
      await act(40);
      expect(host.asked("work_add").length).toBeGreaterThan(0);
    });
  });
});
