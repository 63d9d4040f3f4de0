/** How the build splits the catalogue; that the real page is split without a gap is what the build itself checks. */
import { parseAst } from "vite";
import { describe, expect, test } from "vitest";
import { keysSaid, splitWords } from "../vite.words.ts";

const catalogue = {
  "app.name": "Attune",
  "cli.done": "Done.",
  "failure.internal": "Sorry.",
  "help.title": "Help",
  "problem.empty": "Empty.",
  "problem.empty.why": "Nothing is in it.",
  "rail.step": "Step",
};
const keys = Object.keys(catalogue);

test.each([
  ["f('app.name')", ["app.name"]],
  ["f(`app.name`)", ["app.name"]],
  ["f(`problem.${code}`)", ["problem.empty"]],
  ["f(`problem.${code}.why`)", ["problem.empty.why"]],
  ["f(`${key}.why`)", ["problem.empty.why"]],
  ["f(`${`problem.${code}`}.why`)", ["problem.empty", "problem.empty.why"]],
  ["f('problem.' + rest)", ["problem.empty", "problem.empty.why"]],
  ["f(key + '.why')", ["problem.empty.why"]],
  ["f(`${one}.${two}`)", []],
])("%s says %j", (code, expected) => {
  expect([...keysSaid(parseAst(code), keys)]).toEqual(expected);
});

describe("the split", () => {
  /** Modules of a page: what each imports, what it loads late, and its code. */
  function split(modules: Record<string, { imports?: string[]; loads?: string[]; code: string }>) {
    const ids = Object.keys(modules);
    return splitWords(catalogue, {
      getModuleIds: () => ids,
      getModuleInfo: (id) => ({
        code: modules[id]?.code ?? null,
        importedIds: modules[id]?.imports ?? [],
        dynamicImporters: ids.filter((other) => modules[other]?.loads?.includes(id)),
        isEntry: id === "/src/main.ts",
      }),
      parse: parseAst,
    });
  }
  const main = { imports: ["/src/Rail.svelte"], loads: ["/src/Help.svelte"], code: "f('app.name')" };
  const rail = { code: "f('rail.step')" };
  const late = { code: "" };

  test("words that only a late screen says are late, and failures never are", () => {
    const { parts, problems } = split({
      "/src/main.ts": main,
      "/src/Rail.svelte": rail,
      "/src/Help.svelte": { imports: ["\0words:late"], code: "f('help.title', 'rail.step', 'failure.internal')" },
      "\0words:late": late,
    });
    expect(Object.keys(parts.late)).toEqual(["help.title"]);
    expect(Object.keys(parts.first)).toEqual(["app.name", "failure.internal", "problem.empty", "problem.empty.why", "rail.step"]);
    expect(problems).toEqual([]);
  });

  test("a late screen that does not bring its words is told", () => {
    const { problems } = split({
      "/src/main.ts": main,
      "/src/Rail.svelte": rail,
      "/src/Help.svelte": { imports: ["/src/Steps.svelte"], code: "" },
      "/src/Steps.svelte": { code: "f('help.title')" },
    });
    expect(problems).toEqual(["src/Help.svelte is loaded late and says `help.title`; it has to import messages/late"]);
  });

  test("what only the program says cannot be said by the page", () => {
    expect(split({ "/src/main.ts": { code: "f('cli.done')" } }).problems).toEqual(["`cli.done` is said, but is no part of the page"]);
  });
});
