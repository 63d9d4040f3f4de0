/** What a person does who trains at a place far away: choose it, read the price, agree to it, watch. */
import { fireEvent, screen, waitFor } from "@testing-library/svelte";
import { describe, expect, test, vi } from "vitest";
import { madeUpFarRun } from "../src/dev/orders";
import { world } from "../src/dev/world";
import TrainScreen from "../src/features/training/TrainScreen.svelte";
import type { ServiceList } from "../src/generated/types";
import { failure, never, type FakeHost } from "../src/host/fake";
import { nothing, show } from "./show";
// Loaded late in the window; here beforehand, so that no test waits for the compiler.
import "../src/features/training/order/OrderView.svelte";

const press = async (name: string | RegExp) => fireEvent.click(await screen.findByRole("button", { name }));
const field = (name: string | RegExp) => screen.findByRole<HTMLInputElement>("textbox", { name });
const type = async (name: string | RegExp, value: string) => fireEvent.input(await field(name), { target: { value } });

function open(query: string, change: (host: FakeHost) => void = () => undefined): FakeHost {
  const host = world(new URLSearchParams(`services=works&${query}`));
  change(host);
  show(host, TrainScreen as never, { project: 1, onstate: nothing, onexamples: nothing, oncheck: nothing, ontest: nothing, onplaces: nothing });
  return host;
}

async function goFar(query = "", change?: (host: FakeHost) => void): Promise<FakeHost> {
  const host = open(query, change);
  await fireEvent.click(await screen.findByRole("radio", { name: /OpenAI/u }));
  return host;
}

describe("the price", () => {
  test("stands on the button, and one press orders exactly what was quoted", async () => {
    const host = await goFar();
    expect(await screen.findByText("US$0.92", { selector: ".price" })).toBeTruthy();
    await press("Start training — up to US$0.92");
    expect(host.asked("order_place")).toEqual([{ token: "token-3", ceilingMicroUsd: 920_000 }]);
    expect(await screen.findByRole("heading", { level: 1, name: "Training at OpenAI" })).toBeTruthy();
    expect(screen.getByText(/Sending your examples to OpenAI: 21 kB of 85 kB/u)).toBeTruthy();
  });

  test("is a range where the count is about right, and the button names its end", async () => {
    await goFar("price=about");
    expect(await screen.findByText("US$0.92", { selector: ".price" })).toBeTruthy();
    expect(screen.getByText("US$0.56 to US$1.38")).toBeTruthy();
    expect(await screen.findByRole("button", { name: "Start training — up to US$1.38" })).toBeTruthy();
  });

  test("comes with what the place would choose for the settings", async () => {
    await goFar();
    await screen.findByText("US$0.92", { selector: ".price" });
    await fireEvent.click(screen.getByText("Training settings: chosen for you"));
    expect((await field("Examples at once")).placeholder).toBe("about 1, chosen for you");
    expect((await field("Learning speed")).placeholder).toBe("about 2, chosen for you");
  });

  test("follows the rounds", async () => {
    const host = await goFar();
    await screen.findByRole("button", { name: "Start training — up to US$0.92" });
    await type("Rounds", "6");
    await screen.findByRole("button", { name: "Start training — up to US$1.84" });
    expect(host.asked("order_quote").at(-1)?.settings).toEqual({ rounds: 6 });
  });

  test("much money is typed once more", async () => {
    const host = await goFar("price=much");
    const start = await screen.findByRole("button", { name: "Start training — up to US$36.73" });
    await fireEvent.click(start);
    expect(host.asked("order_place")).toEqual([]);
    await type(/Type 36\.73/u, "36.7");
    expect(start.title).toBe("Type the amount first.");
    await type(/Type 36\.73/u, "36.73");
    await fireEvent.click(start);
    expect(host.asked("order_place")).toEqual([{ token: "token-3", ceilingMicroUsd: 36_730_000, typedMicroUsd: 36_730_000 }]);
  });

  test("that nobody knows has to be bounded by the person", async () => {
    const host = await goFar("price=unknown");
    expect(await screen.findByText("The price is not known")).toBeTruthy();
    await press("Start training");
    expect(host.asked("order_place")).toEqual([]);
    await type(/The most you want to spend/u, "10");
    await press("Start training — up to US$10.00");
    expect(host.asked("order_quote").at(-1)?.typedCeilingMicroUsd).toBe(10_000_000);
    expect(host.asked("order_place")).toEqual([{ token: "token-3", ceilingMicroUsd: 10_000_000 }]);
  });
});

describe("an order that cannot be", () => {
  test("says why and offers no start", async () => {
    const host = await goFar("order=closed");
    expect(await screen.findByText(/took its last new trainings/u)).toBeTruthy();
    await press("Start training — up to US$0.92");
    expect(host.asked("order_place")).toEqual([]);
  });

  test("leads to a new quote", async () => {
    const host = await goFar("order=outdated");
    await press("Start training — up to US$0.92");
    expect(await screen.findByText(/changed meanwhile/u)).toBeTruthy();
    expect(host.asked("order_quote").length).toBe(2);
  });
});

describe("a training far away", () => {
  test("that nobody can tell of is looked for again", async () => {
    const host = open("", (host) => host.answer({ run_latest: () => ({ run: madeUpFarRun("unknown") }) }));
    await press("Look again");
    expect(host.asked("run_find")).toEqual([{ run: "01J" }]);
  });

  test("is stopped only after it was said what that may cost", async () => {
    const host = open("", (host) => host.answer({ run_latest: () => ({ run: madeUpFarRun("running") }), run_cancel: () => madeUpFarRun("cancelled") }));
    await press("Stop");
    const keep = await screen.findByRole("button", { name: "Keep it" });
    await waitFor(() => expect(document.activeElement).toBe(keep));
    await fireEvent.click(keep);
    expect(host.asked("run_cancel")).toEqual([]);
    await press("Stop");
    await press("Stop it");
    expect(await screen.findByRole("heading", { level: 1, name: "Training was stopped" })).toBeTruthy();
    expect(host.asked("run_cancel")).toEqual([{ run: "01J" }]);
    expect(screen.queryByRole("dialog")).toBeNull();
  });

  test("that ends while it is asked whether to stop it is not asked about any more, nor is the next one", async () => {
    const host = open("", (host) => host.answer({ run_latest: () => ({ run: madeUpFarRun("running") }) }));
    await press("Stop");
    await screen.findByRole("dialog");
    host.emit("run_changed", madeUpFarRun("succeeded"));
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
    const next = madeUpFarRun("running");
    host.emit("run_changed", { ...next, summary: { ...next.summary, run: "01K", number: next.summary.number + 1 } });
    await screen.findByRole("button", { name: "Stop" });
    expect(screen.queryByRole("dialog")).toBeNull();
  });

  test("that waits to be sent is taken back at once, which costs nothing", async () => {
    const host = open("", (host) => host.answer({ run_latest: () => ({ run: madeUpFarRun("intent") }), run_cancel: () => madeUpFarRun("cancelled") }));
    await press("Stop");
    expect(await screen.findByRole("heading", { level: 1, name: "Training was stopped" })).toBeTruthy();
    expect(host.asked("run_cancel").length).toBe(1);
  });

  test("that is looked for says so, and is not looked for twice", async () => {
    const host = open("", (host) => host.answer({ run_latest: () => ({ run: { ...madeUpFarRun("unknown"), isLookedFor: true } }) }));
    expect(await screen.findByText("Looking for it at OpenAI. This can take some minutes.")).toBeTruthy();
    expect(screen.queryByRole("button", { name: "Look again" })).toBeNull();
    host.emit("run_changed", madeUpFarRun("unknown"));
    expect(await screen.findByRole("button", { name: "Look again" })).toBeTruthy();
  });

  test("that came before can be looked for too", async () => {
    const before = madeUpFarRun("unknown");
    const host = open("run=succeeded", (host) => host.answer({ run_read: () => ({ ...before, summary: { ...before.summary, run: "012", number: 2 } }) }));
    const earlier = (await screen.findByText(/2 earlier trainings/u)).closest("details");
    if (earlier) earlier.open = true;
    const [first] = await screen.findAllByRole("button", { name: /open training 2/iu });
    if (first) await fireEvent.click(first);
    await press("Look again");
    expect(host.asked("run_find")).toEqual([{ run: "012" }]);
  });

  test("that came about twice is left alone but for one", async () => {
    const doubled = madeUpFarRun("running");
    const twice = failure("launch_doubled", { jobs: { kind: "text", value: "ftjob-1, ftjob-2" } });
    const host = open("", (host) => host.answer({ run_latest: () => ({ run: { ...doubled, summary: { ...doubled.summary, failure: twice } } }) }));
    await press("Stop the other trainings");
    expect(host.asked("run_cancel_others")).toEqual([{ run: "01J" }]);
    expect(await screen.findByRole("button", { name: "Pause" })).toBeTruthy();
  });

  test("shows what it cost beside what was expected", async () => {
    open("", (host) => host.answer({ run_latest: () => ({ run: madeUpFarRun("succeeded") }) }));
    expect(await screen.findByText("183,612 tokens were billed. Expected was US$0.92.")).toBeTruthy();
  });

  test("cannot be paused where the place cannot", async () => {
    open("", (host) => host.answer({ run_latest: () => ({ run: { ...madeUpFarRun("running"), canPause: false } }) }));
    await screen.findByRole("button", { name: "Stop" });
    expect(screen.queryByRole("button", { name: "Pause" })).toBeNull();
  });

  test("keeps the plan waiting for the places, so that nothing moves under the pointer", async () => {
    let give: (places: ServiceList) => void = nothing;
    const places = new Promise<ServiceList>((resolve) => (give = resolve));
    vi.useFakeTimers();
    const host = open("", (host) => host.answer({ service_list: () => places }));
    await vi.advanceTimersByTimeAsync(599);
    expect(host.asked("train_plan").length).toBe(1);
    expect(screen.queryByRole("button", { name: /^Start training/u })).toBeNull();
    vi.useRealTimers();
    give(await world(new URLSearchParams()).call("service_list", {}));
    await screen.findByRole("button", { name: /^Start training/u });
    expect(screen.getByRole("button", { name: "Train somewhere else" })).toBeTruthy();
  });

  test("shows the plan without the places where the password vault keeps them waiting", async () => {
    open("", (host) => host.answer({ service_list: () => never<ServiceList>() }));
    await screen.findByRole("button", { name: /^Start training/u });
    expect(screen.queryByRole("button", { name: "Train somewhere else" })).toBeNull();
  });

  test("that cannot be read of says so", async () => {
    open("", (host) => host.answer({ service_list: () => { throw failure("keyring_failed"); } }));
    await waitFor(() => expect(screen.getByText(/password vault could not be used/u)).toBeTruthy());
  });
});
