/** Training settings never leave their range, and each model gets its own. */
import { expect, test } from "vitest";
import { groupedHeads, groupsOf, readSetting, resolvedValue, settingWords } from "./expertSettings";
import { kindOfModel } from "../../models/base";
import { kindOf } from "./runKind";

const all = [...groupsOf("lab", null), ...groupsOf("add_on", null)].flatMap(({ ranges }) => ranges);

test.each([
  ["rounds", "0"], ["rounds", "51"], ["rounds", "2.5"], ["layers", "25"], ["width", "100"], ["width", "31"], ["dropout", "0.9"], ["dropout", "much"],
  ["rounds", "1e9"], ["rank", "257"], ["alpha", "0"], ["seed", "-1"], ["patience", "1.5"],
])("%s of %s is refused", (name, text) => {
  const range = all.find((one) => one.name === name);
  if (!range) throw new Error("no such setting");
  expect(readSetting(range, text)).toEqual({ kind: "bad" });
});

test("a comma is a decimal point, and nothing typed is chosen for you", () => {
  const dropout = all.find(({ name }) => name === "dropout");
  if (!dropout) throw new Error("no dropout");
  expect(readSetting(dropout, " 0,2 ")).toEqual({ kind: "value", value: 0.2 });
  expect(readSetting(dropout, "  ")).toEqual({ kind: "chosen_for_you" });
});

test("a model of the lab has a shape, one of somebody else has an add-on", () => {
  expect([kindOfModel("lab", undefined), kindOfModel("ft:lab:attune:shop:1", "trained"), kindOfModel("starter", "starter"), kindOfModel("ft:starter:a:b:1", "trained"), kindOfModel("own:lab", "own")]).toEqual(["lab", "lab", "add_on", "add_on", "add_on"]);
  expect(groupsOf("add_on", 8192).flatMap(({ ranges }) => ranges.map(({ key }) => key))).not.toContain("width");
  expect(groupsOf("lab", undefined).flatMap(({ ranges }) => ranges.map(({ key }) => key))).not.toContain("rank");
});

test("the longest example of somebody else's model goes as far as the model reads", () => {
  const longest = (reach: number | null) => groupsOf("add_on", reach).flatMap(({ ranges }) => ranges).find(({ name }) => name === "context");
  expect([longest(8192), longest(2048)].map((range) => [range?.low, range?.high])).toEqual([[16, 8192], [16, 2048]]);
  expect(longest(null)?.high).toBeGreaterThan(1024);
  const range = longest(2048);
  if (!range) throw new Error("no longest example");
  expect([readSetting(range, "2048"), readSetting(range, "2049")]).toEqual([{ kind: "value", value: 2048 }, { kind: "bad" }]);
});

test("the engine's name for rounds is understood", () => {
  expect(resolvedValue([{ name: "n_epochs", value: 4 }], "rounds")).toBe(4);
  expect([settingWords("n_epochs"), settingWords("key_value_heads"), settingWords("unheard_of")]).toEqual(["Rounds", "Shared heads", "unheard_of"]);
});

test("shared heads divide the heads", () => {
  expect([8, 6, 5, 2, 1].map(groupedHeads)).toEqual([4, 3, 1, 1, undefined]);
});

test("each state of a training has its kind of screen", () => {
  expect([kindOf("queued"), kindOf("paused"), kindOf("succeeded"), kindOf("unknown"), kindOf("cancelled")]).toEqual(["going", "paused", "done", "failed", "stopped"]);
});
