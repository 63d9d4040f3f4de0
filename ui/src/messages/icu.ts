/**
 * Reads the small part of ICU that the catalogue uses: `{name}`, `{n, plural, =0 {…} one {…} other {…}}`
 * with `#`, and `{x, select, a {…} other {…}}`. It formats nothing and knows no language.
 */

export type Piece =
  | { kind: "text"; text: string }
  | { kind: "count" }
  | { kind: "name"; name: string }
  | { kind: "choice"; name: string; by: "plural" | "select"; cases: Map<string, Piece[]> };

/** Where the brace that opens at `open` is closed again. */
function closing(text: string, open: number): number {
  let depth = 0;
  for (let at = open; at < text.length; at += 1) {
    if (text[at] === "{") depth += 1;
    else if (text[at] === "}" && --depth === 0) return at;
  }
  throw new Error(`a brace is never closed in \`${text}\``);
}

/** The cases of `one {…} other {…}`. */
function parseCases(text: string, isPlural: boolean): Map<string, Piece[]> {
  const cases = new Map<string, Piece[]>();
  let at = 0;
  for (let open = text.indexOf("{", at); open >= 0; open = text.indexOf("{", at)) {
    const close = closing(text, open);
    cases.set(text.slice(at, open).trim(), parse(text.slice(open + 1, close), isPlural));
    at = close + 1;
  }
  if (!cases.has("other")) throw new Error(`\`other\` is missing in \`${text}\``);
  return cases;
}

function parseGap(gap: string, inPlural: boolean): Piece {
  const first = gap.indexOf(",");
  if (first < 0) return { kind: "name", name: gap.trim() };
  const second = gap.indexOf(",", first + 1);
  const name = gap.slice(0, first).trim();
  const by = gap.slice(first + 1, second).trim();
  if (second < 0 || (by !== "plural" && by !== "select")) throw new Error(`\`${gap}\` is no choice`);
  const cases = parseCases(gap.slice(second + 1), by === "plural" || inPlural);
  return { kind: "choice", name, by, cases };
}

/** The pieces of a text. `#` counts only inside the cases of a plural. */
export function parse(text: string, inPlural = false): Piece[] {
  const pieces: Piece[] = [];
  let plain = "";
  const flush = () => {
    if (plain) pieces.push({ kind: "text", text: plain });
    plain = "";
  };
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at] ?? "";
    if (character === "{") {
      flush();
      const close = closing(text, at);
      pieces.push(parseGap(text.slice(at + 1, close), inPlural));
      at = close;
    } else if (character === "#" && inPlural) {
      flush();
      pieces.push({ kind: "count" });
    } else {
      plain += character;
    }
  }
  flush();
  return pieces;
}
