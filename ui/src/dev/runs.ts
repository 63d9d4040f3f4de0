/** Made-up trainings and tests, for looking at the page. Never part of the build. */
import type { CurvePoint, RunDetail, RunState, RunSummary, TestReport } from "../generated/types";

function curve(steps: number): CurvePoint[] {
  return Array.from({ length: Math.floor(steps / 5) }, (_, index) => {
    const step = (index + 1) * 5;
    const fall = 3.6 * Math.exp(-step / 150) + 0.32;
    const trainLoss = fall + 0.12 * Math.sin(index * 2.3) * Math.exp(-step / 200);
    return { step, trainLoss, validateLoss: step % 30 === 0 ? fall * 1.06 + 0.14 : null };
  });
}

/** Which model a made-up training starts from: the starter, the lab, or an earlier training. */
export type MadeUpBase = "starter" | "lab" | "trained";

function summary(number: number, state: RunState, base: MadeUpBase, project: number): RunSummary {
  const isOver = ["succeeded", "failed", "cancelled"].includes(state);
  const titles: Record<MadeUpBase, string> = { starter: "SmolLM2 135M Instruct", lab: "Learn from nothing", trained: `Training ${String(number - 1)}` };
  return {
    run: number === 3 ? "01J" : `01${String(number)}`, project, number, state, createdAtMs: Date.now() - 240_000 * (4 - number),
    finishedAtMs: isOver ? Date.now() - 60_000 : null, changedAtMs: Date.now(),
    base: base === "trained" ? `ft:starter:attune:shop:${String(number - 1)}` : base, baseTitle: titles[base],
    parent: base === "trained" ? `01${String(number - 1)}` : null,
    service: "this-computer", serviceTitle: null,
    model: state === "succeeded" ? `ft:${base === "lab" ? "lab" : "starter"}:attune:shop:${String(number)}` : null,
    split: { train: 149, validate: 19, test: 18 },
    failure: state === "failed" ? { code: "engine_stopped", params: {}, detail: "exit status: 137" } : null,
  };
}

export function madeUpRun(state: RunState, project = 1, base: MadeUpBase = "starter", number = 3): RunDetail {
  const step = state === "succeeded" ? 480 : state === "intent" ? 0 : 310;
  const now = summary(number, state, base, project);
  const before = [summary(1, "succeeded", "starter", project), summary(2, "succeeded", "trained", project)].slice(0, number - 1);
  return {
    summary: now,
    family: base === "trained" ? [...before, now] : [now],
    cost: null, upload: null, canPause: true, isLookedFor: false,
    promisedMemoryBytes: 1.31e9, peakMemoryBytes: step === 0 ? null : 1.26e9,
    stoppedEarly: state === "succeeded", bestStep: state === "succeeded" ? 390 : null,
    progress: step === 0 ? null : {
      phase: state === "succeeded" ? "ready" : "learning", step, totalSteps: 540, round: state === "succeeded" ? 29 : 17, rounds: 29,
      left: state === "running" ? { low: 100, high: 170 } : null, tokensPerSecond: 5200, lastNewsMs: Date.now(),
    },
    curve: curve(step),
    health: step === 0 ? "too_early" : "learning_well",
    settings: [
      { name: "n_epochs", value: 29 }, { name: "rank", value: 16 }, { name: "alpha", value: 32 }, { name: "dropout", value: 0.05 },
    ],
  };
}

export function madeUpTest(phase: TestReport["phase"], hasBefore = true): TestReport {
  const isFinished = phase === "finished";
  return {
    test: 1, run: "01J", phase, done: phase === "running" ? 7 : 18, total: 18, right: phase === "running" ? 6 : 16,
    beforeRight: hasBefore ? (phase === "running" ? 0 : 1) : null,
    macroF1: isFinished ? 0.88 : null,
    baseline: isFinished ? { answer: "delivery", right: 4 } : null,
    verdict: isFinished ? { better: 13, same: 4, worse: 1, intervalLow: 37.4, intervalHigh: 87.2, proven: true } : null,
    failure: null, costMicroUsd: null,
  };
}
