/** A made-up shelf of starting models and made-up plans, for looking at the page. Never part of the build. */
import type {
  ExportState, ModelFit, ModelShelf, ResolvedSetting, ShelfModel, SplitCounts, TrainPlan, TrainSettings,
} from "../generated/types";
import { failure } from "../host/fake";

const GIGABYTE = 1e9;
const HASH = "3f1c0a5b8d2e4f6071829304a5b6c7d8e9f00112233445566778899aabbccdde";
export const STARTER_BYTES = 98_362_432;

const lab: ShelfModel = {
  model: "lab", title: "Lab", origin: "lab", readiness: { kind: "ready" },
  parameters: null, bytes: null, licence: null, sha256: null, context: null, run: null,
};

function starter(asked: URLSearchParams): ShelfModel {
  const progress = (doneBytes: number, checking: boolean) => ({
    model: "starter", doneBytes, totalBytes: STARTER_BYTES, checking, left: checking ? null : { low: 30, high: 75 },
  });
  const states: Record<string, ShelfModel["readiness"]> = {
    ready: { kind: "ready" },
    missing: { kind: "not_fetched" },
    fetching: { kind: "fetching", progress: progress(41_200_000, false) },
    checking: { kind: "fetching", progress: progress(STARTER_BYTES, true) },
    partly: { kind: "partly_fetched", done_bytes: 41_200_000, failure: null },
    cut: { kind: "partly_fetched", done_bytes: 41_200_000, failure: failure("model_fetch_failed") },
    wrong: { kind: "unusable", failure: failure("model_hash_wrong") },
  };
  return {
    model: "starter", title: "SmolLM2 135M Instruct", origin: "starter", readiness: states[asked.get("starter") ?? "ready"] ?? { kind: "ready" },
    parameters: 134_515_008, bytes: STARTER_BYTES, licence: "Apache-2.0", sha256: HASH, context: 8_192, run: null,
  };
}

const own: ShelfModel[] = [
  {
    model: "own:llama-small", title: "llama-small", origin: "own", readiness: { kind: "ready" },
    parameters: 361_821_120, bytes: 723_674_912, licence: null, sha256: null, context: 2_048, run: null,
  },
  {
    model: "own:gone", title: "Schulungsmodellzwischenstandssicherung", origin: "own",
    readiness: { kind: "unusable", failure: failure("model_files_missing", { model: { kind: "text", value: "Schulungsmodellzwischenstandssicherung" } }) },
    parameters: 361_821_120, bytes: 723_674_912, licence: "MIT", sha256: null, context: 2_048, run: null,
  },
];

const trained: ShelfModel[] = [2, 1].map((number) => ({
  model: `ft:starter:attune:shop:${String(number)}`, title: `Training ${String(number)}`, origin: "trained", readiness: { kind: "ready" },
  parameters: 134_515_008, bytes: 9_800_000, licence: null, sha256: null, context: 2_048, run: `01${String(number)}`,
}));

/** `starter=missing` and the like choose its state; `shelf=full` adds one's own and earlier ones. */
export function madeUpShelf(asked: URLSearchParams): ModelShelf {
  const isFull = asked.get("shelf") === "full";
  const first = starter(asked);
  const models = [first, lab, ...(isFull ? own : []), ...(isFull || asked.has("run") ? trained : [])];
  const suggested = asked.get("model") ?? (first.readiness.kind === "ready" ? "starter" : "lab");
  return { models, suggested, freeMemoryBytes: 5.94 * GIGABYTE, freeDiskBytes: 40 * GIGABYTE };
}

function labPlan(settings: TrainSettings): Partial<TrainPlan> {
  const width = settings.width ?? 128;
  const layers = settings.layers ?? 2;
  const heads = settings.heads ?? 4;
  const hidden = settings.hidden ?? 352;
  const vocabulary = settings.vocabulary ?? 4_096;
  const context = settings.context ?? 512;
  const shared = settings.keyValueHeads ?? heads;
  const parameters = vocabulary * width + layers * (2 * width * width + (2 * width * width * shared) / heads + 3 * width * hidden + 2 * width);
  const isImpossible = width % (2 * heads) !== 0;
  return {
    parameters, learntParameters: parameters, memoryBytes: 60e6 + parameters * 18 + context * width * layers * 90,
    refusal: isImpossible
      ? failure("settings_impossible", { reason: { kind: "text", value: `a width of ${String(width)} cannot be cut into ${String(heads)} equal heads of an even width` } })
      : null,
    resolved: values({
      layers, width, heads, key_value_heads: shared, hidden, context, vocabulary, dropout: settings.dropout ?? 0.2,
      n_epochs: settings.rounds ?? 29, batch_size: settings.batchSize ?? 4, learning_rate_multiplier: 1, weight_decay: 0.1, patience: 0, seed: 42,
    }),
  };
}

function addOnPlan(settings: TrainSettings): Partial<TrainPlan> {
  const dial = settings.dial ?? 2;
  const rank = settings.rank ?? [32, 24, 16, 12, 8][dial] ?? 16;
  return {
    parameters: 134_515_008, learntParameters: rank * 305_280, memoryBytes: 1.24 * GIGABYTE + rank * 6e6,
    resolved: values({
      n_epochs: settings.rounds ?? [6, 5, 4, 3, 3][dial] ?? 4, dropout: settings.dropout ?? [0, 0.02, 0.05, 0.1, 0.2][dial] ?? 0.05,
      weight_decay: settings.weightDecay ?? [0, 0.005, 0.01, 0.03, 0.1][dial] ?? 0.01, rank, alpha: settings.alpha ?? rank * 2, adapted_layers: 30,
      batch_size: 16, learning_rate_multiplier: 1, patience: 3, seed: 42, context: 2_048,
    }),
  };
}

function values(named: Record<string, number>): ResolvedSetting[] {
  return Object.entries(named).map(([name, value]) => ({ name, value }));
}

export function madeUpPlan(asked: URLSearchParams, model: string, settings: TrainSettings, total: number): TrainPlan {
  const split: SplitCounts = { train: Math.round(total * 0.8), validate: Math.round(total * 0.1), test: Math.round(total * 0.1) };
  const few = failure("too_few_examples", { count: { kind: "count", value: total }, needed: { kind: "count", value: 10 } });
  const special = model === "lab" ? labPlan(settings) : addOnPlan(settings);
  return {
    model, split, resolved: [], learntParameters: null, parameters: null, memoryBytes: null, shortened: asked.has("long") ? 3 : 0, refusal: null,
    duration: asked.has("known") ? { low: 150, high: 240 } : null, ceilingMicroUsd: 0,
    ...special,
    ...(total < 10 ? { refusal: few } : {}),
    ...(asked.has("heavy") ? { memoryBytes: 9 * GIGABYTE, refusal: tooHeavy() } : {}),
  };
}

function tooHeavy() {
  return failure("not_enough_memory", { needed: { kind: "bytes", value: 9 * GIGABYTE }, free: { kind: "bytes", value: 5.94 * GIGABYTE } });
}

export function madeUpFit(model: string, isTooHeavy: boolean): ModelFit {
  return {
    model, tokensPerSecond: 612.4, duration: { low: 140, high: 200 }, memoryBytes: isTooHeavy ? 9 * GIGABYTE : 1.31 * GIGABYTE,
    freeMemoryBytes: 5.94 * GIGABYTE, refusal: isTooHeavy ? tooHeavy() : null,
  };
}

export function madeUpExport(phase: ExportState["phase"], run = "01J"): ExportState {
  const isDone = phase === "done";
  return {
    run, kind: "adapter", phase, fraction: isDone ? 1 : phase === "proving" ? 0.8 : 0.4, folder: "shop-replies-model",
    bytes: isDone ? 19_600_000 : 7_800_000, asked: isDone ? 5 : phase === "proving" ? 3 : 0, same: isDone ? 5 : phase === "proving" ? 3 : 0, rounded: 0,
    failure: phase === "failed" ? failure("export_not_proven") : null,
  };
}
