/** The ranges of the settings a person may change, as the contract names them, and how what is typed is read. */
import type { TrainSettings } from "../../generated/types";

export type SettingName = keyof TrainSettings & ("rounds" | "layers" | "width" | "dropout");

export interface Range {
  name: SettingName;
  low: number;
  high: number;
  /** Steps in which it goes; none for any number in the range. */
  step?: number;
}

export const ranges: readonly Range[] = [
  { name: "rounds", low: 1, high: 50, step: 1 },
  { name: "layers", low: 1, high: 12, step: 1 },
  { name: "width", low: 32, high: 512, step: 16 },
  { name: "dropout", low: 0, high: 0.8 },
];

export type Typed = { kind: "chosen_for_you" } | { kind: "value"; value: number } | { kind: "bad" };

/** Nothing typed means that it is chosen. A comma is a decimal point for many people. */
export function readSetting(range: Range, text: string): Typed {
  const written = text.trim().replace(",", ".");
  if (written === "") return { kind: "chosen_for_you" };
  const value = Number(written);
  const isInside = Number.isFinite(value) && value >= range.low && value <= range.high;
  const isStep = range.step === undefined || value % range.step === 0;
  return isInside && isStep ? { kind: "value", value } : { kind: "bad" };
}

/** The settings to send: only what was changed. */
export function changedSettings(typed: Record<SettingName, string>): { settings: TrainSettings; isBad: boolean } {
  const settings: TrainSettings = {};
  let isBad = false;
  for (const range of ranges) {
    const read = readSetting(range, typed[range.name]);
    if (read.kind === "value") settings[range.name] = read.value;
    if (read.kind === "bad") isBad = true;
  }
  return { settings, isBad };
}
