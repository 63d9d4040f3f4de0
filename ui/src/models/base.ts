/** What a training started from, in words and in kind. Decides nothing about what a model can do beyond that. */
import type { ModelOrigin, RunSummary } from "../generated/types";
import { t } from "../messages/format";

/** A model has either an add-on that learns, or a shape that is chosen. */
export type ModelKind = "lab" | "add_on";

/** What was trained from nothing before is a model of the lab when it is trained on. */
export function kindOfModel(model: string, origin?: ModelOrigin): ModelKind {
  return origin === "lab" || model === "lab" || /^ft:lab\b/u.test(model) ? "lab" : "add_on";
}

/** The name of what it started from; the lab is called the same everywhere. */
export function baseWords({ base, baseTitle }: Pick<RunSummary, "base" | "baseTitle">): string {
  return base === "lab" ? t("models.lab") : baseTitle;
}

/** Only what was something before its training can be asked what it said before. */
export function hasBefore({ base }: Pick<RunSummary, "base">): boolean {
  return base !== "lab";
}
