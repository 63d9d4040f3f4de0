/** What is typed is stored soon, as one step of undo, and never lost to a failure or a move. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { ExampleCard, ExampleChange } from "../../generated/types";
import { failure, fakeHost } from "../../host/fake";
import { Saving } from "../../saving/saving.svelte";
import { CardDraft } from "./cardDraft.svelte";

const card = (id: number, question: string, answer: string | undefined): ExampleCard => ({
  id,
  line: id,
  tokens: 9,
  problems: [],
  messages: [
    { role: "instructions", content: "Be kind.", learned: false },
    { role: "question", content: question, learned: false },
    ...(answer === undefined ? [] : [{ role: "answer" as const, content: answer, learned: true }]),
  ],
});
const change = (shown: ExampleCard | null): ExampleChange => ({ card: shown, history: { undo: null, redo: null, version: 1 }, projectTotal: 3, toLookAt: 0 });

function open() {
  const host = fakeHost({
    example_read: ({ example }) => card(example, `Q${String(example)}`, example === 2 ? undefined : "A"),
    example_edit: ({ example, messages }) =>
      change({ ...card(example, "", "A"), messages: messages.map((one) => ({ role: one.role, content: one.content, learned: false })) }),
    example_add: ({ question, answer }) => change({ ...card(7, question, answer) }),
  });
  const saving = new Saving();
  const onstored = vi.fn();
  const draft = new CardDraft(host, 1, saving, onstored);
  const write = (role: string, text: string) => {
    const message = draft.messages.find((one) => one.role === role);
    if (!message) throw new Error(`no ${role}`);
    draft.typed(message.key, text);
  };
  return { host, saving, draft, onstored, write };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("typing is stored after a pause, and the state tells the truth all the way", async () => {
  const { host, saving, draft, write } = open();
  await draft.choose(1);
  expect(saving.now.state).toBe("saved");
  write("answer", "B");
  expect(saving.now.state).toBe("saving");
  await vi.advanceTimersByTimeAsync(399);
  expect(host.asked("example_edit")).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(host.asked("example_edit")[0]?.messages).toEqual([
    { source: 0, role: "instructions", content: "Be kind." },
    { source: 1, role: "question", content: "Q1" },
    { source: 2, role: "answer", content: "B" },
  ]);
  expect(saving.now.state).toBe("saved");
});

test("who types without a pause is stored within a second all the same", async () => {
  const { host, draft, write } = open();
  await draft.choose(1);
  for (let at = 0; at < 10; at += 1) {
    write("answer", "x".repeat(at + 1));
    await vi.advanceTimersByTimeAsync(100);
  }
  expect(host.asked("example_edit").length).toBeGreaterThanOrEqual(1);
});

test("one burst of typing is one step of undo; another example begins a new one", async () => {
  const { host, draft, write } = open();
  await draft.choose(1);
  write("answer", "B");
  await draft.flush();
  write("answer", "BC");
  await draft.flush();
  await vi.advanceTimersByTimeAsync(5_000);
  write("answer", "BCD");
  await draft.flush();
  await draft.choose(3);
  write("answer", "E");
  await draft.flush();
  expect(host.asked("example_edit").map((edit) => edit.sameBurst)).toEqual([false, true, false, false]);
});

describe("a draft that cannot be stored", () => {
  test("stays, is said, and can be stored later", async () => {
    const { host, saving, draft, write } = open();
    await draft.choose(1);
    const works = host.asked;
    host.answer({ example_edit: () => Promise.reject(failure("disk_full")) });
    write("answer", "B");
    await vi.advanceTimersByTimeAsync(400);
    expect(draft.saving).toBe("failed");
    const { now } = saving;
    if (now.state !== "failed") throw new Error("expected a failure");
    expect(now.failure.code).toBe("disk_full");
    expect(await draft.choose(3)).toBe(false);
    expect(draft.id).toBe(1);
    expect(draft.messages.at(-1)?.content).toBe("B");

    host.answer({ example_edit: () => change(card(1, "Q1", "B")) });
    await now.retry();
    expect(saving.now.state).toBe("saved");
    expect(works("example_edit").length).toBe(3);
  });
});

test("moving on stores first", async () => {
  const { host, draft, write } = open();
  await draft.choose(1);
  write("question", "Q1?");
  expect(await draft.choose(3)).toBe(true);
  expect(host.calls.map((call) => call.name)).toEqual(["example_read", "example_edit", "example_read"]);
  expect(draft.messages.map((one) => one.content)).toEqual(["Be kind.", "Q3", "A"]);
});

test("a missing answer gets a field, and is sent once it has words", async () => {
  const { host, draft, write } = open();
  await draft.choose(2);
  expect(draft.messages.map((one) => one.role)).toEqual(["instructions", "question", "answer"]);
  write("question", "Q2!");
  await draft.flush();
  expect(host.asked("example_edit")[0]?.messages.map((one) => one.role)).toEqual(["instructions", "question"]);
  write("answer", "At last");
  await draft.flush();
  expect(host.asked("example_edit")[1]?.messages.at(-1)).toEqual({ role: "answer", content: "At last" });
  write("answer", "At last!");
  await draft.flush();
  expect(host.asked("example_edit")[2]?.messages.at(-1)).toEqual({ source: 2, role: "answer", content: "At last!" });
});

test("emptied instructions are taken out", async () => {
  const { host, draft, write } = open();
  await draft.choose(1);
  write("instructions", " ");
  await draft.flush();
  expect(host.asked("example_edit")[0]?.messages.map((one) => one.role)).toEqual(["question", "answer"]);
});

test("a new example is stored with its first words, and only then", async () => {
  const { host, draft, onstored, write } = open();
  await draft.startNew();
  write("question", "  ");
  await draft.flush();
  expect(host.asked("example_add")).toEqual([]);
  write("question", "Where?");
  await vi.advanceTimersByTimeAsync(400);
  expect(host.asked("example_add")).toEqual([{ project: 1, question: "Where?", answer: "" }]);
  expect(draft.isNew).toBe(false);
  expect(onstored).toHaveBeenCalledWith(expect.objectContaining({ projectTotal: 3 }), true);
  write("answer", "There");
  await draft.flush();
  expect(host.asked("example_edit")[0]?.example).toBe(7);
});

test("what is typed while it is being stored is stored as well", async () => {
  const { host, draft, write } = open();
  await draft.choose(1);
  let release: (value: ExampleChange) => void = () => undefined;
  host.answer({ example_edit: () => new Promise((resolve) => (release = resolve)) });
  write("answer", "first");
  await vi.advanceTimersByTimeAsync(400);
  write("answer", "second");
  host.answer({ example_edit: ({ messages }) => change(card(1, "Q1", messages.at(-1)?.content)) });
  release(change(card(1, "Q1", "first")));
  await vi.advanceTimersByTimeAsync(400);
  expect(host.asked("example_edit").map((edit) => edit.messages.at(-1)?.content)).toEqual(["first", "second"]);
  expect(draft.messages.at(-1)?.content).toBe("second");
  expect(draft.saving).toBe("saved");
});
