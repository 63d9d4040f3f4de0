/** Says a failure that has no place of its own at the edge of the window. */
import type { Toasts } from "../design/toasts.svelte";
import { asFailure, presentFailure } from "./presentFailure";

/** For `catch` of an action pressed by the person. */
export function reportTo(toasts: Toasts): (problem: unknown) => void {
  return (problem) => {
    const { words, tone } = presentFailure(asFailure(problem));
    toasts.show({ words, tone: tone === "problem" ? "bad" : "plain" });
  };
}
