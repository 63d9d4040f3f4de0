/** What the page makes of the many states of a training: six kinds of screen. */
import type { RunPhase, RunState } from "../../generated/types";

export type RunKind = "none" | "going" | "paused" | "done" | "failed" | "stopped";

const kinds: Record<RunState, Exclude<RunKind, "none">> = {
  intent: "going",
  sending: "going",
  ambiguous: "going",
  validating: "going",
  queued: "going",
  running: "going",
  pausing: "going",
  resuming: "going",
  cancelling: "going",
  paused: "paused",
  succeeded: "done",
  failed: "failed",
  not_started: "failed",
  unknown: "failed",
  cancelled: "stopped",
};

export function kindOf(state: RunState): Exclude<RunKind, "none"> {
  return kinds[state];
}

export const phases: readonly RunPhase[] = ["checking", "preparing", "learning", "last_checks", "ready"];
