/** Reads something from the host and keeps which of the four states it is in. Late answers of older questions are dropped. */
import { untrack } from "svelte";
import type { Loadable } from "../design/loadable";
import type { Failure } from "../generated/types";
import { asFailure } from "./presentFailure";

export class Loading<Value> {
  now = $state.raw<Loadable<Value, Failure>>({ state: "loading" });
  #read: () => Promise<Value | undefined>;
  #asked = 0;

  /** `read` answers nothing where there is nothing yet. */
  constructor(read: () => Promise<Value | undefined>) {
    this.#read = read;
  }

  get value(): Value | undefined {
    if (this.now.state === "ready") return this.now.value;
    return this.now.state === "loading" ? this.now.previous : undefined;
  }

  /** Reads (again); what is on screen stays while it does. */
  async load(): Promise<void> {
    this.#asked += 1;
    const mine = this.#asked;
    // Whoever loads from an effect must not wait for what loading itself changes: it would load for ever.
    const before = untrack(() => this.value);
    this.now = before === undefined ? { state: "loading" } : { state: "loading", previous: before };
    try {
      const value = await this.#read();
      if (mine !== this.#asked) return;
      this.now = value === undefined ? { state: "empty" } : { state: "ready", value };
    } catch (problem) {
      if (mine !== this.#asked) return;
      this.now = { state: "failed", fault: asFailure(problem), retry: () => this.load() };
    }
  }

  /** Takes a newer value that came by itself; an answer still under way is older and is dropped. */
  take(value: Value): void {
    this.#asked += 1;
    this.now = { state: "ready", value };
  }

  /** The state for a screen's mark: old content that is read again counts as ready. */
  get shown(): "loading" | "failed" | "empty" | "ready" {
    return this.now.state === "loading" && this.now.previous !== undefined ? "ready" : this.now.state;
  }
}
