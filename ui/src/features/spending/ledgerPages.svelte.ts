/** What was paid for, the newest first: as many windows of it as the person asked for. */
import type { Ledger, LedgerRow } from "../../generated/types";
import type { Host } from "../../host/host";

export const PAGE = 200;

export class LedgerPages {
  rows = $state.raw<LedgerRow[]>([]);
  total = $state(0);
  #host: Host;
  #renewals = 0;

  private constructor(host: Host, first: Ledger) {
    this.#host = host;
    this.rows = first.rows;
    this.total = first.total;
  }

  static async read(host: Host): Promise<LedgerPages> {
    return new LedgerPages(host, await host.call("ledger_read", { start: 0, count: PAGE }));
  }

  get hasMore(): boolean {
    return this.rows.length < this.total;
  }

  /** One window more. */
  async more(): Promise<void> {
    const shown = this.rows;
    const next = await this.#host.call("ledger_read", { start: shown.length, count: PAGE });
    if (this.rows !== shown) return;
    // Something was paid for meanwhile: every row stands further down than before.
    if (next.total !== this.total) return this.renew(shown.length + PAGE);
    this.rows = [...shown, ...next.rows];
  }

  /** Reads again what is shown, or the first `count` rows. */
  async renew(count: number = Math.max(PAGE, this.rows.length)): Promise<void> {
    this.#renewals += 1;
    const mine = this.#renewals;
    const rows: LedgerRow[] = [];
    let total = 0;
    do {
      const { rows: next, total: now } = await this.#host.call("ledger_read", { start: rows.length, count: PAGE });
      total = now;
      if (next.length === 0) break;
      rows.push(...next);
    } while (rows.length < Math.min(count, total));
    // Two may cross; the one that was begun last has read the most.
    if (mine !== this.#renewals) return;
    this.rows = rows;
    this.total = total;
  }
}
