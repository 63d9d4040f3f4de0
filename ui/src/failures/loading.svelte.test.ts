/** Loading from an effect: once for each change, never in a circle. */
import { flushSync } from "svelte";
import { expect, test } from "vitest";
import { Loading } from "./loading.svelte";

test("a view that loads from an effect asks once for each change", async () => {
  let asked = 0;
  let wanted = $state(1);
  const loading = new Loading(async () => {
    asked += 1;
    return asked;
  });
  const stop = $effect.root(() => {
    $effect(() => {
      void wanted;
      void loading.load();
    });
  });
  flushSync();
  await Promise.resolve();
  flushSync();
  await Promise.resolve();
  flushSync();
  expect(asked).toBe(1);
  wanted = 2;
  flushSync();
  await Promise.resolve();
  flushSync();
  expect(asked).toBe(2);
  stop();
});

test("what became different while an answer was under way holds beside it", async () => {
  let answer: (value: { count: number; name: string }) => void = () => undefined;
  const loading = new Loading(() => new Promise<{ count: number; name: string }>((resolve) => (answer = resolve)));
  loading.amend((now) => ({ ...now, count: 9 }));
  const first = loading.load();
  answer({ count: 1, name: "before" });
  await first;
  expect(loading.value).toEqual({ count: 1, name: "before" });
  const second = loading.load();
  loading.amend((now) => ({ ...now, count: now.count + 1 }));
  expect(loading.value).toEqual({ count: 2, name: "before" });
  answer({ count: 1, name: "after" });
  await second;
  expect(loading.value).toEqual({ count: 2, name: "after" });
});
