/** Places are found again after a restart. */
import { expect, test } from "vitest";
import type { ImportPreview } from "../generated/types";
import { backFrom, projectOf, readPlace, workedOn, writePlace, type Place } from "./place";

const places: [string, Place][] = [
  ["welcome", { name: "welcome" }],
  ["projects", { name: "projects" }],
  ["examples/12", { name: "examples", project: 12 }],
  ["examples/12/345", { name: "examples", project: 12, example: 345 }],
  ["train/1", { name: "train", project: 1 }],
  ["settings@test/7", { name: "settings", from: { name: "test", project: 7 } }],
  ["services@train/7", { name: "services", from: { name: "train", project: 7 } }],
  ["spending@welcome", { name: "spending", from: { name: "welcome" } }],
  ["outlook@train/7", { name: "outlook", from: { name: "train", project: 7 } }],
  ["help@welcome", { name: "help", from: { name: "welcome" } }],
];

test.each(places)("%s is written and read", (written, place) => {
  expect(writePlace(place)).toBe(written);
  expect(readPlace(written)).toEqual(place);
});

test.each([null, "", "nowhere/3", "examples/x", "examples/", "train/-1", "help@nowhere", "outlook", "outlook@nowhere"])("%s leads to the start", (text) => {
  const place = readPlace(text);
  expect("from" in place ? place.from : place).toEqual({ name: "welcome" });
});

test("a place beside the project keeps the project open", () => {
  expect(projectOf(readPlace("glossary@check/4"))).toBe(4);
  expect(projectOf({ name: "welcome" })).toBeUndefined();
});

test("examples are worked on where they are made, brought in and checked, and nowhere else", () => {
  const places = ["examples/4/9", "check/4", "train/4", "test/4", "settings@examples/4", "outlook@check/4", "welcome", "projects"];
  expect(places.map((text) => workedOn(readPlace(text)))).toEqual([4, 4, ...Array<undefined>(6).fill(undefined)]);
  const preview = { handle: "h" } as ImportPreview;
  expect(workedOn({ name: "import", preview, from: { name: "train", project: 4 } })).toBe(4);
  expect(workedOn({ name: "import", preview, from: { name: "welcome" } })).toBeUndefined();
});

test("the spending leads back to what it was opened from", () => {
  const from = { name: "train", project: 4 } as const;
  expect(backFrom({ name: "spending", from })).toEqual(from);
  expect(backFrom({ name: "spending", from, via: "settings" })).toEqual({ name: "settings", from });
  expect(backFrom({ name: "spending", from, via: "outlook" })).toEqual({ name: "outlook", from });
  expect(backFrom({ name: "spending", from: { name: "welcome" }, via: "outlook" })).toEqual({ name: "welcome" });
});
