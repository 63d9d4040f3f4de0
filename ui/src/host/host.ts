/** The page's only door to the outside, fully typed. It decides nothing and keeps nothing. */
import type { Commands, Events } from "../generated/commands";

/** What the page asks of whatever it runs in. A failed call rejects with a `Failure`. */
export interface Host {
  call<Name extends keyof Commands>(
    name: Name,
    request: Commands[Name]["request"],
  ): Promise<Commands[Name]["response"]>;

  /** Hears an event until the returned function is called. */
  on<Name extends keyof Events>(name: Name, handler: (event: Events[Name]) => void): () => void;
}
