/**
 * Splits the catalogue when the page is built: the first script has the words that its own modules say, and the words that
 * only screens loaded later say come with `src/messages/late.ts`. Which words are which follows from the imports, so nobody
 * keeps a list; a screen that forgets to bring its words fails the build. In dev and in tests all words are there at once.
 */
import { readFileSync } from "node:fs";
import type { Plugin, Rolldown } from "vite";

type Part = "first" | "late";
type Catalogue = Readonly<Record<string, string>>;
/** What the bundler knows, as far as it is asked here. */
interface Graph {
  getModuleIds: () => Iterable<string>;
  getModuleInfo: (id: string) => Pick<Rolldown.ModuleInfo, "code" | "importedIds" | "dynamicImporters" | "isEntry"> | null;
  parse: (code: string) => unknown;
}

/** What only the program says: command line, tray, native dialogs, notices. It is no part of the page. */
const unsaidHere = /^(?:cli|tray|notice|sample|dialog\.(?:import|model|export|save|tokenizer))\./u;
/** A failure may meet a person anywhere, so its words are there from the start. */
const alwaysFirst = /^failure\./u;
const firstWords = "\0words:first";
const lateWords = "\0words:late";

const escaped = (text: string) => text.replaceAll(/[$()*+.?[\\\]^{|}]/gu, String.raw`\$&`);

/**
 * Keys that a text with gaps may become. A gap at the beginning may hold any part of a key, as in `${key}.help`; any other
 * holds one name, as in `problem.${code}.why`. Gaps alone say nothing about keys.
 */
function made(pieces: readonly string[]): RegExp[] {
  if (!pieces.some((piece) => /[a-z]{2}/u.test(piece))) return [];
  const [begin = "", ...rest] = pieces.map(escaped);
  return [new RegExp(`^${begin}${begin ? "[^.]+" : ".+"}${rest.join("[^.]+")}$`, "u")];
}

/** The texts of a module, and the forms of those that it puts together. */
function textsIn(node: unknown, texts: Set<string>, forms: RegExp[]): void {
  if (typeof node !== "object" || node === null) return;
  if ("type" in node && node.type === "Literal" && "value" in node && typeof node.value === "string") {
    texts.add(node.value);
    // Half a key, to be put together with a plus.
    if (/[a-z]\.$/u.test(node.value)) forms.push(new RegExp(`^${escaped(node.value)}.+$`, "u"));
    if (/^\.[a-z]/u.test(node.value)) forms.push(new RegExp(`^.+${escaped(node.value)}$`, "u"));
  }
  if ("type" in node && node.type === "TemplateLiteral" && "quasis" in node) {
    const pieces = (node.quasis as { value: { cooked: string } }[]).map(({ value }) => value.cooked);
    if (pieces.length === 1) texts.add(pieces.join(""));
    else forms.push(...made(pieces));
  }
  for (const child of Object.values(node)) textsIn(child, texts, forms);
}

/** The keys that a module says: those that stand in it, and all that a key put together at run time may be. */
export function keysSaid(tree: unknown, keys: readonly string[]): Set<string> {
  const texts = new Set<string>();
  const forms: RegExp[] = [];
  textsIn(tree, texts, forms);
  return new Set(keys.filter((key) => texts.has(key) || (!unsaidHere.test(key) && forms.some((form) => form.test(key)))));
}

/** Only the page's own modules have words. */
function saidBy(id: string, keys: readonly string[], graph: Graph): Set<string> {
  const code = /\/src\/[^?]*\.(?:ts|svelte)$/u.test(id) ? graph.getModuleInfo(id)?.code : undefined;
  return code ? keysSaid(graph.parse(code), keys) : new Set();
}

const nameOf = (id: string) => id.slice(id.lastIndexOf("/src/") + 1);

/** Modules with all that is loaded before they run. */
function reachedFrom(graph: Graph, starts: readonly string[]): Set<string> {
  const reached = new Set(starts);
  // What is added to a set while it is gone through is gone through too.
  for (const id of reached) for (const next of graph.getModuleInfo(id)?.importedIds ?? []) reached.add(next);
  return reached;
}

interface Split {
  parts: Record<Part, Catalogue>;
  /** The late words that a module says. */
  saysLate: (id: string) => string[];
  /** Why the page would show a key instead of words. */
  problems: string[];
}

/** Which words the first script says, and which only what is loaded later does. */
export function splitWords(catalogue: Catalogue, graph: Graph): Split {
  const keys = Object.keys(catalogue);
  const ids = [...graph.getModuleIds()];
  const said = new Map(ids.map((id) => [id, saidBy(id, keys, graph)]));
  const saidIn = (some: Iterable<string>) => new Set([...some].flatMap((id) => [...(said.get(id) ?? [])]));

  const first = reachedFrom(graph, ids.filter((id) => graph.getModuleInfo(id)?.isEntry));
  const saidFirst = saidIn(first);
  const saidAnywhere = saidIn(ids);
  // Words that nobody seems to say stay in the first script, where a mistake about them does no harm.
  const isLate = (key: string) => saidAnywhere.has(key) && !saidFirst.has(key) && !alwaysFirst.test(key);
  const part = (isMeant: (key: string) => boolean) =>
    Object.fromEntries(Object.entries(catalogue).filter(([key]) => !unsaidHere.test(key) && isMeant(key)));

  const unsayable = [...saidAnywhere].filter((key) => unsaidHere.test(key)).map((key) => `\`${key}\` is said, but is no part of the page`);
  // Whatever is loaded late has to bring the late words, so that they are there before it is drawn.
  const wordless = ids.flatMap((id) => {
    if (first.has(id) || !graph.getModuleInfo(id)?.dynamicImporters.length) return [];
    const reached = reachedFrom(graph, [id]);
    const late = [...saidIn(reached)].find(isLate);
    return late && !reached.has(lateWords) ? [`${nameOf(id)} is loaded late and says \`${late}\`; it has to import messages/late`] : [];
  });
  return {
    parts: { first: part((key) => !isLate(key)), late: part(isLate) },
    saysLate: (id) => [...(said.get(id) ?? [])].filter(isLate),
    problems: [...unsayable, ...wordless],
  };
}

/** The modules of the scripts that `index.html` names. */
function firstModules(chunks: readonly Rolldown.OutputChunk[]): string[] {
  const names = new Set(chunks.filter(({ isEntry }) => isEntry).map(({ fileName }) => fileName));
  for (const name of names) for (const next of chunks.find(({ fileName }) => fileName === name)?.imports ?? []) names.add(next);
  return chunks.filter(({ fileName }) => names.has(fileName)).flatMap(({ moduleIds }) => moduleIds);
}

/** Holds what was built against the split, whatever the bundler made of the modules. */
function problemsOf(split: Split, chunks: readonly Rolldown.OutputChunk[]): string[] {
  const first = firstModules(chunks);
  const said = first.flatMap((id) => split.saysLate(id).map((key) => `${nameOf(id)} is in the first script and says \`${key}\`, which is late`));
  if (first.includes(lateWords)) said.push("the late words are in the first script");
  if (chunks.some(({ code }) => code.includes("@@words:"))) said.push("a mark was not replaced by its words");
  return said;
}

export function wordsOfThePage(): Plugin {
  let isBuild = false;
  let catalogue: Catalogue = {};
  let split: Split | undefined;
  return {
    name: "words-of-the-page",
    enforce: "pre",
    configResolved({ command, root }) {
      isBuild = command === "build";
      catalogue = JSON.parse(readFileSync(`${root}/src/messages/en.json`, "utf8")) as Catalogue;
    },
    resolveId(source) {
      if (source === "virtual:late-words") return lateWords;
      return isBuild && source.endsWith("/en.json") ? firstWords : undefined;
    },
    load(id) {
      if (id !== firstWords && id !== lateWords) return undefined;
      // Which words these are is known once all modules are; until then a mark stands for them.
      return isBuild ? `export default JSON.parse("@@${id.slice(1)}");` : "export default {};";
    },
    buildEnd(error) {
      if (!isBuild || error) return;
      split = splitWords(catalogue, this);
      if (split.problems.length) this.error(split.problems.join("\n"));
    },
    renderChunk(code) {
      const parts = split?.parts;
      if (!parts || !code.includes("@@words:")) return undefined;
      const filled = code.replaceAll(/(["'`])@@words:(first|late)\1/gu, (_mark, _quote, part: Part) => JSON.stringify(JSON.stringify(parts[part])));
      return { code: filled, map: null };
    },
    generateBundle(_options, bundle) {
      const chunks = Object.values(bundle).filter((output) => output.type === "chunk");
      const problems = split ? problemsOf(split, chunks) : ["the words were not split"];
      if (problems.length) this.error(problems.join("\n"));
    },
  };
}
