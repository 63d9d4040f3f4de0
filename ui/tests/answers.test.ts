/** Answers that cost money: the amount stands on the button, and what is sent agrees to it. */
import { fireEvent, screen } from "@testing-library/svelte";
import { describe, expect, test } from "vitest";
import { answerPrice } from "../src/dev/orders";
import { world } from "../src/dev/world";
import { mostOf } from "../src/features/results/chat.svelte";
import TestScreen from "../src/features/results/TestScreen.svelte";
import type { FakeHost } from "../src/host/fake";
import { nothing, show } from "./show";
// Loaded late in the window; here beforehand, so that no test waits for the compiler.
import "../src/features/results/ChatView.svelte";
import "../src/features/results/ReportView.svelte";

const press = async (name: string | RegExp) => fireEvent.click(await screen.findByRole("button", { name }));

function open(change: (host: FakeHost) => void = () => undefined): FakeHost {
  const host = world(new URLSearchParams("run=succeeded&paid"));
  change(host);
  show(host, TestScreen as never, { project: 1, ontested: nothing, ontrain: nothing });
  return host;
}

describe("a question to a model at OpenAI", () => {
  test("costs at most what every byte and the longest answer cost", () => {
    expect(mostOf(null, "free")).toBeUndefined();
    expect(mostOf({ serviceTitle: "Ours", rates: null }, "unknown")).toBeUndefined();
    expect(mostOf(answerPrice, "")).toBe(3_260);
    // Eight bytes of three letters: 6.4 millionths of a dollar, rounded up.
    expect(mostOf(answerPrice, "好é…")).toBe(3_260 + 7);
  });

  test("is asked for the amount on its button, and says what it cost", async () => {
    const host = open();
    await fireEvent.click(await screen.findByRole("tab", { name: "Ask it yourself" }));
    const field = await screen.findByRole("textbox", { name: "Your question" });
    expect(await screen.findByText(/takes money for each answer/u)).toBeTruthy();
    await fireEvent.input(field, { target: { value: "Hi" } });
    await press("Ask — up to US$0.01");
    expect(host.asked("chat_send")).toEqual([{ project: 1, text: "Hi", mostMicroUsd: 3_262 }]);
    expect(await screen.findByText("The latest answer cost US$0.0005.")).toBeTruthy();
  });

  test("that is suggested is not asked before its amount was seen", async () => {
    const host = open();
    await fireEvent.click(await screen.findByRole("tab", { name: "Ask it yourself" }));
    const [first] = await screen.findAllByRole("listitem");
    const suggestion = first?.querySelector("button");
    if (suggestion) await fireEvent.click(suggestion);
    expect(host.asked("chat_send")).toEqual([]);
    expect((await screen.findByRole<HTMLTextAreaElement>("textbox", { name: "Your question" })).value).toBe(suggestion?.textContent);
  });
});

describe("a test at OpenAI", () => {
  test("carries its amount and sends it along", async () => {
    const host = open();
    expect(await screen.findByText("OpenAI answers, and takes money for it: about US$0.02, at most US$0.10.")).toBeTruthy();
    await press("Start the test — up to US$0.10");
    expect(host.asked("test_start")).toEqual([{ project: 1, run: "01J", mostMicroUsd: 93_400 }]);
  });
});
