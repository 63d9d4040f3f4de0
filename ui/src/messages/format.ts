/** Puts a key of the catalogue and its values into words. Every visible word of the page comes through here. */
import type { MessageKey, MessageParams } from "../generated/messages";
import { formatCount, locale } from "../design/numbers";
import english from "./en.json";
import { parse, type Piece } from "./icu";

export type { MessageKey } from "../generated/messages";

/** Values as texts get them: numbers are shown with separators, texts as they are. */
export type Values = Record<string, string | number>;

/** The words of the first script; `late.ts` adds the others. */
const catalogue: Record<string, string> = { ...english };
const parsed = new Map<string, Piece[]>();
const plurals = new Intl.PluralRules(locale);

function shown(value: string | number | undefined): string {
  if (value === undefined) return "";
  return typeof value === "number" ? formatCount(value) : value;
}

function chosen(piece: Extract<Piece, { kind: "choice" }>, value: string | number | undefined): Piece[] {
  const exact = piece.by === "plural" ? `=${String(value)}` : String(value);
  const category = piece.by === "plural" ? plurals.select(Number(value)) : "other";
  return piece.cases.get(exact) ?? piece.cases.get(category) ?? piece.cases.get("other") ?? [];
}

function fillPieces(pieces: Piece[], values: Values, count: number | undefined): string {
  let out = "";
  for (const piece of pieces) {
    if (piece.kind === "text") out += piece.text;
    else if (piece.kind === "count") out += shown(count);
    else if (piece.kind === "name") out += shown(values[piece.name]);
    else {
      const value = values[piece.name];
      const inner = piece.by === "plural" ? Number(value) : count;
      out += fillPieces(chosen(piece, value), values, inner);
    }
  }
  return out;
}

/** Adds the words of what is loaded late. */
export function addWords(words: Readonly<Record<string, string>>): void {
  Object.assign(catalogue, words);
}

/** Fills the gaps of one text. */
export function fill(text: string, values: Values = {}): string {
  const pieces = parsed.get(text) ?? parse(text);
  parsed.set(text, pieces);
  return fillPieces(pieces, values, undefined);
}

/** For keys that are put together at run time, such as `problem.<code>`; prefer `t`. */
export function tLoose(key: MessageKey, values: Values = {}): string {
  return fill(catalogue[key] ?? key, values);
}

type Arguments<Key extends MessageKey> =
  MessageParams[Key] extends Record<string, never> ? [] : [params: MessageParams[Key]];

/** The words of `key`, with its values where it has gaps. */
export function t<Key extends MessageKey>(key: Key, ...[params]: Arguments<Key>): string {
  return tLoose(key, params as Values | undefined);
}

/** Whether the catalogue has this key; for texts that may be absent, such as a failure's action. */
export function hasMessage(key: string): key is MessageKey {
  return key in catalogue;
}
