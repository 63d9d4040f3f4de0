/** Builds the page into `dist` and runs its tests. Nothing here reaches the network. */
import { svelte } from "@sveltejs/vite-plugin-svelte";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

/** What only the command line and the tray say is no part of the page. */
const unsaidHere = /^(?:cli|tray)\./u;
const words: Plugin = {
  name: "words-of-the-page",
  enforce: "pre",
  apply: "build",
  transform(code, id) {
    if (!id.endsWith("/messages/en.json")) return undefined;
    const all = Object.entries(JSON.parse(code) as Record<string, string>);
    return JSON.stringify(Object.fromEntries(all.filter(([key]) => !unsaidHere.test(key))));
  },
};

export default defineConfig(({ mode }) => ({
  plugins: [words, svelte()],
  // Tests need Svelte's browser build, which is chosen by this condition.
  resolve: { conditions: mode === "test" ? ["browser"] : ["browser", "module", "import", "default"] },
  build: {
    target: "safari16.4",
    outDir: "dist",
    emptyOutDir: true,
    // A font or a picture inside a style sheet would have to be allowed by the content policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
  },
  server: { port: 5173, strictPort: true },
  clearScreen: false,
  test: {
    environment: "happy-dom",
    include: ["src/**/*.test.ts", "tests/**/*.test.ts"],
    setupFiles: ["./tests/setup.ts"],
    restoreMocks: true,
  },
}));
