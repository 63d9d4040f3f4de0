/** What is known of a place, in words: its key, and what the key was found to be worth. */
import { IconCare, IconGood, IconProblem } from "../../design/icons";
import type { IconComponent, Tone } from "../../design/vocabulary";
import type { KeyCheck, KeyVerdict, ServiceSummary } from "../../generated/types";
import { t, tLoose, type MessageKey } from "../../messages/format";

/** Where the key is and what it ends in; may hold links to the glossary. */
export function keyWords({ key }: ServiceSummary): string {
  if (!key) return t("services.key.none");
  // Of a very short key nothing is told.
  const named = key.lastFour ? t("services.key.named", { four: key.lastFour }) : t("services.key.unnamed");
  if (key.isAtHand) return t(`services.key.${key.place}`, { key: named });
  return key.place === "session" ? t("services.key.gone") : t("services.key.closed", { key: named });
}

/** Whether the key can be used without the person doing anything first. */
export function hasKeyAtHand({ key }: ServiceSummary): boolean {
  return key?.isAtHand === true;
}

/** Which account pays at a place, where a person named one. */
export function accountWords({ options: { organization, project } }: ServiceSummary): string {
  const parts: string[] = [];
  if (organization) parts.push(t("services.account.organization", { name: organization }));
  if (project) parts.push(t("services.account.project", { name: project }));
  return parts.join(" · ");
}

const tones: Record<KeyVerdict, Tone> = {
  works: "good",
  works_unknown_models: "good",
  nothing_to_train: "care",
  no_credit: "care",
  not_now: "care",
  not_tried: "care",
  refused: "bad",
};
const icons: Partial<Record<Tone, IconComponent>> = { good: IconGood, bad: IconProblem };

export interface ShownVerdict {
  tone: Tone;
  icon: IconComponent;
  words: string;
}

/** What the key is worth, in one sentence. */
export function verdictOf(check: KeyCheck | null, title: string): ShownVerdict {
  const tone = check ? tones[check.verdict] : "care";
  const key: MessageKey = `services.verdict.${check?.verdict ?? "none"}`;
  return { tone, icon: icons[tone] ?? IconCare, words: tLoose(key, { title, n: check?.tunable.length ?? 0 }) };
}

/** The place's own words about it, for the folded details. */
export function saidBy(check: KeyCheck | null): string | undefined {
  const failure = check?.failure;
  const reason = failure?.params["reason"];
  return failure?.detail ?? (reason?.kind === "text" && reason.value ? reason.value : undefined);
}
