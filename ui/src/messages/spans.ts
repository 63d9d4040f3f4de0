/** Spans of time in words: always a range, never more exact than it can be. */
import type { SecondsRange } from "../generated/types";
import { t } from "./format";

/** `2 to 3 min`, `less than a minute`, `1 to 2 h`. */
export function spanWords({ low, high }: SecondsRange): string {
  if (high < 60) return t("span.under_minute");
  if (high < 5_400) {
    const from = Math.max(1, Math.floor(low / 60));
    const to = Math.max(from, Math.ceil(high / 60));
    return from === to ? t("span.minutes", { n: to }) : t("span.minutes_range", { from, to });
  }
  const from = Math.max(1, Math.floor(low / 3_600));
  const to = Math.max(from, Math.ceil(high / 3_600));
  return from === to ? t("span.hours", { n: to }) : t("span.hours_range", { from, to });
}
