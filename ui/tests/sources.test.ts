/** Rules on the page's own sources that no compiler checks. */
import { readFileSync, readdirSync } from "node:fs";
import { expect, test } from "vitest";
import english from "../src/messages/en.json";

const root = `${import.meta.dirname}/..`;
const files = readdirSync(`${root}/src`, { recursive: true, encoding: "utf8" }).filter((path) => /\.(?:ts|svelte|css)$/u.test(path));
const read = (path: string) => readFileSync(`${root}/src/${path}`, "utf8");
const rust = `${root}/../src-tauri`;
const program = readdirSync(rust, { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".rs"))
  .map((path) => readFileSync(`${rust}/${path}`, "utf8"))
  .join("\n");
const components = files.filter((path) => path.endsWith(".svelte"));

test("no component has words of its own", () => {
  const found = components.flatMap((path) => {
    const markup = read(path)
      .replaceAll(/<script[\s\S]*?<\/script>|<style[\s\S]*?<\/style>|<!--[\s\S]*?-->/gu, "")
      // Expressions, innermost first, then tags.
      .replaceAll(/\{[^{}]*\}/gu, "")
      .replaceAll(/\{[^{}]*\}/gu, "")
      .replaceAll(/\{[^{}]*\}/gu, "")
      .replaceAll(/<[^>]*>/gu, " ");
    return [...markup.matchAll(/[A-Za-z]{3,}[^\n]*/gu)].map((match) => `${path}: ${match[0].trim()}`);
  });
  expect(found).toEqual([]);
});

test("labels that are read aloud come from the catalogue too", () => {
  const label = /(?:aria-label|title|placeholder|alt|label|heading|words)="[^"{]*[A-Za-z]{3,}/u;
  expect(components.filter((path) => label.test(read(path).replaceAll(/<style[\s\S]*?<\/style>/gu, "")))).toEqual([]);
});

test("colours stand in the tokens only", () => {
  const colour = /#[0-9a-f]{3,8}\b(?![^<]*\}\})|\b(?:rgb|hsl|oklch)\(/iu;
  const styles = (path: string) => (path.endsWith(".svelte") ? (/<style>[\s\S]*<\/style>/u.exec(read(path))?.[0] ?? "") : read(path));
  const own = files.filter((path) => /\.(?:svelte|css)$/u.test(path) && path !== "design/tokens.css");
  expect(own.filter((path) => colour.test(styles(path)))).toEqual([]);
});

test("every token in use is defined", () => {
  const defined = new Set([...read("design/tokens.css").matchAll(/--([a-z0-9-]+):/gu)].map((match) => match[1]));
  const used = files.flatMap((path) => [...read(path).matchAll(/var\(--([a-z0-9-]+)/gu)].map((match) => match[1]));
  expect(used.filter((name) => name !== "number-width" && !defined.has(name))).toEqual([]);
});

test("nothing is put into the page as raw HTML, and no type is switched off", () => {
  const banned = /\{@(?:html)|\bas any\b|: any\b|@ts-ignore|@ts-nocheck|[\w)\]]!\.|[\w)\]]!;/u;
  const sources = files.filter((path) => !path.startsWith("generated/") && !path.endsWith(".css"));
  expect(sources.filter((path) => banned.test(read(path)))).toEqual([]);
});

test("the page has no style of its own beside its files", () => {
  expect(readFileSync(`${root}/index.html`, "utf8")).not.toMatch(/<style|style=/u);
});

test("no words wait in the catalogue for nothing", () => {
  const sources = files.filter((path) => !path.includes(".test.") && !path.startsWith("generated/")).map(read).join("\n");
  const made = [...sources.matchAll(/`([a-z_.]*(?:\$\{[^}`]*\}[a-z_.]*)+)`/gu)]
    .map((match) => match[1] ?? "")
    .filter((text) => text.includes("."))
    .map((text) => new RegExp(`^${text.replaceAll(".", "\\.").replaceAll(/\$\{[^}]*\}/gu, ".+")}$`, "u"));
  // The program says some words itself: native dialogs, the tray, notices, the command line, which makes keys of parts.
  const isOfCommandLine = (key: string) => /^(?:cli|sample)\./u.test(key);
  const isUsed = (key: string) => [sources, program].some((text) => text.includes(`"${key}"`)) || made.some((pattern) => pattern.test(key));
  expect(Object.keys(english).filter((key) => !isOfCommandLine(key) && !isUsed(key))).toEqual([]);
});

test("the made-up backend never reaches the page", () => {
  const own = files.filter((path) => !path.startsWith("dev/") && !path.includes(".test."));
  expect(own.filter((path) => /from "[^"]*\/(?:dev|host\/fake)["/]/u.test(read(path)))).toEqual([]);
});
