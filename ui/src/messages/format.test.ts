/** Texts are filled as the catalogue's small language says. */
import { describe, expect, test } from "vitest";
import { fill } from "./format";
import { linked } from "./glossary";
import { parse } from "./icu";
import { spanWords } from "./spans";

describe("filling", () => {
  test.each([
    ["File {file} is empty.", { file: "a.csv" }, "File a.csv is empty."],
    ["File {nothing}.", {}, "File ."],
    ["{n, plural, =0 {no examples} one {# example} other {# examples}} of {file}", { n: 0, file: "x" }, "no examples of x"],
    ["{n, plural, =0 {no examples} one {# example} other {# examples}} of {file}", { n: 1, file: "x" }, "1 example of x"],
    ["{n, plural, one {# example} other {# examples}}", { n: 12_345 }, "12,345 examples"],
    ["{what, select, xlsx {a workbook} other {a file}}", { what: "xlsx" }, "a workbook"],
    ["{what, select, xlsx {a workbook} other {a file}}", { what: "png" }, "a file"],
    ["{n, plural, other {{x, select, a {# of a} other {# of others}}}}", { n: 3, x: "a" }, "3 of a"],
    ["A # outside is a #.", {}, "A # outside is a #."],
  ])("%s", (text, values, expected) => {
    expect(fill(text, values as Record<string, string | number>)).toBe(expected);
  });

  test("an unclosed brace is a mistake", () => {
    expect(() => parse("a {b")).toThrow("never closed");
  });
});

test("links to the glossary are taken out of their sentence", () => {
  expect(linked("The [[token|tokens]] count.")).toEqual([{ words: "The " }, { words: "tokens", term: "token", end: "" }, { words: " count." }]);
  expect(linked("A [[nobody|word]].")).toEqual([{ words: "A " }, { words: "word." }]);
  expect(linked("Of [[token|tokens]]. More")).toEqual([{ words: "Of " }, { words: "tokens", term: "token", end: "." }, { words: " More" }]);
});

test.each([
  [20, 50, "under a minute"],
  [61, 110, "1 to 2 min"],
  [118, 119, "1 to 2 min"],
  [180, 180, "3 min"],
  [4_000, 9_000, "1 to 3 hours"],
])("%i to %i seconds are %s", (low, high, expected) => {
  expect(spanWords({ low, high })).toBe(expected);
});
