/** Accounts of a test that cross on their way. */
import { expect, test } from "vitest";
import { madeUpTest } from "../../dev/runs";
import type { TestReport } from "../../generated/types";
import { laterReport } from "./laterReport";

function account(test: number, phase: TestReport["phase"], done: number): TestReport {
  return { ...madeUpTest(phase), test, done };
}

test("what is heard first counts", () => {
  const told = account(1, "running", 3);
  expect(laterReport(undefined, told)).toBe(told);
});

test("an ended test never runs again, and answers are never taken back", () => {
  const [few, more, over] = [account(1, "running", 3), account(1, "running", 5), account(1, "stopped", 5)];
  for (const [known, told] of [[few, more], [more, few]] as const) expect(laterReport(known, told)).toBe(more);
  for (const [known, told] of [[more, over], [over, more]] as const) expect(laterReport(known, told)).toBe(over);
});

test("of two tests the later one counts", () => {
  const [before, after] = [account(1, "finished", 18), account(2, "running", 0)];
  for (const [known, told] of [[before, after], [after, before]] as const) expect(laterReport(known, told)).toBe(after);
});
