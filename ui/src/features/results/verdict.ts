/** The verdict of a test in one honest sentence: real, not proven, or worse. */
import type { TestReport } from "../../generated/types";
import { t } from "../../messages/format";

export function verdictWords(report: TestReport): string {
  const { right, total, verdict } = report;
  if (!verdict) return t("test.right", { right, total });
  if (!verdict.proven) return t("test.verdict.unproven", { right, total });
  return verdict.better > verdict.worse ? t("test.verdict.real", { right, total }) : t("test.verdict.worse", { right, total });
}
