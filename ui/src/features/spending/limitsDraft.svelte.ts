/** The most that may be spent, as a person types it: three amounts that are saved together. */
import type { Failure, SpendCap, SpendCaps } from "../../generated/types";
import { t } from "../../messages/format";
import { amountToType, readAmount } from "../../money/amounts";

export const caps = ["job", "day", "month"] as const satisfies readonly SpendCap[];

const fields: Record<SpendCap, keyof SpendCaps> = { job: "perJobMicroUsd", day: "perDayMicroUsd", month: "perMonthMicroUsd" };

function typedOf(known: SpendCaps): Record<SpendCap, string> {
  return { job: amountToType(known.perJobMicroUsd), day: amountToType(known.perDayMicroUsd), month: amountToType(known.perMonthMicroUsd) };
}

export class LimitsDraft {
  typed = $state<Record<SpendCap, string>>({ job: "", day: "", month: "" });
  problems = $state.raw<Partial<Record<SpendCap, string>>>({});
  #known = $state.raw<Record<SpendCap, string>>({ job: "", day: "", month: "" });

  constructor(known: SpendCaps) {
    this.take(known);
  }

  /** Whether there is something to save. */
  readonly isChanged: boolean = $derived.by(() => caps.some((cap) => readAmount(this.typed[cap], 0) !== readAmount(this.#known[cap], 0)));

  /** The limits that are in force now. */
  take(known: SpendCaps): void {
    this.#known = typedOf(known);
    this.typed = typedOf(known);
    this.problems = {};
  }

  /** What was wrong with a field no longer counts once it changes. */
  changed(cap: SpendCap): void {
    this.problems = Object.fromEntries(Object.entries(this.problems).filter(([name]) => name !== cap));
  }

  /** The amounts, or nothing where one is none: that is told beside its field. */
  check(): SpendCaps | undefined {
    const read = { job: readAmount(this.typed.job, 0), day: readAmount(this.typed.day, 0), month: readAmount(this.typed.month, 0) };
    const wrong = caps.filter((cap) => typeof read[cap] !== "number");
    this.problems = Object.fromEntries(wrong.map((cap) => [cap, t("spending.limits.bad")]));
    const { job, day, month } = read;
    if (typeof job !== "number" || typeof day !== "number" || typeof month !== "number") return undefined;
    return { perJobMicroUsd: job, perDayMicroUsd: day, perMonthMicroUsd: month };
  }

  /** Tells a failure beside its field; `false` where it is about none of them. */
  refuse({ code, params }: Failure): boolean {
    const field = String(params["field"]?.value ?? "").replaceAll(/_([a-z])/gu, (_, letter: string) => letter.toUpperCase());
    const cap = caps.find((one) => fields[one] === field);
    if (code !== "input_invalid" || cap === undefined) return false;
    this.problems = { [cap]: t("spending.limits.bad") };
    return true;
  }
}
