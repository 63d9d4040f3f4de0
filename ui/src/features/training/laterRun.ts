/** Which of two accounts of a training counts, where they cross on their way. */
import type { RunDetail } from "../../generated/types";

/**
 * The account that counts of the two. An answer and a piece of news about the same training may cross on their way,
 * so what was read later wins, not what arrived later; of two trainings of a project the later one counts.
 */
export function laterRun(known: RunDetail | undefined, told: RunDetail): RunDetail {
  if (known === undefined) return told;
  if (known.summary.run !== told.summary.run) return known.summary.number > told.summary.number ? known : told;
  return known.summary.changedAtMs > told.summary.changedAtMs ? known : told;
}
