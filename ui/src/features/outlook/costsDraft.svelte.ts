/**
 * What a project has cost so far, and whether the person's own time is counted. What is switched is stored at once; what an
 * hour is worth is stored once typing rests or the field is left.
 */
import { Loading } from "../../failures/loading.svelte";
import { asFailure } from "../../failures/presentFailure";
import type { Failure, ProjectCosts } from "../../generated/types";
import type { Host } from "../../host/host";
import { priceToType, readPrice } from "../../money/amounts";
import type { Saving } from "../../saving/saving.svelte";

/** Typing rests this long before it is stored. */
const REST_MS = 800;
const MICROS = 1_000_000;
/** As much as the program takes for an hour. */
const MOST_MICRO_USD = 10_000 * MICROS;

/** What an hour is worth in millionths of a dollar; nothing typed is no amount, and nothing at all (`0`) cannot be one. */
export function readHourly(text: string): number | "bad" | undefined {
  const price = readPrice(text);
  if (price === undefined || price === "bad") return price;
  const [whole = "", rest = ""] = price.split(".");
  const micros = Number(whole) * MICROS + Number(rest.padEnd(6, "0"));
  return micros > 0 && micros <= MOST_MICRO_USD ? micros : "bad";
}

/** What is wished for, whether it is stored yet or not. */
interface Wish {
  isCounted: boolean;
  hourly: number | undefined;
}

function wishOf({ isCounted, hourlyMicroUsd }: ProjectCosts): Wish {
  return { isCounted, hourly: hourlyMicroUsd ?? undefined };
}

export class CostsDraft {
  readonly costs: Loading<ProjectCosts>;
  /** What an hour is worth, as typed. */
  hourly = $state("");
  isHourlyBad = $state(false);
  /** Why the last change was not stored. */
  problem = $state.raw<Failure | undefined>();

  #host: Host;
  #project: number;
  #saving: Saving;
  #owner = Symbol("hourly");
  #wish: Wish = { isCounted: false, hourly: undefined };
  #rest: ReturnType<typeof setTimeout> | undefined;
  #sending: Promise<void> = Promise.resolve();

  constructor(host: Host, project: number, saving: Saving) {
    this.#host = host;
    this.#project = project;
    this.#saving = saving;
    this.costs = new Loading(async () => {
      const costs = await host.call("costs_read", { project });
      this.#wish = wishOf(costs);
      this.hourly = costs.hourlyMicroUsd === null ? "" : priceToType(costs.hourlyMicroUsd);
      return costs;
    });
  }

  /** Begins or stops counting. */
  count(isCounted: boolean): Promise<void> {
    return this.#change({ isCounted });
  }

  /** Something was typed: what was wrong with it before does not count any more. */
  typed(): void {
    clearTimeout(this.#rest);
    this.isHourlyBad = false;
    this.#saving.pending(this.#owner);
    this.#rest = setTimeout(() => void this.save(), REST_MS);
  }

  /** Stores what is typed, if it can be the worth of an hour and is another than before. */
  async save(): Promise<void> {
    clearTimeout(this.#rest);
    const hourly = readHourly(this.hourly);
    this.isHourlyBad = hourly === "bad";
    // What cannot be stored stands beside its problem; it is not on its way.
    const isSent = hourly !== "bad" && hourly !== this.#wish.hourly;
    const sent = isSent ? this.#change({ hourly }) : undefined;
    // On its way, which counts as not saved by itself.
    this.#saving.done(this.#owner);
    await sent;
  }

  /** Forgets the time of this project; what goes wrong is thrown. */
  async forget(): Promise<void> {
    this.costs.take(await this.#saving.during(this.#host.call("work_forget", { project: this.#project })));
  }

  /** Leaves nothing behind that was typed and not stored. */
  stop(): void {
    void this.save();
  }

  /** One after the other, each with all that is wished for by then, so that no older wish comes last. */
  #change(change: Partial<Wish>): Promise<void> {
    this.#wish = { ...this.#wish, ...change };
    this.#sending = this.#sending.then(() => this.#send());
    return this.#sending;
  }

  async #send(): Promise<void> {
    const wish = this.#wish;
    const { isCounted, hourly } = wish;
    const request = { project: this.#project, isCounted, hourly: hourly === undefined ? null : priceToType(hourly) };
    this.problem = undefined;
    try {
      this.costs.take(await this.#saving.during(this.#host.call("work_set", request)));
    } catch (thrown) {
      // Whoever wishes for something else by now has that sent next.
      if (this.#wish === wish) this.#refused(asFailure(thrown));
    }
  }

  /** What is stored holds on, and what was typed stays in its field. */
  #refused(failure: Failure): void {
    if (this.costs.value) this.#wish = wishOf(this.costs.value);
    if (failure.code === "input_invalid" && failure.params["field"]?.value === "hourly") this.isHourlyBad = true;
    else this.problem = failure;
  }
}
