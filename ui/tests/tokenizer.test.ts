/** The file by which the text of a model elsewhere is counted: chosen beside the notice, and left there again. */
import { fireEvent, screen, waitFor } from "@testing-library/svelte";
import axe from "axe-core";
import { describe, expect, test } from "vitest";
import { madeUpQuote } from "../src/dev/orders";
import { world } from "../src/dev/world";
import TrainScreen from "../src/features/training/TrainScreen.svelte";
import { failure, never, type FakeHost } from "../src/host/fake";
import { nothing, show } from "./show";
// Loaded late in the window; here beforehand, so that no test waits for the compiler.
import "../src/features/training/order/OrderView.svelte";

const MODEL = "meta-llama/Llama-3.1-8B-Instruct";
const WHAT = { service: "nebius", model: MODEL };
const CHOOSE = "Choose the model’s token file";
const FORGET = "Count without the file";
const ELSEWHERE = /Nebius Token Factory counts text in its own way/u;
const BY_FILE = /Text is counted by tokenizer\.json\. What Nebius Token Factory puts around it/u;

const button = (name: string | RegExp) => screen.findByRole("button", { name });
const start = (amount: string) => button(`Start training — up to ${amount}`);
const guessed = () => start("US$2.30");
const counted = () => start("US$1.38");
const broken = () => failure("tokenizer_broken", { file: { kind: "text", value: "notes.json" } });

/** As with the keyboard: what is pressed has the focus. */
async function press(name: string | RegExp): Promise<void> {
  const found = await button(name);
  found.focus();
  await fireEvent.click(found);
}

async function go(query: string, change: (host: FakeHost) => void = nothing): Promise<FakeHost> {
  const host = world(new URLSearchParams(`services=unknown&${query}`));
  change(host);
  show(host, TrainScreen as never, { project: 1, onstate: nothing, onexamples: nothing, oncheck: nothing, ontest: nothing, onplaces: nothing });
  await fireEvent.click(await screen.findByRole("radio", { name: /Nebius/u }));
  await fireEvent.input(await screen.findByRole("textbox", { name: "Model" }), { target: { value: MODEL } });
  return host;
}

describe("choosing the file of a model", () => {
  test("counts by it and asks for the price anew", async () => {
    const host = await go("tokenizer=elsewhere");
    await guessed();
    expect(screen.getByText(ELSEWHERE)).toBeTruthy();
    expect(screen.getByText(/mostly as tokenizer\.json/u)).toBeTruthy();
    const quotes = host.asked("order_quote").length;
    await press(CHOOSE);
    await counted();
    expect(host.asked("tokenizer_choose")).toEqual([WHAT]);
    expect(host.asked("order_quote").length).toBe(quotes + 1);
    expect(screen.getByText(BY_FILE)).toBeTruthy();
    expect(screen.queryByText(ELSEWHERE)).toBeNull();
    expect(await screen.findByText("Text is counted by tokenizer.json now.")).toBeTruthy();
    await waitFor(() => expect(document.activeElement).toBe(screen.getByRole("button", { name: FORGET })));
  });

  test("can be taken back at once", async () => {
    const host = await go("tokenizer=elsewhere");
    await press(CHOOSE);
    await counted();
    await press("Undo");
    await guessed();
    expect(host.asked("tokenizer_forget")).toEqual([WHAT]);
    expect(screen.getByText(ELSEWHERE)).toBeTruthy();
    await waitFor(() => expect(document.activeElement).toBe(screen.getByRole("button", { name: CHOOSE })));
    expect(screen.queryByRole("button", { name: "Undo" })).toBeNull();
  });

  test("is not offered to be taken back where it is not looked at any more", async () => {
    await go("tokenizer=elsewhere");
    await press(CHOOSE);
    await button("Undo");
    await fireEvent.click(screen.getByRole("radio", { name: /This computer/u }));
    await waitFor(() => expect(screen.queryByRole("button", { name: "Undo" })).toBeNull());
  });

  test("changes nothing when nobody chose one", async () => {
    const host = await go("tokenizer=elsewhere", (one) => one.answer({ tokenizer_choose: () => ({ file: null }) }));
    await guessed();
    const quotes = host.asked("order_quote").length;
    await press(CHOOSE);
    expect(host.asked("tokenizer_choose")).toEqual([WHAT]);
    await waitFor(() => expect(screen.getByRole("button", { name: CHOOSE }).getAttribute("aria-busy")).toBeNull());
    expect(host.asked("order_quote").length).toBe(quotes);
    expect(screen.getByText(ELSEWHERE)).toBeTruthy();
    expect(screen.queryByText(/Text is counted/u)).toBeNull();
    expect(screen.queryByRole("alert")).toBeNull();
  });

  test("says beside the button why a file cannot be used, and loses nothing", async () => {
    const host = await go("tokenizer=broken");
    await guessed();
    await press(CHOOSE);
    const alert = await screen.findByRole("alert");
    expect(alert.textContent).toContain("notes.json is no token file that Attune can read.");
    expect(alert.closest("li")?.textContent).toMatch(ELSEWHERE);
    expect(document.activeElement).toBe(await button(CHOOSE));

    host.answer({ tokenizer_choose: () => ({ file: null }) });
    await press(CHOOSE);
    await waitFor(() => expect(screen.queryByRole("alert")).toBeNull());
    await fireEvent.click(await guessed());
    expect(host.asked("order_place")).toEqual([{ token: "token-3", ceilingMicroUsd: 2_300_000 }]);
  });

  test("holds nothing else up while the dialog is open", async () => {
    const host = await go("tokenizer=elsewhere", (one) => one.answer({ tokenizer_choose: () => never() }));
    await guessed();
    await press(CHOOSE);
    await press(CHOOSE);
    expect(host.asked("tokenizer_choose").length).toBe(1);
    await fireEvent.input(await screen.findByRole("textbox", { name: "Rounds" }), { target: { value: "6" } });
    await start("US$4.60");
  });

  test("is told of where the page was left meanwhile", async () => {
    let refuse: (problem: unknown) => void = nothing;
    await go("tokenizer=elsewhere", (one) => one.answer({ tokenizer_choose: () => new Promise((_, no) => (refuse = no)) }));
    await press(CHOOSE);
    await fireEvent.click(screen.getByRole("radio", { name: /This computer/u }));
    await waitFor(() => expect(screen.queryByText(ELSEWHERE)).toBeNull());
    refuse(broken());
    expect((await screen.findByRole("alert")).textContent).toContain("notes.json");
  });

  test("is for models that nobody here can count", async () => {
    await go("price=about");
    await start("US$1.38");
    expect(screen.queryByRole("button", { name: CHOOSE })).toBeNull();
    expect(screen.queryByRole("button", { name: FORGET })).toBeNull();
  });
});

describe("leaving the file of a model", () => {
  test("counts as before and asks for the price anew", async () => {
    const host = await go("tokenizer=chosen");
    await counted();
    expect(screen.getByText(BY_FILE)).toBeTruthy();
    await press(FORGET);
    await guessed();
    expect(host.asked("tokenizer_forget")).toEqual([WHAT]);
    expect(await screen.findByText("Text is counted without the file now.")).toBeTruthy();
    await waitFor(() => expect(document.activeElement).toBe(screen.getByRole("button", { name: CHOOSE })));
  });

  test("is undone from its note", async () => {
    const host = await go("tokenizer=chosen");
    await counted();
    await press(FORGET);
    await guessed();
    await press("Undo");
    await counted();
    expect(host.asked("tokenizer_restore")).toEqual([WHAT]);
  });

  test("that cannot be left says so beside the button", async () => {
    await go("tokenizer=chosen", (one) => one.answer({ tokenizer_forget: () => { throw failure("library_busy"); } }));
    await counted();
    await press(FORGET);
    expect((await screen.findByRole("alert")).closest("li")?.textContent).toMatch(BY_FILE);
    await counted();
  });

  test("is the way on where it spoiled", async () => {
    let isSpoiled = true;
    const host = await go("tokenizer=chosen", (one) =>
      one.answer({
        order_quote: (request) => {
          if (isSpoiled) throw broken();
          return madeUpQuote(new URLSearchParams("tokenizer=elsewhere"), request);
        },
        tokenizer_forget: () => {
          isSpoiled = false;
          return {};
        },
      }),
    );
    await press(FORGET);
    await guessed();
    expect(host.asked("tokenizer_forget")).toEqual([WHAT]);
    expect(screen.queryByRole("alert")).toBeNull();
  });
});

test.each([["elsewhere", CHOOSE, "US$2.30"], ["chosen", FORGET, "US$1.38"]])("with “tokenizer=%s” the page has a sound structure", async (state, name, amount) => {
  await go(`tokenizer=${state}`);
  await start(amount);
  await button(name);
  const { violations } = await axe.run(document.body, {
    rules: { "color-contrast": { enabled: false }, "target-size": { enabled: false }, region: { enabled: false } },
  });
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" ")}`)).toEqual([]);
});
