/** Short notes at the edge of the window. One with an action stays at least ten seconds, and while it is looked at. */
import { getContext, setContext } from "svelte";

const WITH_ACTION_MS = 12_000;
const PLAIN_MS = 6_000;

export interface Toast {
  id: number;
  words: string;
  tone: "plain" | "bad";
  /** A newer note on the same topic takes the place of the older one. */
  topic?: string;
  action?: { words: string; run: () => unknown };
}

export class Toasts {
  shown = $state.raw<Toast[]>([]);
  #last = 0;
  #timers = new Map<number, ReturnType<typeof setTimeout>>();

  show(toast: Omit<Toast, "id" | "tone"> & { tone?: Toast["tone"] }): void {
    this.#last += 1;
    const made: Toast = { tone: "plain", ...toast, id: this.#last };
    // An undo button undoes the last step only, so an older one must not stay beside it.
    const isOutdated = (older: Toast) =>
      (older.action && made.action) || (older.topic !== undefined && older.topic === made.topic);
    for (const older of this.shown) if (isOutdated(older)) this.close(older.id);
    this.shown = [...this.shown.slice(-2), made];
    this.#start(made);
  }

  close(id: number): void {
    clearTimeout(this.#timers.get(id));
    this.#timers.delete(id);
    this.shown = this.shown.filter((toast) => toast.id !== id);
  }

  /** The pointer or the focus is on it: the clock stands still. */
  hold(id: number): void {
    clearTimeout(this.#timers.get(id));
  }

  letGo(id: number): void {
    const toast = this.shown.find((one) => one.id === id);
    if (toast) this.#start(toast);
  }

  /** Takes back the offers to undo, once another step was made. */
  dropActions(): void {
    for (const toast of this.shown) if (toast.action) this.close(toast.id);
  }

  #start(toast: Toast): void {
    clearTimeout(this.#timers.get(toast.id));
    const wait = toast.action || toast.tone === "bad" ? WITH_ACTION_MS : PLAIN_MS;
    this.#timers.set(toast.id, setTimeout(() => this.close(toast.id), wait));
  }
}

const KEY = Symbol("toasts");

export function provideToasts(): Toasts {
  return setContext(KEY, new Toasts());
}

export function useToasts(): Toasts {
  return getContext<Toasts>(KEY);
}
