/** The four states of anything that comes from outside. Views switch over it and forget none. */

export type Loadable<Value, Fault> =
  | { state: "loading"; previous?: Value }
  | { state: "failed"; fault: Fault; retry: () => void }
  | { state: "empty" }
  | { state: "ready"; value: Value };

/** For the default branch of a switch: a forgotten case does not compile. */
export function assertNever(value: never): never {
  throw new Error(`unexpected ${JSON.stringify(value)}`);
}
