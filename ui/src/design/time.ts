/** Points in time as a person writes them. Spans of time need words and are made in `messages/spans.ts`. */
import { locale } from "./numbers";

const sameDay = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit" });
const otherDay = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
const wholeDay = new Intl.DateTimeFormat(locale, { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });
const otherYear = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", year: "numeric" });

/** The clock for today, day and clock for this year, the date for earlier years. */
export function formatMoment(atMs: number, nowMs: number = Date.now()): string {
  const at = new Date(atMs);
  const now = new Date(nowMs);
  if (at.toDateString() === now.toDateString()) return sameDay.format(at);
  return (at.getFullYear() === now.getFullYear() ? otherDay : otherYear).format(at);
}

/** A day of the calendar, `2027-01-14`, in words; what is no such day stays as it is. */
export function formatDay(day: string): string {
  const at = new Date(`${day}T00:00:00Z`);
  return Number.isNaN(at.getTime()) ? day : wholeDay.format(at);
}

/** Whether a day of the calendar is over where the person is. */
export function isDayOver(day: string, nowMs: number = Date.now()): boolean {
  const [year = 0, month = 1, date = 1] = day.split("-").map(Number);
  return new Date(year, month - 1, date + 1).getTime() <= nowMs;
}
