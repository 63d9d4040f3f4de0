/** Amounts of dollars as a person types them. */

const MICROS = 1_000_000;
/** As much as the backend takes. */
const MOST_MICRO_USD = 100_000_000_000;

/** `12.50`, `12,5` or `US$ 12` in millionths of a dollar; nothing typed is no amount. Never a fraction of a cent. */
export function readAmount(text: string): number | "bad" | undefined {
  const written = text.trim().replace(/^US\$|^\$/u, "").trim().replace(",", ".");
  if (written === "") return undefined;
  if (!/^\d{1,6}(?:\.\d{1,2})?$/u.test(written)) return "bad";
  const [whole = "0", cents = ""] = written.split(".");
  const micros = Number(whole) * MICROS + Number(cents.padEnd(2, "0")) * (MICROS / 100);
  return micros >= 1 && micros <= MOST_MICRO_USD ? micros : "bad";
}

/** The number that has to be typed to agree to an amount: `12.50`. */
export function amountToType(micros: number): string {
  const cents = Math.ceil(micros / (MICROS / 100));
  return `${String(Math.floor(cents / 100))}.${String(cents % 100).padStart(2, "0")}`;
}
