/** What a person should know before ordering, in words. */
import { valuesOf } from "../../../failures/presentFailure";
import type { OrderNotice } from "../../../generated/types";
import { tLoose, type MessageKey } from "../../../messages/format";

export function noticeWords({ code, params }: OrderNotice, title: string): string {
  return tLoose(`order.notice.${code}` as MessageKey, { title, ...valuesOf(params) });
}
