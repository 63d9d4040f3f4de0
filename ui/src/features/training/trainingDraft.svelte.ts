/**
 * What a person is about to train: which model, which settings, and what the engine says to both. It asks again
 * after every change, drops late answers, and never trains anything itself.
 */
import { asFailure } from "../../failures/presentFailure";
import type { Failure, ModelFit, ModelShelf, ShelfModel, TrainPlan, TrainSettings } from "../../generated/types";
import type { Host } from "../../host/host";
import { kindOfModel, type ModelKind } from "../../models/base";
import {
  groupedHeads, groupsOf, keyValueHeads, readSetting, resolvedValue, windowRange,
  type AdaptedParts, type Attention, type Group, type SettingName,
} from "./expertSettings";

/** Typing rests this long before the engine is asked. */
const REST_MS = 300;
/** How far back a sliding window looks when nobody says. */
const USUAL_WINDOW = 128;
export const DIAL_MIDDLE = 2;

export class TrainingDraft {
  shelf = $state.raw<ModelShelf>({ models: [], suggested: "lab", freeMemoryBytes: null, freeDiskBytes: null });
  model = $state("");
  dial = $state<number | undefined>();
  typed = $state<Partial<Record<SettingName, string>>>({});
  parts = $state<AdaptedParts | undefined>();
  attention = $state<Attention>("full");
  plan = $state.raw<TrainPlan | undefined>();
  isAsking = $state(false);
  problem = $state.raw<Failure | undefined>();
  /** What two seconds of real work said; gone as soon as anything changes. */
  fit = $state.raw<ModelFit | undefined>();

  #host: Host;
  #project: number;
  #asked = 0;
  /** Counts what was chosen and typed; a plan that is asked for again changes nothing of it. */
  #drafted = 0;
  #rest: ReturnType<typeof setTimeout> | undefined;

  constructor(host: Host, project: number) {
    this.#host = host;
    this.#project = project;
  }

  readonly chosen: ShelfModel | undefined = $derived.by(() => this.shelf.models.find(({ model }) => model === this.model));
  readonly kind: ModelKind = $derived.by(() => kindOfModel(this.model, this.chosen?.origin));
  readonly groups: readonly Group[] = $derived.by(() => groupsOf(this.kind, this.chosen?.context));
  readonly isReady: boolean = $derived(this.chosen === undefined || this.chosen.readiness.kind === "ready");

  /** The settings that were typed and cannot be; the start waits for them. */
  readonly bad: ReadonlySet<SettingName> = $derived.by(() => new Set(this.#ranges().filter((of) => readSetting(of, this.typed[of.name] ?? "").kind === "bad").map(({ name }) => name)));
  readonly isChanged: boolean = $derived.by(
    () => this.attentionIsChosen || this.parts !== undefined || this.#ranges().some(({ name }) => (this.typed[name] ?? "").trim() !== ""),
  );
  /** Only what was changed is sent. */
  readonly settings: TrainSettings = $derived.by(() => this.#changed());

  get attentionIsChosen(): boolean {
    return this.kind === "lab" && this.attention !== "full";
  }

  get isGrouped(): boolean {
    return this.kind === "lab" && this.attention.startsWith("grouped");
  }

  get isSliding(): boolean {
    return this.kind === "lab" && this.attention.endsWith("sliding");
  }

  /** What the engine will use where nothing was typed. */
  automatic(key: string): number | undefined {
    if (key === "key_value_heads" && this.isGrouped) return groupedHeads(this.#heads());
    if (key === "window" && this.isSliding) return this.#usualWindow();
    return resolvedValue(this.plan?.resolved ?? [], key);
  }

  /** Takes what was read together with the rest of the page. */
  take(shelf: ModelShelf, plan: TrainPlan): void {
    this.shelf = shelf;
    const isThere = shelf.models.some(({ model }) => model === this.model);
    const isUntouched = this.model === "" || !isThere;
    if (isUntouched) this.model = shelf.models.some(({ model }) => model === plan.model) ? plan.model : shelf.suggested;
    if (plan.model === this.model && Object.keys(this.settings).length === 0) this.#answered(plan);
    else void this.ask();
  }

  /** A shelf that came as an answer to a press or by itself. */
  putShelf(shelf: ModelShelf): void {
    const before = this.chosen?.readiness.kind;
    this.shelf = shelf;
    if (!this.chosen) this.choose(shelf.suggested);
    else if (before !== this.chosen.readiness.kind) this.changed();
  }

  choose(model: string): void {
    if (model === this.model) return;
    this.model = model;
    this.plan = undefined;
    this.#outdated();
    void this.ask();
  }

  /** Something was typed or moved: what was measured does not count any more. */
  changed(): void {
    this.#outdated();
    this.isAsking = true;
    this.#rest = setTimeout(() => void this.ask(), REST_MS);
  }

  reset(): void {
    this.typed = {};
    this.parts = undefined;
    this.attention = "full";
    this.changed();
  }

  /** Asks the engine what the training would be. */
  async ask(): Promise<void> {
    clearTimeout(this.#rest);
    if (this.bad.size > 0 || !this.isReady) {
      this.isAsking = false;
      return;
    }
    this.#asked += 1;
    const mine = this.#asked;
    this.isAsking = true;
    try {
      const plan = await this.#host.call("train_plan", { project: this.#project, model: this.model, settings: this.settings });
      if (mine === this.#asked) this.#answered(plan);
    } catch (problem) {
      if (mine !== this.#asked) return;
      this.problem = asFailure(problem);
      this.isAsking = false;
    }
  }

  /** Two seconds of real steps; nothing of them is kept. */
  async measure(): Promise<void> {
    const mine = this.#drafted;
    const fit = await this.#host.call("model_measure", { project: this.#project, model: this.model, settings: this.settings });
    if (mine === this.#drafted) this.fit = fit;
  }

  /** Leaves nothing running behind. */
  stop(): void {
    clearTimeout(this.#rest);
  }

  #answered(plan: TrainPlan): void {
    this.plan = plan;
    this.problem = undefined;
    this.isAsking = false;
  }

  #outdated(): void {
    clearTimeout(this.#rest);
    this.#asked += 1;
    this.#drafted += 1;
    this.fit = undefined;
    this.problem = undefined;
  }

  #ranges() {
    const all = this.groups.flatMap(({ ranges }) => ranges);
    return [...all, ...(this.isGrouped ? [keyValueHeads] : []), ...(this.isSliding ? [windowRange] : [])];
  }

  #heads(): number {
    const typed = Number(this.typed.heads ?? "");
    return typed > 0 ? typed : (resolvedValue(this.plan?.resolved ?? [], "heads") ?? 1);
  }

  #usualWindow(): number {
    const context = Number(this.typed.context ?? "") || (resolvedValue(this.plan?.resolved ?? [], "context") ?? 4 * USUAL_WINDOW);
    return Math.max(1, Math.min(USUAL_WINDOW, Math.floor(context / 2)));
  }

  #changed(): TrainSettings {
    const settings: TrainSettings = {};
    if (this.kind === "add_on" && this.dial !== undefined) settings.dial = this.dial;
    if (this.kind === "add_on" && this.parts !== undefined) settings.adaptedParts = this.parts;
    if (this.isGrouped) settings.keyValueHeads = groupedHeads(this.#heads()) ?? 1;
    if (this.isSliding) settings.window = this.#usualWindow();
    for (const of of this.#ranges()) {
      const read = readSetting(of, this.typed[of.name] ?? "");
      if (read.kind === "value") settings[of.name] = read.value;
    }
    return settings;
  }
}
