/** The settings a person may change, with their ranges as the contract names them, and how what is typed is read. */
import type { ResolvedSetting, TrainSettings } from "../../generated/types";
import { hasMessage, tLoose, type MessageKey } from "../../messages/format";
import type { ModelKind } from "../../models/base";

/** Settings that are a number of their own. */
export type SettingName = Exclude<keyof TrainSettings, "dial" | "adaptedParts">;

export const adaptedParts = ["all", "attention", "feed_forward"] as const;
export type AdaptedParts = (typeof adaptedParts)[number];

/** How a model of the lab looks back: this sets two settings at once, which mean nothing to most people. */
export const attentions = ["full", "grouped", "sliding", "grouped_sliding"] as const;
export type Attention = (typeof attentions)[number];

export interface Range {
  name: SettingName;
  /** The setting as the catalogue and the engine name it. */
  key: string;
  low: number;
  high: number;
  /** Steps in which it goes; none for any number in the range. */
  step?: number;
}

function range(name: SettingName, low: number, high: number, step?: number): Range {
  const key = name.replaceAll(/[A-Z]/gu, (letter) => `_${letter.toLowerCase()}`);
  return step === undefined ? { name, key, low, high } : { name, key, low, high, step };
}

const LAST_SEED = 2 ** 32 - 1;
const rounds = range("rounds", 1, 50, 1);
const dropout = range("dropout", 0, 0.8);
const learning = [
  range("batchSize", 1, 256, 1),
  range("learningRateMultiplier", 0.001, 100),
  range("weightDecay", 0, 1),
  range("patience", 0, 100, 1),
  range("seed", 0, LAST_SEED, 1),
];
export const keyValueHeads = range("keyValueHeads", 1, 32, 1);
export const windowRange = range("window", 1, 4096, 1);

export interface Group {
  id: "shape" | "add_on" | "learning";
  ranges: readonly Range[];
}

const shape: Group = {
  id: "shape",
  ranges: [
    range("layers", 1, 24, 1), range("width", 32, 1024, 16), range("heads", 1, 32, 1), range("hidden", 8, 8192, 1),
    range("context", 16, 4096, 1), range("vocabulary", 300, 32_768, 1), dropout,
  ],
};
/** How far a model reads of which nothing is known yet. */
const USUAL_REACH = 8192;

function addOn(reach: number): Group {
  return { id: "add_on", ranges: [range("rank", 1, 256, 1), range("alpha", 0.001, 1024), range("adaptedLayers", 1, 128, 1), range("context", 16, reach, 1)] };
}

/** The settings of a kind of model; `reach` is how many tokens it can look at in one go, which somebody else decided. */
export function groupsOf(kind: ModelKind, reach: number | null | undefined): readonly Group[] {
  if (kind === "lab") return [shape, { id: "learning", ranges: [rounds, ...learning] }];
  return [{ id: "learning", ranges: [rounds, dropout, ...learning] }, addOn(reach ?? USUAL_REACH)];
}

export type Typed = { kind: "chosen_for_you" } | { kind: "value"; value: number } | { kind: "bad" };

/** Nothing typed means that it is chosen. A comma is a decimal point for many people. */
export function readSetting(of: Range, text: string): Typed {
  const written = text.trim().replace(",", ".");
  if (written === "") return { kind: "chosen_for_you" };
  const value = Number(written);
  const isInside = Number.isFinite(value) && value >= of.low && value <= of.high;
  const isStep = of.step === undefined || value % of.step === 0;
  return isInside && isStep ? { kind: "value", value } : { kind: "bad" };
}

/** The engine calls rounds by their usual name. */
function keyOf(name: string): string {
  return name === "n_epochs" ? "rounds" : name;
}

/** The value that a setting will have, as the engine resolved it. */
export function resolvedValue(resolved: readonly ResolvedSetting[], key: string): number | undefined {
  return resolved.find(({ name }) => keyOf(name) === key)?.value;
}

/** What a person calls a setting; the engine's own name for one that the catalogue does not know. */
export function settingWords(name: string): string {
  const key = `setting.${keyOf(name)}`;
  return hasMessage(key) ? tLoose(key) : name;
}

export function settingKey(of: Range): MessageKey {
  return `setting.${of.key}` as MessageKey;
}

/** The largest number of key and value heads below `heads` that divides them; none where one head stands alone. */
export function groupedHeads(heads: number): number | undefined {
  for (let fewer = Math.floor(heads / 2); fewer >= 1; fewer -= 1) if (heads % fewer === 0) return fewer;
  return undefined;
}
