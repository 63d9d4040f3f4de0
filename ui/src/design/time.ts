/** Points in time as a person writes them. Spans of time need words and are made in `messages/spans.ts`. */
import { locale } from "./numbers";

const sameDay = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit" });
const otherDay = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
const otherYear = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", year: "numeric" });

/** The clock for today, day and clock for this year, the date for earlier years. */
export function formatMoment(atMs: number, nowMs: number = Date.now()): string {
  const at = new Date(atMs);
  const now = new Date(nowMs);
  if (at.toDateString() === now.toDateString()) return sameDay.format(at);
  return (at.getFullYear() === now.getFullYear() ? otherDay : otherYear).format(at);
}
