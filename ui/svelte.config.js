/** How Svelte compiles the page: runes everywhere, styles in files of their own. */
import { vitePreprocess } from "@sveltejs/vite-plugin-svelte";

export default {
  preprocess: vitePreprocess(),
  compilerOptions: { runes: true, css: "external" },
};
