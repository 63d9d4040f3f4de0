/** Counts, money and sizes, written one way everywhere. Amounts come in as integers and are never computed with here. */

/** The catalogue is English; a person's own English (dates, separators) is kept where there is one. */
export const locale: string =
  typeof navigator !== "undefined" && navigator.language.startsWith("en") ? navigator.language : "en";

const counts = new Intl.NumberFormat(locale);
const shortCounts = new Intl.NumberFormat(locale, { notation: "compact", maximumSignificantDigits: 3 });
const decimals = new Intl.NumberFormat(locale, { maximumSignificantDigits: 3 });

export function formatCount(count: number): string {
  return counts.format(count);
}

/** Short for narrow places: `1M`, `120K`; whole below a hundred thousand. */
export function formatCountShort(count: number): string {
  return count < 100_000 ? formatCount(count) : shortCounts.format(count);
}

/** A score with three telling digits. */
export function formatScore(score: number): string {
  return decimals.format(score);
}

/** Millionths of a US dollar as `US$3.20`; rounded up, since a price may be shown high, never low. */
export function formatMicroUsd(micros: number): string {
  if (micros === 0) return "US$0";
  const cents = Math.ceil(micros / 10_000);
  const whole = Math.trunc(cents / 100);
  const rest = String(Math.abs(cents % 100)).padStart(2, "0");
  return `US$${counts.format(whole)}.${rest}`;
}

const smallAmounts = new Intl.NumberFormat("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 4 });

const exactAmounts = new Intl.NumberFormat("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 6 });

/** A price as it stands in a price list: `US$0.075`, never rounded. */
export function formatExactUsd(micros: number): string {
  return `US$${exactAmounts.format(micros / 1_000_000)}`;
}

/** For places where large and tiny amounts stand side by side: cents, or what is below a cent as `US$0.0004`. */
export function formatFineUsd(micros: number): string {
  return micros >= 10_000 ? formatMicroUsd(micros) : formatSmallUsd(micros);
}

/** Millionths of any currency as `0.0004`, rounded up. */
export function formatSmallAmount(micros: number): string {
  return smallAmounts.format(Math.ceil(micros / 100) / 10_000);
}

/** Millionths of a US dollar as `US$0.0004`, for what is far below a cent; rounded up. */
export function formatSmallUsd(micros: number): string {
  return micros === 0 ? "US$0" : `US$${smallAmounts.format(Math.ceil(micros / 100) / 10_000)}`;
}

const units: readonly [size: number, name: string][] = [[1e9, "GB"], [1e6, "MB"], [1e3, "kB"]];

/** Bytes as `120 MB`, rounded up, in steps of 1,000 as disks are sold. */
export function formatBytes(bytes: number): string {
  for (const [size, unit] of units) {
    if (bytes >= size) return `${counts.format(Math.ceil(bytes / size))} ${unit}`;
  }
  return `${counts.format(bytes)} bytes`;
}

/** Memory as `1.3 GB`: what is needed is rounded up, what is free is rounded down, so that neither promises too much. */
export function formatMemory(bytes: number, kind: "needed" | "free"): string {
  // What would be rounded up to `1,000 MB` is a gigabyte.
  const isReached = (one: number) => (kind === "needed" ? bytes > 0.999 * one : bytes >= one);
  const [size, unit] = units.find(([one]) => isReached(one)) ?? [1, "bytes"];
  const step = bytes >= 10 * size ? 1 : 10;
  const round = kind === "needed" ? Math.ceil : Math.floor;
  // A hair of dust in the division must not add a whole step.
  return `${decimals.format(round(Number(((bytes / size) * step).toPrecision(12))) / step)} ${unit}`;
}

/** A share of a whole as `86 %`; the space does not break. */
export function formatPercent(share: number): string {
  return `${counts.format(Math.round(share * 100))}\u00a0%`;
}
