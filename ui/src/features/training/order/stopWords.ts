/** The words for what stopping a training would cost. */
import { formatMicroUsd } from "../../../design/numbers";
import type { RunDetail } from "../../../generated/types";
import { t } from "../../../messages/format";

/** What stopping a training at a place far away would cost, as far as anybody can tell. */
export function stopWords(run: RunDetail, title: string): string {
  const stopped = run.cost?.ifStopped;
  if (!stopped) return t("order.stop.words", { title });
  if (!stopped.billsDone) return t("order.stopped.unknown", { title, most: formatMicroUsd(stopped.mostMicroUsd) });
  return t("order.stopped", { least: formatMicroUsd(stopped.leastMicroUsd), most: formatMicroUsd(stopped.mostMicroUsd) });
}
