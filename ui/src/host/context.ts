/** Hands the one `Host` down the tree of components, so that no component makes its own. */
import { getContext, setContext } from "svelte";
import type { Host } from "./host";

const KEY = Symbol("host");

export function provideHost(host: Host): void {
  setContext(KEY, host);
}

export function useHost(): Host {
  return getContext<Host>(KEY);
}
