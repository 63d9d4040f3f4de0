/** Accounts of a training that cross on their way. */
import { expect, test } from "vitest";
import { madeUpRun } from "../../dev/runs";
import type { RunDetail, RunState } from "../../generated/types";
import { laterRun } from "./laterRun";

function account(state: RunState, changedAtMs: number, number = 3): RunDetail {
  const run = madeUpRun(state, 1, "starter", number);
  return { ...run, summary: { ...run.summary, changedAtMs } };
}

test("what is heard first counts", () => {
  const told = account("running", 5);
  expect(laterRun(undefined, told)).toBe(told);
});

test("of one training the account that was read later counts, whichever came first", () => {
  const [before, after] = [account("cancelling", 5), account("cancelled", 6)];
  expect(laterRun(before, after)).toBe(after);
  expect(laterRun(after, before)).toBe(after);
});

test("where nothing changed between two accounts the new one counts", () => {
  const [one, other] = [account("running", 5), account("running", 5)];
  expect(laterRun(one, other)).toBe(other);
});

test("of two trainings the later one counts, though the earlier one changed last", () => {
  const [earlier, later] = [account("cancelled", 9, 2), account("running", 5, 3)];
  expect(laterRun(earlier, later)).toBe(later);
  expect(laterRun(later, earlier)).toBe(later);
});
