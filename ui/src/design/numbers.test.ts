/** Money, counts, sizes and axes as people read them. */
import { expect, test } from "vitest";
import { formatBytes, formatCountShort, formatExactUsd, formatFineUsd, formatMemory, formatMicroUsd, formatScore } from "./numbers";
import { countTicks, nearest, niceTicks } from "./scale";

test.each([
  [0, "US$0"],
  [2_100_000, "US$2.10"],
  [2_100_001, "US$2.11"],
  [1_234_560_000, "US$1,234.56"],
  [800_000, "US$0.80"],
])("%i micro-dollars are %s, never less than they are", (micros, expected) => {
  expect(formatMicroUsd(micros)).toBe(expected);
});

test("a price is never rounded, and what is below a cent is still told", () => {
  expect([75_000, 3_000_000, 1_234_567_890, 0].map(formatExactUsd)).toEqual(["US$0.075", "US$3.00", "US$1,234.56789", "US$0.00"]);
  expect([0, 412, 9_999, 10_000, 918_060].map(formatFineUsd)).toEqual(["US$0", "US$0.0005", "US$0.01", "US$0.01", "US$0.92"]);
});

test("sizes are rounded up, long counts are short in narrow places", () => {
  expect(formatBytes(999)).toBe("999 bytes");
  expect(formatBytes(48_200)).toBe("49 kB");
  expect(formatBytes(120_000_001)).toBe("121 MB");
  expect(formatCountShort(12_480)).toBe("12,480");
  expect(formatCountShort(1_000_000)).toBe("1M");
  expect(formatScore(0.123456)).toBe("0.123");
});

test("memory that is needed is rounded up, memory that is free is rounded down", () => {
  expect([formatMemory(1_310_000_000, "needed"), formatMemory(5_940_000_000, "free")]).toEqual(["1.4 GB", "5.9 GB"]);
  expect([formatMemory(9_000_000_000, "needed"), formatMemory(88_200_000, "needed"), formatMemory(12, "free")]).toEqual(["9 GB", "89 MB", "12 bytes"]);
  expect([formatMemory(999_300_000, "needed"), formatMemory(999_300_000, "free"), formatMemory(999_000_000, "needed")]).toEqual(["1 GB", "999 MB", "999 MB"]);
});

test.each([
  [0, 3.7, 4, [0, 1, 2, 3, 4]],
  [0, 0.1, 4, [0, 0.05, 0.1]],
  [0, 9.2, 4, [0, 5, 10]],
])("ticks of %d to %d are round", (low, high, wanted, expected) => {
  expect(niceTicks(low, high, wanted)).toEqual(expected);
});

test("an axis of steps has whole steps", () => {
  expect(countTicks(540, 6)).toEqual([0, 100, 200, 300, 400, 500]);
  expect(countTicks(1, 6)).toEqual([0, 1]);
});

test("the nearest point is found", () => {
  expect(nearest([0, 10, 20], 14)).toBe(1);
  expect(nearest([0, 10, 20], 16)).toBe(2);
  expect(nearest([0, 10, 20], -5)).toBe(0);
  expect(nearest([0, 10, 20], 99)).toBe(2);
});
