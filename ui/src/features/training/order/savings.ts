/** Ways to spend less on a training, in words. They cost nothing to try: the price is asked for anew each time. */
import { formatFineUsd } from "../../../design/numbers";
import type { Saving } from "../../../generated/types";
import { hasMessage, t, tLoose, type MessageKey, type Values } from "../../../messages/format";

/** A way that was taken on this page, and what stood there before. */
export interface DoneSaving {
  saving: Saving;
  before: string;
}

/** Tells the ways of one quote apart, and finds the same way in the next: there may be several smaller models. */
export function savingKey({ way, risk }: Saving): string {
  if (way.kind === "smaller_model") return `${way.kind} ${way.model}`;
  return way.kind === "cheaper_tier" ? `${way.kind} ${risk}` : way.kind;
}

/** What was changed by hand since does not count as done. */
export function isInForce({ saving: { way } }: DoneSaving, rounds: string | undefined, model: string): boolean {
  if (way.kind === "fewer_rounds") return rounds?.trim() === String(way.to);
  return way.kind === "smaller_model" && way.model === model;
}

export function savingWords({ way }: Saving): string {
  const { kind, ...values } = way;
  return tLoose(`order.saving.${kind}` as MessageKey, values as Values);
}

/** How it is done where this page cannot do it. */
export function howWords({ way }: Saving): string | undefined {
  const key = `order.saving.${way.kind}.how`;
  return hasMessage(key) ? tLoose(key) : undefined;
}

/** How much less it is; nothing where it is not worth telling. */
export function savedWords({ trainingMicroUsd, thousandCallsMicroUsd }: Saving): string | undefined {
  const later = thousandCallsMicroUsd !== null && thousandCallsMicroUsd > 0 ? formatFineUsd(thousandCallsMicroUsd) : undefined;
  const amount = formatFineUsd(trainingMicroUsd);
  if (trainingMicroUsd <= 0) return later === undefined ? undefined : t("order.saving.saves.later", { later });
  return later === undefined ? t("order.saving.saves", { amount }) : t("order.saving.saves.both", { amount, later });
}
