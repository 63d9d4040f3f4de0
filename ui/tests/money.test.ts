/** What was spent, what may be spent, what places ask, and what using a model will cost. */
import { fireEvent, screen, waitFor, within } from "@testing-library/svelte";
import axe from "axe-core";
import { describe, expect, test } from "vitest";
import { madeUpFarRun } from "../src/dev/orders";
import { world } from "../src/dev/world";
import TestScreen from "../src/features/results/TestScreen.svelte";
import SpendingScreen from "../src/features/spending/SpendingScreen.svelte";
import TrainScreen from "../src/features/training/TrainScreen.svelte";
import type { SpendState } from "../src/generated/types";
import { failure, never, type FakeHost } from "../src/host/fake";
import { nothing, show } from "./show";
// Loaded late in the window; here beforehand, so that no test waits for the compiler.
import "../src/features/results/ChatView.svelte";
import "../src/features/spending/PricesView.svelte";
import "../src/features/training/order/OrderView.svelte";

const press = async (name: string | RegExp) => fireEvent.click(await screen.findByRole("button", { name }));
const field = (name: string | RegExp) => screen.findByRole<HTMLInputElement>("textbox", { name });
const type = async (name: string | RegExp, value: string) => fireEvent.input(await field(name), { target: { value } });
const asHost = (query: string, change: (host: FakeHost) => void): FakeHost => {
  const host = world(new URLSearchParams(query));
  change(host);
  return host;
};
const DOLLAR = 1_000_000;

describe("the spending", () => {
  function open(query = "", change: (host: FakeHost) => void = nothing, properties: Record<string, unknown> = {}): FakeHost {
    const host = asHost(query, change);
    show(host, SpendingScreen as never, { ondone: nothing, ...properties });
    return host;
  }
  const meter = (name: string) => screen.findByRole("meter", { name });
  const save = () => screen.findByRole("button", { name: "Save the limits" });

  test("stands against the limits of the day and of the month", async () => {
    open();
    expect((await meter("Today")).getAttribute("aria-valuetext")).toBe("US$0.02 of US$25.00");
    expect((await meter("This month")).getAttribute("aria-valuetext")).toBe("US$3.88 of US$50.00");
    expect(screen.queryByText(/^(?:At least half|Most) of what may be spent/u)).toBeNull();
  });

  test("is told in words once half or most of a limit is used", async () => {
    open("spent=near");
    expect(await screen.findByText("At least half of what may be spent today is used: US$13.10 of US$25.00.")).toBeTruthy();
    expect(screen.getByText("Most of what may be spent this month is used: US$41.25 of US$50.00.")).toBeTruthy();
  });

  test("over the limit says that it is over, not that much is used", async () => {
    open("spent=over");
    expect(await screen.findByText("Nothing more can be spent today. It starts again tomorrow.")).toBeTruthy();
    expect(screen.queryByText(/what may be spent today is used/u)).toBeNull();
    expect(screen.getByText(/^Most of what may be spent this month/u)).toBeTruthy();
  });

  test("has limits that are checked, saved at a press, and can be taken back", async () => {
    const host = open();
    expect((await save()).title).toBe("No limit has changed.");
    await type("One day", "ten");
    await press("Save the limits");
    expect(host.asked("spend_caps_change")).toEqual([]);
    const wrong = await field("One day");
    expect(screen.getByText("Use an amount from 0 to 100,000, such as 12.50.")).toBeTruthy();
    await waitFor(() => expect(document.activeElement).toBe(wrong));

    await type("One day", "12,5");
    await type("One training, test or answer", "0");
    await press("Save the limits");
    const changed = { perJobMicroUsd: 0, perDayMicroUsd: 12.5 * DOLLAR, perMonthMicroUsd: 50 * DOLLAR };
    expect(host.asked("spend_caps_change")).toEqual([changed]);
    expect(await screen.findByText("Your limits are saved.")).toBeTruthy();
    expect((await field("One day")).value).toBe("12.50");
    expect((await meter("Today")).getAttribute("aria-valuetext")).toBe("US$0.02 of US$12.50");

    await press("Undo");
    expect(host.asked("spend_caps_change").at(-1)).toEqual({ perJobMicroUsd: 10 * DOLLAR, perDayMicroUsd: 25 * DOLLAR, perMonthMicroUsd: 50 * DOLLAR });
    await waitFor(async () => expect((await field("One day")).value).toBe("25.00"));
  });

  test("has its main action where something is typed and not saved", async () => {
    open();
    await meter("Today");
    expect(screen.getByRole("button", { name: "Done" }).dataset["primary"]).toBe("");
    await type("One month", "60");
    await waitFor(async () => expect((await save()).dataset["primary"]).toBe(""));
    expect(screen.getByRole("button", { name: "Done" }).dataset["primary"]).toBeUndefined();
  });

  test("says beside the field what the program refuses, and else in words", async () => {
    const told = { field: { kind: "text", value: "per_month_micro_usd" } } as const;
    const host = open("", (one) => one.answer({ spend_caps_change: () => Promise.reject(failure("input_invalid", told)) }));
    await type("One month", "70");
    await press("Save the limits");
    await waitFor(async () => expect((await field("One month")).getAttribute("aria-invalid")).toBe("true"));
    host.answer({ spend_caps_change: () => Promise.reject(failure("disk_full")) });
    await type("One month", "71");
    await press("Save the limits");
    expect(await screen.findByText(/your disk is full/iu)).toBeTruthy();
    expect((await field("One month")).value).toBe("71");
  });

  test("of nothing at all lets nothing be spent", async () => {
    const none: SpendState = {
      caps: { perJobMicroUsd: 0, perDayMicroUsd: 0, perMonthMicroUsd: 50 * DOLLAR }, todayMicroUsd: 0, thisMonthMicroUsd: 0, notices: [],
    };
    open("", (host) => host.answer({ spend_read: () => none }));
    expect(await screen.findByText("Your limit is 0, so nothing can be spent.")).toBeTruthy();
    expect((await field("One day")).value).toBe("0.00");
  });

  test("is read again when a training that costs something takes a turn", async () => {
    const host = open();
    await meter("Today");
    const asked = () => host.asked("spend_read").length;
    host.emit("run_changed", madeUpFarRun("succeeded"));
    host.emit("run_changed", madeUpFarRun("succeeded"));
    await waitFor(() => expect(host.asked("ledger_read").length).toBe(2));
    expect(asked()).toBe(2);
  });
});

describe("the ledger", () => {
  function open(query: string, change: (host: FakeHost) => void = nothing): FakeHost {
    const host = asHost(query, change);
    show(host, SpendingScreen as never, { ondone: nothing });
    return host;
  }
  const table = () => screen.findByRole("table", { name: "What was paid for" });
  const cells = (row: HTMLElement) => within(row).getAllByRole("cell").map((cell) => cell.textContent?.trim().replaceAll(/\s+/gu, " "));

  test("tells of each paid action what it was, where, and what it cost beside what was expected", async () => {
    open("");
    const dear = within(await table()).getByRole("row", { name: /Krankenhaus/u });
    expect(within(dear).getByRole("rowheader").textContent).toMatch(/Training.*Krankenhaus.*meta-llama\/Llama-3\.1-8B-Instruct/su);
    expect(cells(dear).slice(1)).toEqual([
      "Nebius Token Factory", "US$2.10 at most US$3.20", "US$3.20", "US$2.34", "US$0.24 more",
    ]);
    const cheap = within(await table()).getByRole("row", { name: /^(?:.*)Test · Shop replies/su });
    expect(cells(cheap).slice(-2)).toEqual(["US$0.02", "US$0.0021 less"]);
    const exact = within(await table()).getByRole("row", { name: /Training · Shop replies/su });
    expect(cells(exact).at(-1)).toBe("as expected");
    const open_ = within(await table()).getByRole("row", { name: /Bicycle shop/u });
    expect(cells(open_).slice(-3)).toEqual(["US$0.60", "not known yet", "not known"]);
    expect(within(await table()).getByRole("row", { name: /Answer · Shop replies/su }).textContent).toContain("US$0.0005");
  });

  test("shows two hundred at a time, and more at a press", async () => {
    const host = open("ledger=many");
    expect(await screen.findByText("200 of 1,234 shown")).toBeTruthy();
    await press("Show more");
    expect(await screen.findByText("400 of 1,234 shown")).toBeTruthy();
    expect(host.asked("ledger_read")).toEqual([{ start: 0, count: 200 }, { start: 200, count: 200 }]);
    expect(within(await table()).getAllByRole("row").length).toBe(401);
  });

  test("is read anew when something was paid for meanwhile, so that no row is there twice", async () => {
    const host = open("ledger=many");
    await screen.findByText("200 of 1,234 shown");
    const longer = world(new URLSearchParams("ledger=many"));
    host.answer({ ledger_read: async (request) => ({ ...(await longer.call("ledger_read", request)), total: 1_235 }) });
    await press("Show more");
    expect(await screen.findByText("400 of 1,235 shown")).toBeTruthy();
    expect(host.asked("ledger_read").map(({ start }) => start)).toEqual([0, 200, 0, 200]);
  });

  test("is saved as a file, whose name is told; a dialog left without one says nothing", async () => {
    const host = open("");
    await press("Save as CSV");
    expect(await screen.findByText("Saved as “attune-spending.csv”.")).toBeTruthy();
    host.answer({ ledger_export: () => ({ file: null }) });
    await press("Close");
    await press("Save as CSV");
    expect(host.asked("ledger_export").length).toBe(2);
    expect(screen.queryByText(/^Saved as/u)).toBeNull();
    host.answer({ ledger_export: () => Promise.reject(failure("disk_full")) });
    await press("Save as CSV");
    expect(await screen.findByText(/your disk is full/iu)).toBeTruthy();
  });

  test("that holds nothing has nothing to save", async () => {
    open("ledger=none");
    expect(await screen.findByText("What you order at other places will stand here, with its price.")).toBeTruthy();
    expect(screen.queryByRole("button", { name: "Save as CSV" })).toBeNull();
    expect(screen.getByRole("main").dataset["state"]).toBe("empty");
  });
});

describe("the prices", () => {
  async function open(query = "", change: (host: FakeHost) => void = nothing): Promise<FakeHost> {
    const host = asHost(query, change);
    show(host, SpendingScreen as never, { ondone: nothing, isForPrices: true });
    return host;
  }
  const model = (name: string) => screen.findByRole("table", { name });
  const line = async (name: string, what: string) => within(await model(name)).getByRole("row", { name: new RegExp(`^${what} US`, "u") });
  const MINI = "gpt-4.1-mini-2025-04-14";

  test("are read only when they are opened", async () => {
    const host = world(new URLSearchParams());
    show(host, SpendingScreen as never, { ondone: nothing });
    await screen.findByRole("meter", { name: "Today" });
    expect(host.asked("price_list")).toEqual([]);
    const details = screen.getByText("Prices").closest("details");
    if (details) details.open = true;
    await waitFor(() => expect(host.asked("price_list").length).toBe(1));
  });

  test("stand by place and model, with their day and their source", async () => {
    await open();
    expect((await line(MINI, "Training")).textContent).toMatch(/US\$5\.00 a million tokens.*looked up on/su);
    expect((await line("meta-llama/Llama-3.1-8B-Instruct", "Reading")).textContent).toContain("US$0.0375");
    expect((await line("meta-llama/Llama-3.1-8B-Instruct", "Keeping the model ready")).textContent).toContain("US$1.30 an hour");
    expect(screen.getByText(/OpenAI, API pricing page, looked up on/u)).toBeTruthy();
    expect(screen.queryByText("older than 30 days")).toBeNull();
  });

  test("that are old say so", async () => {
    await open("prices=old");
    expect(await screen.findByText("Some prices are older than 30 days. Look them up before you order.")).toBeTruthy();
    expect(within(await line(MINI, "Training")).getByText("older than 30 days")).toBeTruthy();
  });

  test("are corrected, and the correction is taken back and had again", async () => {
    const host = await open();
    await press(`Correct: Training, ${MINI}`);
    const dialog = within(await screen.findByRole("dialog", { name: `Correct a price of ${MINI}` }));
    const amount = dialog.getByRole<HTMLInputElement>("textbox", { name: "Amount, in US dollars" });
    expect(amount.value).toBe("5.00");
    await fireEvent.input(amount, { target: { value: "much" } });
    await press("Save the price");
    expect(dialog.getByText("Use a number such as 0.80.")).toBeTruthy();
    expect(host.asked("price_correct")).toEqual([]);

    await fireEvent.input(amount, { target: { value: "4,25" } });
    await press("Save the price");
    const what = { service: "openai", model: MINI, priceFor: "training", by: "million_tokens" };
    expect(host.asked("price_correct")).toEqual([{ ...what, amount: "4.25" }]);
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
    expect((await line(MINI, "Training")).textContent).toMatch(/US\$4\.25.*typed by you.*Attune says US\$5\.00/su);

    await press(`Take my correction back: Training, ${MINI}`);
    expect(host.asked("price_correct").at(-1)).toEqual(what);
    expect((await line(MINI, "Training")).textContent).toContain("US$5.00");
    await waitFor(() => expect(document.activeElement?.getAttribute("aria-label")).toBe(`Correct: Training, ${MINI}`));
    await press("Undo");
    expect(host.asked("price_correct").at(-1)).toEqual({ ...what, amount: "4.25" });
  });

  test("of a model nobody knows are added, and removed again", async () => {
    const host = await open("services=own");
    await model(MINI);
    await press("Add a price");
    const dialog = within(await screen.findByRole("dialog", { name: "Add a price" }));
    const place = dialog.getByRole<HTMLSelectElement>("combobox", { name: "Place" });
    await waitFor(() => expect([...place.options].map(({ text }) => text)).toContain("Krankenhausinformationssystem"));
    await press("Save the price");
    expect(dialog.getByText("Type the name of the model.")).toBeTruthy();
    await fireEvent.change(place, { target: { value: "nebius" } });
    await fireEvent.input(dialog.getByRole("textbox", { name: "Model" }), { target: { value: " qwen/Qwen3-8B " } });
    await fireEvent.change(dialog.getByRole("combobox", { name: "What it is for" }), { target: { value: "hosting" } });
    expect(dialog.getByRole<HTMLSelectElement>("combobox", { name: "Counted by" }).value).toBe("hour");
    await fireEvent.input(dialog.getByRole("textbox", { name: "Amount, in US dollars" }), { target: { value: "1.3" } });
    await press("Save the price");
    expect(host.asked("price_correct")).toEqual([{ service: "nebius", model: "qwen/Qwen3-8B", priceFor: "hosting", by: "hour", amount: "1.3" }]);
    await press("Remove my price: Keeping the model ready, qwen/Qwen3-8B");
    await waitFor(() => expect(screen.queryByRole("table", { name: "qwen/Qwen3-8B" })).toBeNull());
    await waitFor(() => expect(document.activeElement?.textContent).toContain("Add a price"));
  });

  test("of a model of a connected place that has none are added there", async () => {
    const host = await open();
    const opener = await screen.findByRole("button", { name: "Add a price of qwen/Qwen3-8B" });
    opener.focus();
    await fireEvent.click(opener);
    const dialog = within(await screen.findByRole("dialog", { name: "Add a price of qwen/Qwen3-8B" }));
    expect(dialog.queryByRole("textbox", { name: "Model" })).toBeNull();
    expect([...dialog.getByRole<HTMLSelectElement>("combobox", { name: "Counted by" }).options].map(({ value }) => value)).toEqual(["million_tokens", "hour"]);
    await fireEvent.change(dialog.getByRole("combobox", { name: "What it is for" }), { target: { value: "input" } });
    expect([...dialog.getByRole<HTMLSelectElement>("combobox", { name: "Counted by" }).options].map(({ value }) => value)).toEqual(["million_tokens"]);
    await fireEvent.input(dialog.getByRole("textbox", { name: "Amount, in US dollars" }), { target: { value: "0.09" } });
    await press("Save the price");
    expect(host.asked("price_correct")).toEqual([{ service: "crusoe", model: "qwen/Qwen3-8B", priceFor: "input", by: "million_tokens", amount: "0.09" }]);
    expect((await line("qwen/Qwen3-8B", "Reading")).textContent).toContain("US$0.09");
    await waitFor(() => expect(document.activeElement).not.toBe(document.body));
  });

  test("and their dialog have a sound structure", async () => {
    await open("prices=old&services=works");
    await press(`Correct: Training, ${MINI}`);
    await screen.findByRole("dialog");
    const { violations } = await axe.run(document.body, {
      rules: { "color-contrast": { enabled: false }, "target-size": { enabled: false }, "scrollable-region-focusable": { enabled: false }, region: { enabled: false } },
    });
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" ")}`)).toEqual([]);
  });

  test("cannot be added where no place is known", async () => {
    const host = await open("prices=none");
    expect(await screen.findByText("No price is known yet.")).toBeTruthy();
    await press("Add a price");
    expect(screen.queryByRole("dialog")).toBeNull();
    expect(host.asked("service_list").length).toBe(1);
  });

  test("do without the vault that holds the keys", async () => {
    await open("", (host) => host.answer({ service_list: () => Promise.reject(failure("keyring_failed")) }));
    expect(await model(MINI)).toBeTruthy();
    expect(screen.queryByRole("alert")).toBeNull();
  });

  test("that cannot be corrected say why in the dialog", async () => {
    await open("", (host) => host.answer({ price_correct: () => Promise.reject(failure("disk_full")) }));
    await press(`Correct: Writing, ${MINI}`);
    await press("Save the price");
    expect(within(screen.getByRole("dialog")).getByRole("alert").textContent).toMatch(/disk is full/u);
  });

  test.each([
    ["loading", () => never<never>(), /loading/iu],
    ["failed", () => Promise.reject(failure("library_busy")), /another program holds/iu],
  ])("can be %s", async (_, price_list, words) => {
    await open("", (host) => host.answer({ price_list }));
    expect((await screen.findAllByText(words)).length).toBeGreaterThan(0);
  });
});

describe("an order", () => {
  interface Went {
    spending: string[];
    outlook: number;
  }
  async function goFar(query = "", change: (host: FakeHost) => void = nothing): Promise<{ host: FakeHost; went: Went }> {
    const host = asHost(`services=works&${query}`, change);
    const went: Went = { spending: [], outlook: 0 };
    show(host, TrainScreen as never, {
      project: 1, onstate: nothing, onexamples: nothing, oncheck: nothing, ontest: nothing, onplaces: nothing,
      onspending: (part: string) => went.spending.push(part), onoutlook: () => (went.outlook += 1),
    });
    await fireEvent.click(await screen.findByRole("radio", { name: /OpenAI/u }));
    return { host, went };
  }
  const lastQuote = (host: FakeHost) => host.asked("order_quote").at(-1);

  test("can cost less: fewer rounds are done at a press and undone at the next", async () => {
    const { host } = await goFar();
    await screen.findByRole("button", { name: "Start training — up to US$0.92" });
    expect(screen.getByText(/Saves US\$0\.31\. It may learn your way less well\./u)).toBeTruthy();
    const button = screen.getByRole("button", { name: "Do it: Read all examples 2 times" });
    button.focus();
    await fireEvent.click(button);
    expect(lastQuote(host)?.settings).toEqual({ rounds: 2 });
    expect((await field("Rounds")).value).toBe("2");
    await screen.findByRole("button", { name: "Start training — up to US$0.62" });
    // It stays where it was, with the focus on it, and the next smaller number is not offered in its place.
    expect(document.activeElement?.getAttribute("aria-label")).toBe("Undo: Read all examples 2 times");
    expect(screen.queryByRole("button", { name: "Do it: Read all examples once" })).toBeNull();
    await press("Undo: Read all examples 2 times");
    expect(lastQuote(host)?.settings).toEqual({});
    await screen.findByRole("button", { name: "Start training — up to US$0.92" });
    expect((await field("Rounds")).value).toBe("");
  });

  test("goes back to the model that was chosen before", async () => {
    const { host } = await goFar();
    await press("Do it: Start from gpt-4o-mini-2024-07-18");
    expect(lastQuote(host)?.model).toBe("gpt-4o-mini-2024-07-18");
    expect(screen.getByRole<HTMLInputElement>("radio", { name: /gpt-4o-mini/u }).checked).toBe(true);
    await press("Undo: Start from gpt-4o-mini-2024-07-18");
    expect(lastQuote(host)?.model).toBe("gpt-4.1-mini-2025-04-14");
  });

  test("goes from one smaller model to the next, and back step by step", async () => {
    const { host } = await goFar();
    await press(/^Do it: Start from ft:/u);
    expect(lastQuote(host)?.model).toMatch(/^ft:/u);
    expect(screen.getByRole("button", { name: /^Undo: Start from ft:/u })).toBeTruthy();
    await fireEvent.click(screen.getByRole("radio", { name: /gpt-4\.1-mini-2025-04-14\b(?!:)/u }));
    await press("Do it: Start from gpt-4o-mini-2024-07-18");
    await press(/^Do it: Start from ft:/u);
    expect(screen.queryByRole("button", { name: "Undo: Start from gpt-4o-mini-2024-07-18" })).toBeNull();
    await press(/^Undo: Start from ft:/u);
    expect(lastQuote(host)?.model).toBe("gpt-4o-mini-2024-07-18");
    await press("Undo: Start from gpt-4o-mini-2024-07-18");
    expect(lastQuote(host)?.model).toBe("gpt-4.1-mini-2025-04-14");
  });

  test("tells the ways in the order of the quote, and keeps it", async () => {
    await goFar();
    await screen.findByText("Ways to spend less");
    const names = () => [...document.querySelectorAll("li .name")].map((one) => one.textContent?.trim());
    const before = names();
    expect(before[0]).toBe("Learn from 75 examples");
    await press("Do it: Read all examples 2 times");
    await screen.findByRole("button", { name: "Start training — up to US$0.62" });
    expect(names().indexOf("Read all examples 2 times")).toBe(before.indexOf("Read all examples 2 times"));
  });

  test("forgets what was done once the person chose otherwise", async () => {
    await goFar();
    await press("Do it: Read all examples 2 times");
    await type("Rounds", "5");
    expect(await screen.findByRole("button", { name: "Do it: Read all examples 4 times" })).toBeTruthy();
    expect(screen.queryByRole("button", { name: /^Undo: Read all/u })).toBeNull();
  });

  test("explains what cannot be done on its page, without a button", async () => {
    await goFar();
    expect(await screen.findByText("Learn from 75 examples")).toBeTruthy();
    expect(screen.getByText(/Delete some on the page of the examples\./u)).toBeTruthy();
    expect(screen.getByText(/Saves US\$0\.05 now, and US\$0\.02 on every 1,000 questions\./u)).toBeTruthy();
    expect(screen.getByText(/^Saves US\$0\.09 on every 1,000 questions\. Answers may come a day later\./u)).toBeTruthy();
    expect(screen.queryByRole("button", { name: /75 examples|take a day/u })).toBeNull();
  });

  test("of which nothing can be saved says nothing about it", async () => {
    await goFar("savings=none");
    await screen.findByRole("button", { name: "Start training — up to US$0.92" });
    expect(screen.queryByText("Ways to spend less")).toBeNull();
  });

  test.each(["above_job_cap", "above_day_cap", "above_month_cap"])("that is refused as %s leads to the limits", async (code) => {
    const { host, went } = await goFar(`order=${code}`);
    await press("See your limits");
    expect(went.spending).toEqual(["limits"]);
    await press(/^Start training/u);
    expect(host.asked("order_place")).toEqual([]);
  });

  test("whose price nobody knows leads to the prices", async () => {
    const { went } = await goFar("order=price_unknown");
    await press("Add a price");
    expect(went.spending).toEqual(["prices"]);
  });

  test("that a limit stops at the last moment leads to the limits too", async () => {
    const { went } = await goFar("", (host) => host.answer({ order_place: () => Promise.reject(failure("above_month_cap")) }));
    await press("Start training — up to US$0.92");
    await press("See your limits");
    expect(went.spending).toEqual(["limits"]);
  });

  test("that is refused for another reason has no such way out", async () => {
    await goFar("order=closed");
    expect(await screen.findByText(/took its last new trainings/u)).toBeTruthy();
    expect(screen.queryByRole("button", { name: "See your limits" })).toBeNull();
  });

  test("leads to what using the model will cost", async () => {
    const { went } = await goFar();
    await press("What will it cost to use it?");
    expect(went.outlook).toBe(1);
  });
});

test("a training that is over leads to what using the model will cost", async () => {
  let isAsked = false;
  const host = asHost("run=succeeded&far=1", nothing);
  show(host, TrainScreen as never, {
    project: 1, onstate: nothing, onexamples: nothing, oncheck: nothing, ontest: nothing, onplaces: nothing, onspending: nothing,
    onoutlook: () => (isAsked = true),
  });
  await press("What will it cost to use it?");
  expect(isAsked).toBe(true);
});

test("an answer that a limit stops leads to the limits", async () => {
  const went: string[] = [];
  const host = asHost("run=succeeded&paid", (one) => one.answer({ chat_send: () => Promise.reject(failure("above_day_cap")) }));
  show(host, TestScreen as never, { project: 1, ontested: nothing, ontrain: nothing, onspending: (part: string) => went.push(part) });
  await fireEvent.click(await screen.findByRole("tab", { name: "Ask it yourself" }));
  await type("Your question", "Hi");
  await press(/^Ask —/u);
  await press("See your limits");
  expect(went).toEqual(["limits"]);
});
