/** What a project has cost so far, in words: three parts side by side. Amounts come from the program and are only shown here. */
import { formatFineUsd } from "../../design/numbers";
import type { ProjectCosts } from "../../generated/types";
import { t } from "../../messages/format";

export interface CostPart {
  name: string;
  /** The amount, or what stands in its place. */
  amount: string;
  /** What it is the amount of. */
  more: string;
}

/** Time that was worked, down to the minute: `3 h 20 min`. */
export function workedWords(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  if (minutes === 0) return t("span.under_minute");
  if (minutes < 60) return t("span.minutes", { n: minutes });
  const hours = Math.floor(minutes / 60);
  return minutes % 60 === 0 ? t("costs.time.hours", { hours }) : t("costs.time.hours_minutes", { hours, minutes: minutes % 60 });
}

/** Whether time was worked that has no amount, so that the sum lacks it. */
export function isTimeUnpriced({ workedSeconds, workMicroUsd }: ProjectCosts): boolean {
  return workedSeconds > 0 && workMicroUsd === null;
}

function timePart({ isCounted, hourlyMicroUsd, workedSeconds, workMicroUsd }: ProjectCosts): CostPart {
  const name = t("costs.time");
  if (workedSeconds === 0) return { name, amount: t("costs.none"), more: t(isCounted ? "costs.time.on" : "costs.time.off") };
  const time = workedWords(workedSeconds);
  if (workMicroUsd === null || hourlyMicroUsd === null) return { name, amount: time, more: t("costs.time.unpriced") };
  return { name, amount: formatFineUsd(workMicroUsd), more: t("costs.time.at", { time, amount: formatFineUsd(hourlyMicroUsd) }) };
}

/** Something that was paid for so many times; never is no amount of nothing. */
function paidPart(name: string, times: number, microUsd: number, more: string): CostPart {
  return times === 0 ? { name, amount: t("costs.none"), more: t("costs.free") } : { name, amount: formatFineUsd(microUsd), more };
}

/** The person's own time, the trainings, and using what they made. */
export function partsOf(costs: ProjectCosts): CostPart[] {
  return [
    timePart(costs),
    paidPart(t("costs.training"), costs.trainings, costs.trainingMicroUsd, t("costs.trainings", { n: costs.trainings })),
    paidPart(t("costs.use"), costs.uses, costs.useMicroUsd, t("costs.uses", { n: costs.uses })),
  ];
}
