/** Steps of the history in words. */
import type { HistoryStep } from "../generated/types";
import { t } from "./format";

export function undoWords(step: HistoryStep): string {
  return t(`history.undo.${step.kind}`, { n: step.examples });
}

export function redoWords(step: HistoryStep): string {
  return t(`history.redo.${step.kind}`, { n: step.examples });
}

/** What was done, for the note at the edge of the window. */
export function movedWords(step: HistoryStep, way: "undone" | "redone"): string {
  if (step.kind === "edit") return t(`history.${way}.edit`);
  return t(`history.${way}.${step.kind}`, { n: step.examples });
}
