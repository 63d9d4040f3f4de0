/** Which of two accounts of a test counts, where they cross on their way. */
import type { TestReport } from "../../generated/types";

/**
 * The account of a test that counts of the two. An answer and a piece of news may cross on their way: the later test
 * counts, an ended one never runs again, and answers are never taken back.
 */
export function laterReport(known: TestReport | undefined, told: TestReport): TestReport {
  if (known === undefined) return told;
  if (known.test !== told.test) return known.test > told.test ? known : told;
  const [isOver, isToldOver] = [known.phase !== "running", told.phase !== "running"];
  if (isOver !== isToldOver) return isOver ? known : told;
  return known.done > told.done ? known : told;
}
