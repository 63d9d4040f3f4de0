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
type Graph = Pick<Rolldown.PluginContext, "getModuleIds" | "getModuleInfo" | "parse">;

/** What only the program says: command line, tray, native dialogs, notices. It is no part of the page. */
const unsaidHere = /^(?:cli|tray|notice|sample|dialog\.(?:import|model|export|save))\./u;
/** A failure may meet a person anywhere, so its words are there from the start. */
const alwaysFirst = /^failure\./u;
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

/** A module with all that is loaded before it runs. */
function reachedFrom(graph: Graph, starts: readonly string[]): Set<string> {
  const reached = new Set(starts);
  // What is added to a set while it is gone through is gone through too.
  for (const id of reached) for (const next of graph.getModuleInfo(id)?.importedIds ?? []) reached.add(next);
  return reached;
}

/** Who says what, and what is therefore in which part. */
export class Split {
  readonly #catalogue: Catalogue;
  readonly #said = new Map<string, Set<string>>();
  readonly #first: Set<string>;
  readonly #isLate: (key: string) => boolean;
  readonly problems: string[] = [];

  constructor(catalogue: Catalogue, graph: Graph) {
    this.#catalogue = catalogue;
    const keys = Object.keys(catalogue);
    const ids = [...graph.getModuleIds()];
    for (const id of ids) {
      const code = /\/src\/[^?]*\.(?:ts|svelte)$/u.test(id) ? graph.getModuleInfo(id)?.code : undefined;
      if (code) this.#said.set(id, keysSaid(graph.parse(code), keys));
    }
    this.#first = reachedFrom(graph, ids.filter((id) => graph.getModuleInfo(id)?.isEntry));
    const first = this.#saidBy(this.#first);
    const anywhere = this.#saidBy(ids);
    this.#isLate = (key) => anywhere.has(key) && !first.has(key) && !alwaysFirst.test(key);
    for (const key of anywhere) if (unsaidHere.test(key)) this.problems.push(`\`${key}\` is said, but is no part of the page`);
    for (const id of ids) this.#checkLoadedLate(id, graph);
  }

  #saidBy(ids: Iterable<string>): Set<string> {
    return new Set([...ids].flatMap((id) => [...(this.#said.get(id) ?? [])]));
  }

  /** Whatever is loaded late has to bring the late words, before it is drawn. */
  #checkLoadedLate(id: string, graph: Graph): void {
    if (this.#first.has(id) || !graph.getModuleInfo(id)?.dynamicImporters.length) return;
    const reached = reachedFrom(graph, [id]);
    const late = [...this.#saidBy(reached)].find((key) => this.#isLate(key));
    if (late && !reached.has(lateWords)) this.problems.push(`${id} is loaded late and says \`${late}\`; it has to import messages/late`);
  }

  /** The words of a part. Those that nobody seems to say are of the first, where no mistake about them can be seen. */
  words(part: Part): Catalogue {
    const all = Object.entries(this.#catalogue).filter(([key]) => !unsaidHere.test(key));
    return Object.fromEntries(all.filter(([key]) => this.#isLate(key) === (part === "late")));
  }

  /** What would show a key instead of words if `ids` were loaded first. */
  checkFirst(ids: readonly string[]): string[] {
    const late = (id: string) => [...(this.#said.get(id) ?? [])].filter((key) => this.#isLate(key));
    const said = ids.flatMap((id) => late(id).map((key) => `${id} is in the first script and says \`${key}\`, which is late`));
    return ids.includes(lateWords) ? [...said, "the late words are in the first script"] : said;
  }
}

/** The modules of the scripts that `index.html` names. */
function firstModules(bundle: Rolldown.OutputBundle): string[] {
  const chunks = Object.values(bundle).filter((output) => output.type === "chunk");
  const names = new Set(chunks.filter(({ isEntry }) => isEntry).map(({ fileName }) => fileName));
  for (const name of names) for (const next of chunks.find(({ fileName }) => fileName === name)?.imports ?? []) names.add(next);
  return chunks.filter(({ fileName }) => names.has(fileName)).flatMap(({ moduleIds }) => moduleIds);
}

export function wordsOfThePage(): Plugin {
  let catalogue: Catalogue = {};
  let split: Split | undefined;
  return {
    name: "words-of-the-page",
    enforce: "pre",
    apply: "build",
    configResolved({ root }) {
      catalogue = JSON.parse(readFileSync(`${root}/src/messages/en.json`, "utf8")) as Catalogue;
    },
    resolveId(source) {
      if (source.endsWith("/en.json")) return "\0words:first";
      return source.endsWith("/en.json?late") ? lateWords : undefined;
    },
    // The words are known once all modules are; until then a mark stands for them.
    load: (id) => (id.startsWith("\0words:") ? `export default JSON.parse("@@${id.slice(1)}");` : undefined),
    buildEnd(error) {
      if (error) return;
      split = new Split(catalogue, this);
      if (split.problems.length) this.error(split.problems.join("\n"));
    },
    renderChunk(code) {
      const filled = code.replaceAll(/(["'`])@@words:(first|late)\1/gu, (mark, _, part: Part) =>
        split ? JSON.stringify(JSON.stringify(split.words(part))) : mark,
      );
      return filled === code ? undefined : { code: filled, map: null };
    },
    generateBundle(_, bundle) {
      const problems = split?.checkFirst(firstModules(bundle)) ?? ["the words were never split"];
      if (Object.values(bundle).some((output) => output.type === "chunk" && output.code.includes("@@words:"))) problems.push("words were not filled in");
      if (problems.length) this.error(problems.join("\n"));
    },
  };
}
