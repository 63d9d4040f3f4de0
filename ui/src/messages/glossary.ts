/** The terms a person may look up; `explanations.ts` has their words. A sentence links to one by its name. */
/** In the order of the page: from the first thing a person meets to the last. */
export const terms = [
  "training",
  "example",
  "assistant",
  "starting_model",
  "instructions",
  "kept_aside",
  "round",
  "mistake_score",
  "memorising",
  "token",
  "token_file",
  "step",
  "saved_moment",
  "settings",
  "layers",
  "width",
  "dropout",
  "attention",
  "numbers",
  "add_on",
  "rank",
  "learning_speed",
  "decay",
  "early_stop",
  "seed",
  "memory",
  "licence",
  "hash",
  "gguf",
  "key",
  "vault",
  "baseline",
  "f1",
  "column",
  "jsonl",
] as const;

export type GlossaryTerm = (typeof terms)[number];

export function isTerm(name: string): name is GlossaryTerm {
  return (terms as readonly string[]).includes(name);
}

/** `end` is what follows a link without a blank, such as a point: it must not begin a line. */
export type Part = { words: string } | { words: string; term: GlossaryTerm; end: string };

/** Splits `The [[mistake_score|mistake score]] falls.` into plain words and links to the glossary. */
export function linked(text: string): Part[] {
  return text.split(/(\[\[[a-z0-9_]+\|[^\]]+\]\][^\s[]*)/u).flatMap((piece): Part[] => {
    const link = /^\[\[([a-z0-9_]+)\|([^\]]+)\]\](.*)$/su.exec(piece);
    if (!link) return piece ? [{ words: piece }] : [];
    const [, name = "", words = "", end = ""] = link;
    return [isTerm(name) ? { words, term: name, end } : { words: words + end }];
  });
}
