/** Every page test begins with an empty document and the route of nothing. */
import { cleanup } from "@testing-library/svelte";
import { afterEach } from "vitest";

afterEach(() => {
  cleanup();
  delete document.documentElement.dataset["route"];
});
