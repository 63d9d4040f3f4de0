/** What using a model will cost, place by place: what is typed reaches the program, and what comes back is shown. */
import { fireEvent, screen, waitFor, within } from "@testing-library/svelte";
import { describe, expect, test } from "vitest";
import { world } from "../src/dev/world";
import OutlookScreen from "../src/features/outlook/OutlookScreen.svelte";
import { readWhole } from "../src/features/outlook/outlookDraft.svelte";
import { failure, type FakeHost } from "../src/host/fake";
import { nothing, show } from "./show";

const press = async (name: string | RegExp) => fireEvent.click(await screen.findByRole("button", { name }));
const field = (name: string | RegExp) => screen.findByRole<HTMLInputElement>("textbox", { name });
const type = async (name: string | RegExp, value: string) => fireEvent.input(await field(name), { target: { value } });
const asHost = (query: string, change: (host: FakeHost) => void): FakeHost => {
  const host = world(new URLSearchParams(query));
  change(host);
  return host;
};

describe("what using a model will cost", () => {
  function open(query = "", change: (host: FakeHost) => void = nothing, properties: Record<string, unknown> = {}): FakeHost {
    const host = asHost(query, change);
    show(host, OutlookScreen as never, { project: 1, ondone: nothing, onexamples: nothing, onprices: nothing, onplaces: nothing, ...properties });
    return host;
  }
  const row = async (name: RegExp) => within(await screen.findByRole("table", { name: "What it costs, place by place" })).getByRole("row", { name });
  const asked = (host: FakeHost) => host.asked("outlook_read").at(-1);

  test("stands side by side, this computer first", async () => {
    open("known=1");
    const openai = await row(/gpt-4\.1-mini/u);
    expect(openai.textContent).toMatch(/US\$0\.92.*US\$0\.17.*US\$1\.67.*US\$1\.17 to US\$2\.17.*answers on 46 days of it.*(?:January 14, 2027|14 January 2027)/su);
    expect((await row(/Llama/u)).textContent).toMatch(/US\$0\.\d\d or more.*none is known/su);
    const table = screen.getByRole("table", { name: "What it costs, place by place" });
    const [, first] = within(table).getAllByRole("row");
    expect(first?.textContent).toMatch(/This computer.*free.*A training takes .* min\..*free, but for power/su);
  });

  test("follows the questions, the share that was just read, and answers that may wait", async () => {
    const host = open();
    await row(/gpt-4\.1-mini/u);
    expect(asked(host)).toEqual({ project: 1, callsADay: 100, cachedPercent: 0, isBatch: false });
    await type("Questions a day", "1,000");
    await waitFor(() => expect(asked(host)?.callsADay).toBe(1_000));
    await waitFor(async () => expect((await row(/gpt-4\.1-mini/u)).textContent).toContain("US$8.42"));
    await type("Text it has just read before, in percent", "38");
    await waitFor(() => expect(asked(host)?.cachedPercent).toBe(38));
    await fireEvent.click(screen.getByRole("switch", { name: "Answers may take a day" }));
    await waitFor(() => expect(asked(host)).toEqual({ project: 1, callsADay: 1_000, cachedPercent: 38, isBatch: true }));
  });

  test("counts the power of this computer once both of its numbers are there", async () => {
    const host = open("known=1");
    await row(/gpt-4\.1-mini/u);
    await type("What this computer draws, in watts", "65");
    await type("What a kilowatt-hour costs, in your currency", "much");
    expect(await screen.findByText("Use an amount such as 0.30.")).toBeTruthy();
    await type("What a kilowatt-hour costs, in your currency", "0,30");
    await waitFor(() => expect(asked(host)?.power).toEqual({ watts: 65, tariff: "0.30" }));
    expect(await screen.findByText("Its power: 4 watt-hours, 0.0012 in your currency.")).toBeTruthy();
  });

  test("is told politely in one sentence", async () => {
    open();
    await row(/gpt-4\.1-mini/u);
    const [told] = screen.getAllByRole("status").filter((one) => one.textContent?.includes("costs least"));
    expect(told?.textContent).toBe("meta-llama/Llama-3.1-8B-Instruct at Nebius Token Factory costs least: about US$0.43 a year.");
  });

  test("asks for nothing that cannot be", async () => {
    const host = open();
    await row(/gpt-4\.1-mini/u);
    for (const wrong of ["0", "", "many", "10000001", "1.5"]) await type("Questions a day", wrong);
    expect(await screen.findByText("Use a whole number from 1 to 10,000,000.")).toBeTruthy();
    await type("Questions a day", "5");
    await type("Text it has just read before, in percent", "101");
    expect(await screen.findByText("Use a whole number from 0 to 100.")).toBeTruthy();
    await new Promise((done) => setTimeout(done, 400));
    expect(host.asked("outlook_read").length).toBe(1);
  });

  test("says how much of a question the standing instructions are", async () => {
    open();
    expect(await screen.findByText(/Your standing instructions make up 38\s% of a question\./u)).toBeTruthy();
  });

  test("tells which models have no price, and where to type one", async () => {
    let isAsked = false;
    open("outlook=unpriced", nothing, { onprices: () => (isAsked = true) });
    expect(await screen.findByText("Left out, because their price is not known: qwen/Qwen3-8B.")).toBeTruthy();
    await press("Add a price");
    expect(isAsked).toBe(true);
  });

  test("knows this computer alone where no place is connected", async () => {
    let isAsked = false;
    open("outlook=nowhere", nothing, { onplaces: () => (isAsked = true) });
    await row(/This computer/u);
    await press("Connect a place");
    expect(isAsked).toBe(true);
  });

  test("leads to the examples where there are too few to go by", async () => {
    let isAsked = false;
    open("size=few", nothing, { onexamples: () => (isAsked = true) });
    expect(await screen.findByText(/There are 3 examples; training needs 10/u)).toBeTruthy();
    expect(screen.queryByRole("textbox")).toBeNull();
    await press("Go to the examples");
    expect(isAsked).toBe(true);
  });

  test("keeps what was typed when it cannot be worked out", async () => {
    const host = open();
    await row(/gpt-4\.1-mini/u);
    host.answer({ outlook_read: () => Promise.reject(failure("library_busy")) });
    await type("Questions a day", "50");
    expect((await screen.findByRole("alert")).textContent).toContain("Another program holds");
    expect((await field("Questions a day")).value).toBe("50");
  });

  test.each([["1,000", 1_000], ["1 000 000", 1_000_000], ["12.500", 12_500], [" 7 ", 7]])("%s is a whole number", (text, number) => {
    expect(readWhole(text)).toBe(number);
  });

  test.each(["1.5", "1,00", "", "-3", "1e3", "12,3456"])("“%s” is none", (text) => {
    expect(readWhole(text)).toBeNaN();
  });
});
