/** Amounts of dollars as a person types them. */

const MICROS = 1_000_000;
/** As much as the backend takes. */
const MOST_MICRO_USD = 100_000_000_000;

/**
 * `12.50`, `12,5` or `US$ 12` in millionths of a dollar; nothing typed is no amount. Never a fraction of a cent. Nothing at
 * all (`0`) is an amount only where `least` says so.
 */
export function readAmount(text: string, least: 0 | 1 = 1): number | "bad" | undefined {
  const written = plain(text);
  if (written === "") return undefined;
  if (!/^\d{1,6}(?:\.\d{1,2})?$/u.test(written)) return "bad";
  const [whole = "0", cents = ""] = written.split(".");
  const micros = Number(whole) * MICROS + Number(cents.padEnd(2, "0")) * (MICROS / 100);
  return micros >= least && micros <= MOST_MICRO_USD ? micros : "bad";
}

/** The number that has to be typed to agree to an amount: `12.50`. */
export function amountToType(micros: number): string {
  const cents = Math.ceil(micros / (MICROS / 100));
  return `${String(Math.floor(cents / 100))}.${String(cents % 100).padStart(2, "0")}`;
}

/** A price as it is sent, `0.075`: prices go below a cent, and some things are free. Nothing typed is no price. */
export function readPrice(text: string): string | "bad" | undefined {
  const written = plain(text);
  if (written === "") return undefined;
  return /^\d{1,6}(?:\.\d{1,6})?$/u.test(written) ? written : "bad";
}

/** A price as a person would type it: at least two digits behind the point, and no more than it has. */
export function priceToType(micros: number): string {
  const rest = String(micros % MICROS).padStart(6, "0").replace(/0{1,4}$/u, "");
  return `${String(Math.floor(micros / MICROS))}.${rest}`;
}

function plain(text: string): string {
  return text.trim().replace(/^US\$|^\$/u, "").trim().replace(",", ".");
}
