/** How a model will be used, as far as the person can say, and what that would cost place by place. Orders nothing. */
import { Loading } from "../../failures/loading.svelte";
import type { Outlook, OutlookRequest, UntunedModel } from "../../generated/types";
import type { Host } from "../../host/host";

/** Typing rests this long before it is worked out. */
const REST_MS = 300;
const MOST_QUESTIONS = 10_000_000;
const MOST_WATTS = 100_000;
const MOST_TOLD = 1_000_000;
const TARIFF = /^\d{1,6}(?:\.\d{1,6})?$/u;

/** A whole number as people write it, `1,000` or `1 000` too; `NaN` where it is none. */
export function readWhole(text: string): number {
  const written = text.trim().replaceAll(/(\d)[\s.,’'](?=\d{3}(?!\d))/gu, "$1");
  return /^\d{1,9}$/u.test(written) ? Number(written) : Number.NaN;
}

export class OutlookDraft {
  questions = $state("100");
  cached = $state("0");
  isBatch = $state(false);
  /** What this computer draws and what a kilowatt-hour costs; both or nothing. */
  watts = $state("");
  tariff = $state("");
  /** The model that would be asked without training; Attune chooses as long as nobody did. */
  untuned = $state.raw<Pick<UntunedModel, "service" | "model"> | undefined>();
  /** How much it has to be told with every question; nothing typed leaves the guess to Attune. */
  told = $state("");
  /** Typing has not rested yet. */
  isResting = $state(false);
  readonly outlook: Loading<Outlook>;

  #project: number;
  #rest: ReturnType<typeof setTimeout> | undefined;

  constructor(host: Host, project: number) {
    this.#project = project;
    this.outlook = new Loading(() => host.call("outlook_read", this.#request));
  }

  readonly isQuestionsBad: boolean = $derived.by(() => !(readWhole(this.questions) >= 1 && readWhole(this.questions) <= MOST_QUESTIONS));
  readonly isCachedBad: boolean = $derived.by(() => !(readWhole(this.cached) <= 100));

  readonly isWattsBad: boolean = $derived.by(() => this.watts.trim() !== "" && !(readWhole(this.watts) >= 1 && readWhole(this.watts) <= MOST_WATTS));
  readonly isTariffBad: boolean = $derived.by(() => this.tariff.trim() !== "" && !TARIFF.test(this.#tariff));
  readonly isToldBad: boolean = $derived.by(() => this.told.trim() !== "" && !(readWhole(this.told) <= MOST_TOLD));
  readonly isBad: boolean = $derived.by(() => this.isQuestionsBad || this.isCachedBad || this.isWattsBad || this.isTariffBad || this.isToldBad);

  get #tariff(): string {
    return this.tariff.trim().replace(",", ".");
  }

  get isAsking(): boolean {
    return this.isResting || this.outlook.now.state === "loading";
  }

  get #request(): OutlookRequest {
    const { untuned } = this;
    const told = this.told.trim() === "" ? undefined : readWhole(this.told);
    const hasPower = this.watts.trim() !== "" && this.tariff.trim() !== "";
    return {
      project: this.#project,
      callsADay: readWhole(this.questions),
      cachedPercent: readWhole(this.cached),
      isBatch: this.isBatch,
      ...(untuned || told !== undefined ? { untuned: { ...untuned, ...(told === undefined ? {} : { toldTokens: told }) } } : {}),
      ...(hasPower ? { power: { watts: readWhole(this.watts), tariff: this.#tariff } } : {}),
    };
  }

  /** Something was typed: what was worked out does not count any more. */
  changed(): void {
    clearTimeout(this.#rest);
    this.isResting = !this.isBad;
    if (this.isResting) this.#rest = setTimeout(() => void this.ask(), REST_MS);
  }

  async ask(): Promise<void> {
    clearTimeout(this.#rest);
    this.isResting = false;
    if (!this.isBad) await this.outlook.load();
  }

  /** Leaves nothing running behind. */
  stop(): void {
    clearTimeout(this.#rest);
  }
}
