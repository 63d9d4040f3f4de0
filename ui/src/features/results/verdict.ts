/** The verdict of a test in one honest sentence: real, not proven, or worse. */
import type { TestReport } from "../../generated/types";
import { t } from "../../messages/format";

export function verdictWords(report: TestReport): string {
  const { right, total, verdict, beforeRight } = report;
  if (!verdict) return t("test.right", { right, total });
  if (beforeRight !== null) {
    const counts = { right, total, before: beforeRight };
    if (!verdict.proven) return t("test.verdict.before.unproven", counts);
    return verdict.better > verdict.worse ? t("test.verdict.before.real", counts) : t("test.verdict.before.worse", counts);
  }
  if (!verdict.proven) return t("test.verdict.unproven", { right, total });
  return verdict.better > verdict.worse ? t("test.verdict.real", { right, total }) : t("test.verdict.worse", { right, total });
}
