/** When a training has paid for itself, in words. */
import type { PaysOff } from "../../generated/types";
import { t } from "../../messages/format";

const DAYS_OF_A_YEAR = 365;

/** After how many questions, or why never. */
export function paidWords(paid: PaysOff): string {
  return paid.kind === "after" ? t("pays.after", { calls: paid.calls }) : t(`pays.${paid.kind}`);
}

/** In how many days; from two years on in whole years, because nobody counts days then. */
export function daysWords(days: number): string {
  const years = Math.floor(days / DAYS_OF_A_YEAR);
  return years < 2 ? t("pays.days", { days }) : t("pays.years", { years });
}
