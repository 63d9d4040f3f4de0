/** Days of the calendar are told as they are, wherever the person lives. */
import { expect, test } from "vitest";
import { formatDay, isDayOver } from "./time";

test("a day is told in words, and what is none stays as it is", () => {
  expect(formatDay("2027-01-14")).toMatch(/^(?:January 14, 2027|14 January 2027)$/u);
  expect(formatDay("soon")).toBe("soon");
});

test("a day is over when it has ended where the person is", () => {
  expect(isDayOver("2027-01-06", new Date(2027, 0, 6, 23, 59).getTime())).toBe(false);
  expect(isDayOver("2027-01-06", new Date(2027, 0, 7, 0, 0).getTime())).toBe(true);
});
