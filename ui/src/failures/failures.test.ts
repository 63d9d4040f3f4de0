/** Failures become words, and what loads keeps its four states in order. */
import { expect, test } from "vitest";
import { failure } from "../host/fake";
import { Loading } from "./loading.svelte";
import { asFailure, presentFailure } from "./presentFailure";

test("counts choose the words, names are put in", () => {
  const few = failure("too_few_examples", { count: { kind: "count", value: 1 }, needed: { kind: "count", value: 10 } });
  expect(presentFailure(few).words).toContain("is 1 example; training needs 10");
  const file = failure("file_unreadable", { file: { kind: "text", value: "{n} a.csv" } });
  expect(presentFailure(file).words).toContain("The file {n} a.csv cannot be read");
});

test("a mistake of the page itself is an internal failure with its text in the details", () => {
  expect(asFailure(new Error("boom"))).toEqual({ code: "internal", params: {}, detail: "boom" });
  expect(presentFailure(asFailure("odd")).detail).toBe("odd");
});

function held<Value>(): { promise: Promise<Value>; resolve: (value: Value) => void; reject: (problem: unknown) => void } {
  let resolve: (value: Value) => void = () => undefined;
  let reject: (problem: unknown) => void = () => undefined;
  const promise = new Promise<Value>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

test("what is on screen stays while it is read again", async () => {
  let answer: number | undefined = 1;
  const loading = new Loading(() => Promise.resolve(answer));
  expect(loading.now.state).toBe("loading");
  await loading.load();
  const again = loading.load();
  expect(loading.now).toEqual({ state: "loading", previous: 1 });
  expect(loading.shown).toBe("ready");
  await again;
  answer = undefined;
  await loading.load();
  expect(loading.now.state).toBe("empty");
});

test("a failure can be tried again", async () => {
  let isBroken = true;
  const loading = new Loading(() => (isBroken ? Promise.reject(failure("library_busy")) : Promise.resolve(2)));
  await loading.load();
  const { now } = loading;
  if (now.state !== "failed") throw new Error("expected a failure");
  expect(now.fault.code).toBe("library_busy");
  isBroken = false;
  await now.retry();
  expect(loading.value).toBe(2);
});

test("a late answer to an older question is dropped", async () => {
  const answers = [held<string>(), held<string>()];
  let asked = 0;
  const loading = new Loading(() => {
    asked += 1;
    return answers[asked - 1]?.promise ?? Promise.resolve("none");
  });
  const first = loading.load();
  const second = loading.load();
  answers[1]?.resolve("new");
  await second;
  answers[0]?.resolve("old");
  await first;
  expect(loading.value).toBe("new");
});

test("a newer value that came by itself is not overwritten", async () => {
  const slow = held<string>();
  const loading = new Loading(() => slow.promise);
  const reading = loading.load();
  loading.take("event");
  slow.resolve("read");
  await reading;
  expect(loading.value).toBe("event");
});
