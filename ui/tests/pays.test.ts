/** When a training has paid for itself: what is chosen and typed reaches the program, and every answer has words. */
import { fireEvent, screen, waitFor, within } from "@testing-library/svelte";
import { describe, expect, test } from "vitest";
import { world } from "../src/dev/world";
import OutlookScreen from "../src/features/outlook/OutlookScreen.svelte";
import { daysWords, paidWords } from "../src/features/outlook/paysWords";
import type { FakeHost } from "../src/host/fake";
import { failure } from "../src/host/fake";
import { nothing, show } from "./show";

const NAME = "When a training has paid for itself, place by place";

describe("when a training has paid for itself", () => {
  function open(query = ""): FakeHost {
    const host = world(new URLSearchParams(query));
    show(host, OutlookScreen as never, { project: 1, ondone: nothing, onexamples: nothing, onprices: nothing, onplaces: nothing });
    return host;
  }
  const row = async (name: RegExp) => within(await screen.findByRole("table", { name: NAME })).getByRole("row", { name });
  const asked = (host: FakeHost) => host.asked("outlook_read").at(-1);
  const type = async (name: RegExp | string, value: string) => fireEvent.input(await screen.findByRole("textbox", { name }), { target: { value } });
  const press = async (name: string) => fireEvent.click(await screen.findByRole("button", { name }));

  test("stands beside what the training and a thousand questions cost", async () => {
    open("untuned=known");
    expect(await screen.findByText(/^Without training, gpt-4\.1-mini-2025-04-14 at OpenAI takes at least US\$0\.2\d for 1,000 questions/u)).toBeTruthy();
    const mini = (await row(/gpt-4\.1-mini/u)).textContent;
    expect(mini).toMatch(/US\$0\.92.*US\$0\.17.*not before its last day.*It would take \d+ days\./su);
    expect((await row(/Llama/u)).textContent).toMatch(/US\$0\.08.*US\$0\.00\d+.*not known.*Nobody knows the most that the training costs\./su);
  });

  test("follows the model that is asked instead, and what it is told", async () => {
    const host = open("untuned=known");
    await row(/gpt-4\.1-mini/u);
    await fireEvent.change(screen.getByRole("combobox", { name: "Asked instead" }), { target: { value: JSON.stringify(["openai", "gpt-5.1"]) } });
    await waitFor(() => expect(asked(host)?.untuned).toEqual({ service: "openai", model: "gpt-5.1" }));
    await waitFor(async () => expect((await row(/gpt-4o-mini/u)).textContent).toMatch(/after 1,695 questions.*in 17 days/su));
    await type("Tokens that it is told with every question", "4,000");
    await waitFor(() => expect(asked(host)?.untuned).toEqual({ service: "openai", model: "gpt-5.1", toldTokens: 4_000 }));
    await type("Tokens that it is told with every question", "some");
    expect(await screen.findByText("Use a whole number from 0 to 1,000,000.")).toBeTruthy();
  });

  test("asks for a price first where none is known, and keeps both", async () => {
    const host = open();
    await press("Tell its price");
    await press("Save the prices");
    expect(await screen.findByText("Type the name of the model.")).toBeTruthy();
    expect(screen.getAllByText("Use a number such as 0.80.").length).toBe(3);
    await type(/^Model/u, "gpt-5.1");
    expect(screen.queryByText("Type the name of the model.")).toBeNull();
    await type(/^For a million tokens that it reads/u, "1,25");
    expect(screen.getAllByText("Use a number such as 0.80.").length).toBe(2);
    await type(/^For a million tokens that it has just read/u, "0.125");
    await type(/^For a million tokens that it writes/u, "10");
    await press("Save the prices");
    await row(/gpt-4o-mini/u);
    expect(host.asked("untuned_prices_set")).toEqual([{ service: "openai", model: "gpt-5.1", input: "1.25", output: "10", cachedInput: "0.125" }]);
    expect(asked(host)?.untuned).toEqual({ service: "openai", model: "gpt-5.1" });
    expect(screen.queryByRole("dialog")).toBeNull();
  });

  test("keeps what was typed where it cannot be saved", async () => {
    const host = open("untuned=known");
    host.answer({ untuned_prices_set: () => Promise.reject(failure("library_busy")) });
    await press("Another model");
    await type(/^Model/u, "gpt-5.2");
    await type(/^For a million tokens that it reads/u, "1");
    await type(/^For a million tokens that it has just read/u, "1");
    await type(/^For a million tokens that it writes/u, "2");
    await press("Save the prices");
    expect((await screen.findByRole("alert")).textContent).toContain("Another program holds");
    expect(screen.getByRole<HTMLInputElement>("textbox", { name: /^Model/u }).value).toBe("gpt-5.2");
  });

  test("shows which of the prices the program does not take", async () => {
    const host = open("untuned=known");
    const refused = failure("input_invalid", { field: { kind: "text", value: "output" } });
    host.answer({ untuned_prices_set: () => Promise.reject(refused) });
    await press("Another model");
    await type(/^Model/u, "gpt-5.2");
    await type(/^For a million tokens that it reads/u, "1");
    await type(/^For a million tokens that it has just read/u, "0.1");
    await type(/^For a million tokens that it writes/u, "20000");
    await press("Save the prices");
    await waitFor(() => expect(screen.getByRole("textbox", { name: /^For a million tokens that it writes/u }).getAttribute("aria-invalid")).toBe("true"));
    expect(screen.getByText("Use a number up to 10,000, such as 0.80.")).toBeTruthy();
  });

  test("keeps a choice while another field is wrong", async () => {
    open("untuned=known");
    await row(/gpt-4\.1-mini/u);
    await type("Tokens that it is told with every question", "some");
    const list = screen.getByRole<HTMLSelectElement>("combobox", { name: "Asked instead" });
    await fireEvent.change(list, { target: { value: JSON.stringify(["openai", "gpt-5.1"]) } });
    expect(list.value).toBe(JSON.stringify(["openai", "gpt-5.1"]));
    expect(screen.getByText("Use a whole number from 0 to 1,000,000.")).toBeTruthy();
  });

  test("says that answers which may wait are not held against those that come at once", async () => {
    open("untuned=known");
    await row(/gpt-4\.1-mini/u);
    await fireEvent.click(screen.getByRole("switch", { name: "Answers may take a day" }));
    expect(await screen.findByText(/This holds answers that come at once against each other/u)).toBeTruthy();
    expect(screen.queryByRole("table", { name: NAME })).toBeNull();
  });

  test("has words for every answer", () => {
    expect(paidWords({ kind: "at_once" })).toBe("with the first question");
    expect(paidWords({ kind: "after", calls: 1, days: 1 })).toBe("after 1 question");
    expect(paidWords({ kind: "after", calls: 12_400, days: 124 })).toBe("after 12,400 questions");
    expect(paidWords({ kind: "after_its_end", days: 60 })).toBe("not before its last day");
    expect(paidWords({ kind: "never" })).toBe("never");
    expect(paidWords({ kind: "unknown" })).toBe("not known");
    expect([1, 124, 729].map(daysWords)).toEqual(["in 1 day", "in 124 days", "in 729 days"]);
    expect([730, 40_000].map(daysWords)).toEqual(["in more than 2 years", "in more than 109 years"]);
  });
});
