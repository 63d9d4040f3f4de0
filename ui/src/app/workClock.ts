/**
 * Counts how long somebody worked: the time between two moments at which they did something, where these lie close together.
 * What they did is never told to it, and nothing it counts stays here once it is taken.
 */

/** Whoever does nothing for longer is thought to be away. */
const LONGEST_PAUSE_MS = 60_000;
const SECOND_MS = 1_000;

export class WorkClock {
  #last: number | undefined;
  #countedMs = 0;

  /** Something was done at this moment, in milliseconds. */
  moment(atMs: number): void {
    const pause = this.#last === undefined ? 0 : atMs - this.#last;
    // A computer's clock that was set back counts nothing either.
    if (pause > 0 && pause <= LONGEST_PAUSE_MS) this.#countedMs += pause;
    this.#last = atMs;
  }

  /** Whole seconds that were counted and not taken yet. */
  get seconds(): number {
    return Math.floor(this.#countedMs / SECOND_MS);
  }

  /** Takes the whole seconds, `most` at most; what is left goes on counting. */
  take(most = Number.POSITIVE_INFINITY): number {
    const seconds = Math.min(this.seconds, most);
    this.#countedMs -= seconds * SECOND_MS;
    return seconds;
  }

  /** Puts back what was taken and could not be kept. */
  giveBack(seconds: number): void {
    this.#countedMs += seconds * SECOND_MS;
  }
}
