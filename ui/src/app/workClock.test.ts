/** Only time between two moments that lie close together is worked time. */
import { expect, test } from "vitest";
import { WorkClock } from "./workClock";

/** The seconds that these moments count. */
function secondsOf(...moments: number[]): number {
  const clock = new WorkClock();
  for (const moment of moments) clock.moment(moment);
  return clock.take();
}

test.each<[moments: number[], seconds: number, why: string]>([
  [[], 0, "nothing was done"],
  [[5_000], 0, "a single moment has no length"],
  [[5_000, 12_000], 7, "two moments have"],
  [[0, 60_000], 60, "a minute apart still counts"],
  [[0, 60_001], 0, "longer apart was a break"],
  [[0, 20_000, 90_000, 100_000], 30, "a break counts nothing, and what is around it does"],
  [[50_000, 10_000, 15_000], 5, "a clock that was set back counts from there"],
  [[7_000, 7_000, 7_000], 0, "many moments at once are one"],
  [[0, 999], 0, "less than a second is none yet"],
])("%j are %i seconds: %s", (moments, seconds) => {
  expect(secondsOf(...moments)).toBe(seconds);
});

test("what was taken is gone, and what is left of a second goes on", () => {
  const clock = new WorkClock();
  clock.moment(0);
  clock.moment(2_700);
  expect([clock.seconds, clock.take(), clock.take()]).toEqual([2, 2, 0]);
  clock.moment(3_000);
  expect(clock.take()).toBe(1);
});

test("many short pauses add up without losing anything", () => {
  const clock = new WorkClock();
  let taken = 0;
  for (let at = 0; at <= 100_000; at += 333) {
    clock.moment(at);
    taken += clock.take();
  }
  // 300 pauses of 333 ms.
  expect(taken).toBe(99);
});

test("no more is taken than can be sent at once, and what could not be kept is not lost", () => {
  const clock = new WorkClock();
  for (let at = 0; at <= 700_000; at += 50_000) clock.moment(at);
  expect([clock.take(600), clock.take(600), clock.take(600)]).toEqual([600, 100, 0]);
  clock.giveBack(600);
  expect(clock.take()).toBe(600);
});
