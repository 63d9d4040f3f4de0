/** Made-up trainings and tests, for looking at the page. Never part of the build. */
import type { CurvePoint, RunDetail, RunState, TestReport } from "../generated/types";

function curve(steps: number): CurvePoint[] {
  return Array.from({ length: Math.floor(steps / 5) }, (_, index) => {
    const step = (index + 1) * 5;
    const fall = 3.6 * Math.exp(-step / 150) + 0.32;
    const trainLoss = fall + 0.12 * Math.sin(index * 2.3) * Math.exp(-step / 200);
    return { step, trainLoss, validateLoss: step % 30 === 0 ? fall * 1.06 + 0.14 : null };
  });
}

export function madeUpRun(state: RunState, project = 1): RunDetail {
  const step = state === "succeeded" ? 540 : state === "intent" ? 0 : 310;
  const isOver = ["succeeded", "failed", "cancelled"].includes(state);
  return {
    summary: {
      run: "01J", project, number: 3, state, createdAtMs: Date.now() - 240_000,
      finishedAtMs: isOver ? Date.now() - 60_000 : null,
      model: state === "succeeded" ? "ft:lab:attune:shop:1" : null,
      split: { train: 149, validate: 19, test: 18 },
      failure: state === "failed" ? { code: "engine_stopped", params: {}, detail: "exit status: 137" } : null,
    },
    progress: step === 0 ? null : {
      phase: state === "succeeded" ? "ready" : "learning", step, totalSteps: 540, round: state === "succeeded" ? 29 : 17, rounds: 29,
      left: state === "running" ? { low: 100, high: 170 } : null, tokensPerSecond: 5200, lastNewsMs: Date.now(),
    },
    curve: curve(step),
    health: step === 0 ? "too_early" : "learning_well",
    settings: [
      { name: "rounds", value: 29 }, { name: "layers", value: 4 }, { name: "width", value: 192 }, { name: "dropout", value: 0.15 },
    ],
  };
}

export function madeUpTest(phase: TestReport["phase"]): TestReport {
  const isFinished = phase === "finished";
  return {
    test: 1, run: "01J", phase, done: phase === "running" ? 7 : 18, total: 18, right: phase === "running" ? 6 : 16,
    macroF1: isFinished ? 0.88 : null,
    baseline: isFinished ? { answer: "delivery", right: 4 } : null,
    verdict: isFinished ? { better: 13, same: 4, worse: 1, intervalLow: 37.4, intervalHigh: 87.2, proven: true } : null,
    failure: null,
  };
}
