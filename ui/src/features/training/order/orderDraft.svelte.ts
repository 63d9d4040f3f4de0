/** What a person wants trained at a place far away: the model, the settings, and the quote for exactly that. */
import { asFailure } from "../../../failures/presentFailure";
import type { Failure, OrderQuote, OrderSettings, RunDetail, ServiceSummary } from "../../../generated/types";
import type { Host } from "../../../host/host";
import { readAmount } from "./amounts";

/** Typing rests this long before a quote is asked for. */
const REST_MS = 300;

export const numbers = {
  rounds: { low: 1, high: 50, isWhole: true },
  batchSize: { low: 1, high: 256, isWhole: true },
  learningRateMultiplier: { low: 0.001, high: 100, isWhole: false },
  seed: { low: 0, high: 2 ** 31 - 1, isWhole: true },
} as const;
export type NumberName = keyof typeof numbers;

/** What was typed as one of the numbers; nothing typed is chosen by the place. */
export function readNumber(name: NumberName, text: string): number | "bad" | undefined {
  const written = text.trim().replace(",", ".");
  if (written === "") return undefined;
  const value = Number(written);
  const { low, high, isWhole } = numbers[name];
  return Number.isFinite(value) && value >= low && value <= high && (!isWhole || Number.isInteger(value)) ? value : "bad";
}

/** What is chosen first costs least. */
function cheapest({ prices }: ServiceSummary): string | undefined {
  return prices.toSorted((one, other) => one.perMillionMicroUsd - other.perMillionMicroUsd)[0]?.model;
}

export class OrderDraft {
  model = $state("");
  typed = $state<Partial<Record<NumberName, string>>>({});
  suffix = $state("");
  /** The most that may be spent, as it was typed: only asked for where no price is known. */
  ceilingText = $state("");
  /** The amount typed once more, where it is much. */
  againText = $state("");
  quote = $state.raw<OrderQuote | undefined>();
  isAsking = $state(false);
  problem = $state.raw<Failure | undefined>();

  readonly service: ServiceSummary;
  #host: Host;
  #project: number;
  #asked = 0;
  #rest: ReturnType<typeof setTimeout> | undefined;

  constructor(host: Host, project: number, service: ServiceSummary) {
    this.#host = host;
    this.#project = project;
    this.service = service;
    this.model = cheapest(service) ?? service.check?.tunable[0]?.model ?? "";
  }

  readonly bad: ReadonlySet<NumberName> = $derived.by(() => {
    const names = Object.keys(numbers) as NumberName[];
    return new Set(names.filter((name) => readNumber(name, this.typed[name] ?? "") === "bad"));
  });
  readonly isChanged: boolean = $derived(this.suffix.trim() !== "" || Object.values(this.typed).some((text) => text.trim() !== ""));
  /** Nobody knows a price, or the examples cannot be counted, so the person says what is too much. */
  readonly needsCeiling: boolean = $derived.by(() => {
    const quote = this.quote;
    return quote !== undefined && quote.refusal === null && (quote.ceilingMicroUsd === null || this.ceilingText.trim() !== "");
  });
  readonly ceiling: number | "bad" | undefined = $derived(readAmount(this.ceilingText));
  readonly isAgainRight: boolean = $derived.by(() => {
    const quote = this.quote;
    return !quote?.mustTypeAmount || readAmount(this.againText) === quote.ceilingMicroUsd;
  });

  get settings(): OrderSettings {
    const settings: OrderSettings = {};
    for (const name of Object.keys(numbers) as NumberName[]) {
      const value = readNumber(name, this.typed[name] ?? "");
      if (typeof value === "number") settings[name] = value;
    }
    if (this.suffix.trim() !== "") settings.suffix = this.suffix.trim();
    return settings;
  }

  choose(model: string): void {
    this.model = model;
    void this.ask();
  }

  /** Something was typed: what was quoted does not count any more. */
  changed(): void {
    clearTimeout(this.#rest);
    this.#asked += 1;
    this.isAsking = true;
    this.#rest = setTimeout(() => void this.ask(), REST_MS);
  }

  /** Asks what it would be and cost; nothing leaves the computer. */
  async ask(): Promise<void> {
    clearTimeout(this.#rest);
    this.#asked += 1;
    const mine = this.#asked;
    if (this.model.trim() === "" || this.bad.size > 0 || this.ceiling === "bad") {
      this.isAsking = false;
      return;
    }
    this.isAsking = true;
    const typedCeilingMicroUsd = this.ceiling;
    try {
      const quote = await this.#host.call("order_quote", {
        project: this.#project,
        service: this.service.service,
        model: this.model.trim(),
        settings: this.settings,
        ...(typedCeilingMicroUsd === undefined ? {} : { typedCeilingMicroUsd }),
      });
      if (mine !== this.#asked) return;
      this.quote = quote;
      this.problem = undefined;
    } catch (thrown) {
      if (mine !== this.#asked) return;
      this.quote = undefined;
      this.problem = asFailure(thrown);
    }
    this.isAsking = false;
  }

  /** Orders what was quoted. A quote is good for one order, so whatever comes of it, the next press has a new one. */
  async place(): Promise<RunDetail | undefined> {
    const { token, ceilingMicroUsd, mustTypeAmount } = this.quote ?? {};
    if (!token || ceilingMicroUsd == null) return undefined;
    try {
      return await this.#host.call("order_place", {
        token,
        ceilingMicroUsd,
        ...(mustTypeAmount ? { typedMicroUsd: ceilingMicroUsd } : {}),
      });
    } catch (thrown) {
      const failure = asFailure(thrown);
      this.againText = "";
      await this.ask();
      this.problem = failure;
      return undefined;
    }
  }

  /** Leaves nothing running behind. */
  stop(): void {
    clearTimeout(this.#rest);
    this.#asked += 1;
  }
}
