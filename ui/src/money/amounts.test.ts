/** Amounts of dollars as people type them, and what is no amount. */
import { describe, expect, test } from "vitest";
import { amountToType, priceToType, readAmount, readPrice } from "./amounts";

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

  test("nothing at all is an amount only for a limit", () => {
    expect([readAmount("0", 0), readAmount("0.00", 0), readAmount("-0", 0), readAmount("100000.01", 0)]).toEqual([0, 0, "bad", "bad"]);
  });

  test("what has to be typed reads as the amount", () => {
    for (const micros of [10_000, 3_200_000, 12_340_000]) expect(readAmount(amountToType(micros))).toBe(micros);
  });
});

describe("prices", () => {
  test.each([
    ["0.075", "0.075"],
    [" US$ 3,2 ", "3.2"],
    ["0", "0"],
  ])("%s is a price", (text, sent) => {
    expect(readPrice(text)).toBe(sent);
  });

  test.each(["-1", "1e3", "0.0000001", "ten", "1000000"])("%s is none", (text) => {
    expect(readPrice(text)).toBe("bad");
  });

  test("they are typed with the digits they have", () => {
    expect([0, 75_000, 800_000, 3_000_000, 1_234_567, 100_000].map(priceToType)).toEqual(["0.00", "0.075", "0.80", "3.00", "1.234567", "0.10"]);
  });
});
