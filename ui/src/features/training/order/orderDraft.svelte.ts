/** What a person wants trained at a place far away: the model, the settings, and the quote for exactly that. */
import { asFailure } from "../../../failures/presentFailure";
import type { Failure, OrderQuote, OrderSettings, RunDetail, Saving, ServiceSummary } from "../../../generated/types";
import type { Host } from "../../../host/host";
import { readAmount } from "../../../money/amounts";
import { isInForce, savingKey, type DoneSaving } from "./savings";

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

/** What a person chose and typed, without what was answered to it. */
export interface OrderWish {
  model: string;
  typed: Partial<Record<NumberName, string>>;
  suffix: string;
  ceilingText: string;
  done: readonly DoneSaving[];
}

export class OrderDraft {
  model = $state("");
  typed = $state<Partial<Record<NumberName, string>>>({});
  suffix = $state("");
  /** The most that may be spent, as it was typed: only asked for where no price is known. */
  ceilingText = $state("");
  /** The amount typed once more, where it is much. */
  againText = $state("");
  /** Ways to spend less that were taken here and can be undone. */
  done = $state.raw<readonly DoneSaving[]>([]);
  quote = $state.raw<OrderQuote | undefined>();
  isAsking = $state(false);
  problem = $state.raw<Failure | undefined>();
  /** Why a tokenizer file was not taken, or not left, for a model. */
  fileRefusal = $state.raw<{ model: string; failure: Failure } | undefined>();

  readonly service: ServiceSummary;
  /** Of the ways to spend less: as the first quote had them, what saves most first; later ones at the end. */
  #order = $state.raw<readonly string[]>([]);
  #host: Host;
  #project: number;
  #asked = 0;
  #rest: ReturnType<typeof setTimeout> | undefined;

  constructor(host: Host, project: number, service: ServiceSummary, wish?: OrderWish) {
    this.#host = host;
    this.#project = project;
    this.service = service;
    const usual = cheapest(service) ?? service.check?.tunable[0]?.model ?? "";
    this.model = wish && this.#hasModel(wish.model) ? wish.model : usual;
    if (!wish) return;
    this.typed = { ...wish.typed };
    this.suffix = wish.suffix;
    this.ceilingText = wish.ceilingText;
    this.done = wish.done;
  }

  /** For coming back to it later. */
  get wish(): OrderWish {
    return { model: this.model, typed: { ...this.typed }, suffix: this.suffix, ceilingText: this.ceilingText, done: this.done };
  }

  readonly bad: ReadonlySet<NumberName> = $derived.by(() => {
    const names = Object.keys(numbers) as NumberName[];
    return new Set(names.filter((name) => readNumber(name, this.typed[name] ?? "") === "bad"));
  });
  readonly isChanged: boolean = $derived(this.suffix.trim() !== "" || Object.values(this.typed).some((text) => text.trim() !== ""));
  /** Nobody knows a price, or the examples cannot be counted, so the person says what is too much. */
  readonly needsCeiling: boolean = $derived.by(() => {
    const quote = this.quote;
    // What was typed can be corrected, also where it is more than a limit allows.
    if (this.ceilingText.trim() !== "") return quote !== undefined;
    return quote !== undefined && quote.refusal === null && quote.ceilingMicroUsd === null;
  });
  readonly ceiling: number | "bad" | undefined = $derived(readAmount(this.ceilingText));
  readonly isAgainRight: boolean = $derived.by(() => {
    const quote = this.quote;
    return !quote?.mustTypeAmount || readAmount(this.againText) === quote.ceilingMicroUsd;
  });

  /** Ways to spend less: those that were taken and still hold, and those that are left. None moves while it is looked at. */
  readonly savings: readonly { key: string; saving: Saving; isDone: boolean }[] = $derived.by(() => {
    const holding = this.done.filter((done) => isInForce(done, this.typed.rounds, this.model)).map(({ saving }) => saving);
    const shown = new Map<string, { key: string; saving: Saving; isDone: boolean }>();
    for (const saving of [...holding, ...(this.quote?.savings ?? [])]) {
      const key = savingKey(saving);
      if (!shown.has(key)) shown.set(key, { key, saving, isDone: holding.includes(saving) });
    }
    return [...shown.values()].toSorted((one, other) => this.#order.indexOf(one.key) - this.#order.indexOf(other.key));
  });

  /** Whether this page can do it; the other ways are told in words. */
  canDo({ way }: Saving): boolean {
    return way.kind === "fewer_rounds" || (way.kind === "smaller_model" && this.#hasModel(way.model));
  }

  do(saving: Saving): void {
    const { way } = saving;
    const others = this.done.filter((done) => savingKey(done.saving) !== savingKey(saving));
    if (way.kind === "fewer_rounds") {
      this.done = [...others, { saving, before: this.typed.rounds ?? "" }];
      this.typed.rounds = String(way.to);
      void this.ask();
    } else if (way.kind === "smaller_model") {
      this.done = [...others, { saving, before: this.model }];
      this.choose(way.model);
    }
  }

  undo(saving: Saving): void {
    const found = this.done.find((done) => done.saving === saving);
    if (!found) return;
    this.done = this.done.filter((done) => done !== found);
    if (saving.way.kind === "fewer_rounds") this.typed.rounds = found.before;
    else this.model = found.before;
    void this.ask();
  }

  /** A place without a list takes any name. */
  #hasModel(model: string): boolean {
    const tunable = this.service.check?.tunable ?? [];
    return tunable.length === 0 || tunable.some((one) => one.model === model);
  }

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
      this.#order = [...new Set([...this.#order, ...quote.savings.map(savingKey)])];
      this.problem = undefined;
    } catch (thrown) {
      if (mine !== this.#asked) return;
      this.quote = undefined;
      this.problem = asFailure(thrown);
    }
    this.isAsking = false;
  }

  /** Lets the person choose the file by which the text of a model is counted; gives its name, where one was taken. */
  async chooseTokenizer(model: string): Promise<string | undefined> {
    this.fileRefusal = undefined;
    try {
      const { file } = await this.#host.call("tokenizer_choose", { service: this.service.service, model });
      if (file === null) return undefined;
      await this.ask();
      return file;
    } catch (thrown) {
      this.#refuseFile(model, thrown);
      return undefined;
    }
  }

  /** Brings the file back that was forgotten last; whether that came about. */
  async restoreTokenizer(model: string): Promise<boolean> {
    this.fileRefusal = undefined;
    try {
      const { file } = await this.#host.call("tokenizer_restore", { service: this.service.service, model });
      await this.ask();
      return file !== null;
    } catch (thrown) {
      this.#refuseFile(model, thrown);
      return false;
    }
  }

  /** Counts the text of a model without its file again; whether that came about. */
  async forgetTokenizer(model: string): Promise<boolean> {
    this.fileRefusal = undefined;
    try {
      await this.#host.call("tokenizer_forget", { service: this.service.service, model });
      await this.ask();
      return true;
    } catch (thrown) {
      this.#refuseFile(model, thrown);
      return false;
    }
  }

  /** Without a quote there is no notice to say it beside, so it is said where the price would stand. */
  #refuseFile(model: string, thrown: unknown): void {
    const failure = asFailure(thrown);
    this.fileRefusal = { model, failure };
    if (!this.quote) this.problem = failure;
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
