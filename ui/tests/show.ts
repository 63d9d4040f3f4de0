/** Draws one view of a feature with a fake host and everything a view finds around it. */
import { render } from "@testing-library/svelte";
import type { Component } from "svelte";
import type { FakeHost } from "../src/host/fake";
import Harness from "./Harness.svelte";

export function show<Properties extends Record<string, unknown>>(
  host: FakeHost,
  view: Component<Properties>,
  properties: Properties,
): ReturnType<typeof render> {
  return render(Harness as unknown as Component<Record<string, unknown>>, { host, view, properties });
}

export const nothing = (): void => undefined;
export const soon = (): Promise<void> => Promise.resolve();
