/** Every page test begins with an empty document and the route of nothing. */
import { cleanup, configure } from "@testing-library/svelte";
import { afterEach } from "vitest";

// On a busy computer one second may pass without a turn: the limit guards against waiting for ever and measures nothing.
configure({ asyncUtilTimeout: 10_000 });

afterEach(() => {
  cleanup();
  delete document.documentElement.dataset["route"];
});
