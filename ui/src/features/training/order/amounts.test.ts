/** Amounts of dollars as people type them, and what is no amount. */
import { describe, expect, test } from "vitest";
import { amountToType, readAmount } from "./amounts";

describe("amounts", () => {
  test.each([
    ["3", 3_000_000],
    ["3.2", 3_200_000],
    ["3,20", 3_200_000],
    [" US$ 12.05 ", 12_050_000],
    ["$0.01", 10_000],
    ["100000", 100_000_000_000],
  ])("%s is an amount", (text, micros) => {
    expect(readAmount(text)).toBe(micros);
  });

  test.each(["0", "0.00", "-1", "1.234", "1e3", "NaN", "1 000", "ten", ".5", "5.", "100000.01", "9999999"])("%s is none", (text) => {
    expect(readAmount(text)).toBe("bad");
  });

  test("nothing typed is no amount", () => {
    expect(readAmount("  ")).toBeUndefined();
  });

  test("what has to be typed reads as the amount", () => {
    for (const micros of [10_000, 3_200_000, 12_340_000]) expect(readAmount(amountToType(micros))).toBe(micros);
  });
});
