/** The words people read: short, simple, without jargon, and complete. */
import { describe, expect, test } from "vitest";
import english from "../src/messages/en.json";
import { fill } from "../src/messages/format";
import { linked, terms } from "../src/messages/glossary";
import { parse, type Piece } from "../src/messages/icu";

const catalogue: Record<string, string> = english;
/** The command line is a tool for people who know such tools. */
const onPage = Object.entries(catalogue).filter(([key]) => !key.startsWith("cli."));

/** A text as it is shown: each choice with its general case, each gap with a short word. */
function plain(pieces: Piece[]): string {
  return pieces
    .map((piece) => {
      if (piece.kind === "text") return piece.text;
      return piece.kind === "choice" ? plain(piece.cases.get("other") ?? []) : "12";
    })
    .join("");
}
const shown = onPage.map(([key, text]): [string, string] => [key, linked(plain(parse(text))).map((part) => part.words + ("end" in part ? part.end : "")).join("")]);

function syllables(word: string): number {
  const letters = word.toLowerCase().replace(/[^a-z]/gu, "").replace(/(?:[^laeiouy]es|[^laeiouytd]ed|[^laeiouy]e)$/u, "");
  return Math.max(1, letters.match(/[aeiouy]{1,2}/gu)?.length ?? 1);
}
const wordsOf = (text: string) => text.split(/\s+/u).filter((word) => /[a-z]/iu.test(word));
const sentencesOf = (text: string) => text.split(/[.!?:;](?:\s|$)/u).filter((sentence) => wordsOf(sentence).length > 0);

/** Flesch-Kincaid grade (Kincaid et al. 1975): 0.39 words per sentence + 11.8 syllables per word - 15.59. */
function grade(text: string): number {
  const words = wordsOf(text);
  const all = words.reduce((sum, word) => sum + syllables(word), 0);
  return 0.39 * (words.length / Math.max(1, sentencesOf(text).length)) + 11.8 * (all / words.length) - 15.59;
}

describe("reading", () => {
  const long = shown.filter(([, text]) => wordsOf(text).length >= 5);

  test("half of all texts need no more than six years of school", () => {
    const grades = long.map(([, text]) => grade(text)).sort((one, other) => one - other);
    expect(grades[Math.floor(grades.length / 2)]).toBeLessThanOrEqual(6);
  });

  test("no sentence is longer than 25 words, and they are 14 on average at most", () => {
    const lengths = shown.flatMap(([key, text]) => sentencesOf(text).map((sentence) => ({ key, words: wordsOf(sentence).length })));
    expect(lengths.filter(({ words }) => words > 25)).toEqual([]);
    expect(lengths.reduce((sum, { words }) => sum + words, 0) / lengths.length).toBeLessThanOrEqual(14);
  });

  test("jargon is said in the glossary only", () => {
    const jargon = /\b(?:fine-?tun\w*|epochs?|hyper-?parameters?|datasets?|prompts?|completions?|loss|checkpoints?|overfit\w*|inference|gradients?|batch(?:es)?|validation|learning rate|baselines?|tokeni[sz]\w*|embeddings?|LoRA|weights|optimi[sz]er|perplexity|API)\b/iu;
    const inGlossary = ([key]: [string, string]) => key.startsWith("glossary.");
    expect(shown.filter((entry) => !inGlossary(entry) && jargon.test(entry[1]))).toEqual([]);
  });

  test("the welcome page has at most 60 words", () => {
    const page = shown.filter(([key]) => key.startsWith("welcome.") && !["welcome.title", "welcome.open.none"].includes(key));
    const extra = ["action.start_sample", "action.choose_file", "app.name", "rail.settings", "rail.help"].map((key) => catalogue[key] ?? "");
    expect(wordsOf([...page.map(([, text]) => text), ...extra].join(" ")).length).toBeLessThanOrEqual(60);
  });
});

describe("failures", () => {
  const failures = shown.filter(([key]) => /^failure\.[a-z_]+$/u.test(key));

  test.each(failures)("%s says what happened, what it means and what to do in 40 words", (_, text) => {
    expect(wordsOf(text).length).toBeLessThanOrEqual(40);
    expect(sentencesOf(text).length).toBeGreaterThanOrEqual(2);
  });

  test("no failure shows a code or a name of a field in its words", () => {
    expect(failures.filter(([, text]) => /[a-z]_[a-z]|\b[45]\d\d\b|error/iu.test(text))).toEqual([]);
  });

  test.each(shown.filter(([key]) => /^problem\.[a-z_]+$/u.test(key)))("%s has a reason and a way out", (key) => {
    expect(sentencesOf(catalogue[`${key}.why`] ?? "").length).toBeGreaterThanOrEqual(2);
  });
});

test("every word linked to the glossary is in it", () => {
  const links = onPage.flatMap(([key, text]) => [...text.matchAll(/\[\[([^|\]]*)/gu)].map((match) => ({ key, term: match[1] })));
  expect(links.length).toBeGreaterThan(5);
  expect(links.filter(({ term }) => !(terms as readonly (string | undefined)[]).includes(term))).toEqual([]);
});

test("every text can be filled", () => {
  for (const [, text] of onPage) expect(fill(text, { n: 2 })).not.toContain("{");
});
