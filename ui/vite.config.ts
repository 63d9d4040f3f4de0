/** Builds the page into `dist` and runs its tests. Nothing here reaches the network. */
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";
import { wordsOfThePage } from "./vite.words.ts";

export default defineConfig(({ mode }) => ({
  plugins: [wordsOfThePage(), svelte()],
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
    // A guard against hanging, wide enough for several waits of a busy computer.
    testTimeout: 60_000,
  },
}));
