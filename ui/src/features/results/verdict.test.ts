/** The verdict claims what the numbers prove, no more. */
import { expect, test } from "vitest";
import type { TestReport, TestVerdict } from "../../generated/types";
import { verdictWords } from "./verdict";

const report: TestReport = { test: 1, run: "r", phase: "finished", done: 18, total: 18, right: 16, beforeRight: null, macroF1: null, baseline: null, verdict: null, failure: null, costMicroUsd: null };
const verdict: TestVerdict = { better: 13, same: 4, worse: 1, intervalLow: 37, intervalHigh: 87, proven: true };

test.each([
  [verdict, "16 of 18 right. It has really learned."],
  [{ ...verdict, proven: false }, "16 of 18 right. No proven difference yet."],
  [{ ...verdict, better: 1, worse: 13 }, "16 of 18 right. A simple guess does better."],
  [null, "16 of 18 right"],
])("%j", (given, expected) => {
  expect(verdictWords({ ...report, verdict: given })).toBe(expected);
});

test.each([
  [verdict, "Right before: 1 of 18, now: 16. It has really learned."],
  [{ ...verdict, proven: false }, "Right before: 1 of 18, now: 16. That can still be luck."],
  [{ ...verdict, better: 1, worse: 13 }, "Right before: 1 of 18, now: 16. The training did harm."],
])("against what it was before: %j", (given, expected) => {
  expect(verdictWords({ ...report, beforeRight: 1, verdict: given })).toBe(expected);
});
