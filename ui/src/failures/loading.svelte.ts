/** Reads something from the host and keeps which of the four states it is in. Late answers of older questions are dropped. */
import { untrack } from "svelte";
import type { Loadable } from "../design/loadable";
import type { Failure } from "../generated/types";
import { asFailure } from "./presentFailure";

export class Loading<Value> {
  now = $state.raw<Loadable<Value, Failure>>({ state: "loading" });
  #read: () => Promise<Value | undefined>;
  #asked = 0;
  /** What became different while an answer was under way. */
  #amended: ((value: Value) => Value)[] = [];

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
    this.#amended = [];
    // Whoever loads from an effect must not wait for what loading itself changes: it would load for ever.
    const before = untrack(() => this.value);
    this.now = before === undefined ? { state: "loading" } : { state: "loading", previous: before };
    try {
      const read = await this.#read();
      if (mine !== this.#asked) return;
      this.now = read === undefined ? { state: "empty" } : { state: "ready", value: this.#withAmendments(read) };
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

  /** Changes a part of the value; an answer still under way is awaited, and changed likewise: it may have been read before. */
  amend(change: (value: Value) => Value): void {
    if (this.now.state === "ready") this.now = { state: "ready", value: change(this.now.value) };
    if (this.now.state !== "loading") return;
    this.#amended.push(change);
    if (this.now.previous !== undefined) this.now = { state: "loading", previous: change(this.now.previous) };
  }

  #withAmendments(read: Value): Value {
    let value = read;
    for (const change of this.#amended) value = change(value);
    return value;
  }

  /** The state for a screen's mark: old content that is read again counts as ready. */
  get shown(): "loading" | "failed" | "empty" | "ready" {
    return this.now.state === "loading" && this.now.previous !== undefined ? "ready" : this.now.state;
  }
}
