/** Training settings change nothing until they are touched, and never leave their range. */
import { expect, test } from "vitest";
import { changedSettings, ranges, readSetting } from "./expertSettings";
import { kindOf } from "./runKind";

const untouched = { rounds: "", layers: "", width: "", dropout: "" };

test("untouched settings are not sent", () => {
  expect(changedSettings(untouched)).toEqual({ settings: {}, isBad: false });
});

test("only what was changed is sent; a comma is a decimal point", () => {
  expect(changedSettings({ ...untouched, rounds: " 4 ", dropout: "0,2" })).toEqual({ settings: { rounds: 4, dropout: 0.2 }, isBad: false });
});

test.each([
  ["rounds", "0"], ["rounds", "51"], ["rounds", "2.5"], ["layers", "13"], ["width", "100"], ["width", "31"], ["dropout", "0.9"], ["dropout", "much"], ["rounds", "1e9"],
])("%s of %s is refused", (name, text) => {
  const range = ranges.find((one) => one.name === name);
  if (!range) throw new Error("no such setting");
  expect(readSetting(range, text)).toEqual({ kind: "bad" });
  expect(changedSettings({ ...untouched, [name]: text }).isBad).toBe(true);
});

test("each state of a training has its kind of screen", () => {
  expect([kindOf("queued"), kindOf("paused"), kindOf("succeeded"), kindOf("unknown"), kindOf("cancelled")]).toEqual(["going", "paused", "done", "failed", "stopped"]);
});
