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
