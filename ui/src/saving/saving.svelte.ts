/** Whether everything a person made is stored. It tells the truth: a draft not yet sent counts as not saved. */
import { getContext, setContext } from "svelte";
import { asFailure } from "../failures/presentFailure";
import type { Failure } from "../generated/types";

export type SavingState = { state: "saved" } | { state: "saving" } | { state: "failed"; failure: Failure; retry: () => unknown };

export class Saving {
  #pending = $state.raw<ReadonlySet<symbol>>(new Set());
  #failures = $state.raw<ReadonlyMap<symbol, { failure: Failure; retry: () => unknown }>>(new Map());

  get now(): SavingState {
    const [failed] = this.#failures.values();
    if (failed) return { state: "failed", ...failed };
    return { state: this.#pending.size > 0 ? "saving" : "saved" };
  }

  /** Something is typed that is not sent yet. */
  pending(owner: symbol): void {
    this.#failures = without(this.#failures, owner);
    this.#pending = new Set([...this.#pending, owner]);
  }

  done(owner: symbol): void {
    this.#failures = without(this.#failures, owner);
    this.#pending = new Set([...this.#pending].filter((one) => one !== owner));
  }

  failed(owner: symbol, problem: unknown, retry: () => unknown): void {
    this.done(owner);
    this.#failures = new Map([...this.#failures, [owner, { failure: asFailure(problem), retry }]]);
  }

  /** Shows "saving" while a change is under way; what it answers or throws passes through. */
  async during<Value>(change: Promise<Value>): Promise<Value> {
    const owner = Symbol("change");
    this.pending(owner);
    try {
      return await change;
    } finally {
      this.done(owner);
    }
  }
}

function without<Value>(map: ReadonlyMap<symbol, Value>, owner: symbol): ReadonlyMap<symbol, Value> {
  return new Map([...map].filter(([key]) => key !== owner));
}

const KEY = Symbol("saving");

export function provideSaving(): Saving {
  return setContext(KEY, new Saving());
}

export function useSaving(): Saving {
  return getContext<Saving>(KEY);
}
