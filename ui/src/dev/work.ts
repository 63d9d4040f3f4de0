/** Made-up costs of a project and the time somebody worked on it, for looking at the page. Never part of the build. */
import type { ProjectCosts } from "../generated/types";
import type { FakeHost } from "../host/fake";

type Answers = Parameters<FakeHost["answer"]>[0];
type Slowly = <Value>(value: () => Value) => Promise<Value>;

const DOLLAR = 1_000_000;
const HOUR_SECONDS = 3_600;

/**
 * `work=on` counts (at US$30 an hour, 3 h 20 min so far), `work=unpriced` counts without a price, `work=none` counts and has
 * nothing yet; `costs=none` was never paid for, `costs=open` has a bill that is not there yet.
 */
export function madeUpWork(asked: URLSearchParams, slowly: Slowly, changed: (isCounted: boolean) => void): Answers {
  const work = asked.get("work");
  let isCounted = work !== null;
  let hourly = work === "on" ? 30 * DOLLAR : null;
  let seconds = work === "on" || work === "unpriced" ? 12_000 : 0;
  const isFree = asked.get("costs") === "none";
  const paid = isFree ? { training: 0, use: 0 } : { training: 918_060, use: 12_512 };

  function costs(): ProjectCosts {
    const worth = hourly === null ? null : Math.ceil((seconds * hourly) / HOUR_SECONDS);
    return {
      isCounted, hourlyMicroUsd: hourly, workedSeconds: seconds, workMicroUsd: worth,
      trainings: isFree ? 0 : 1, trainingMicroUsd: paid.training, uses: isFree ? 0 : 2, useMicroUsd: paid.use,
      openActions: asked.get("costs") === "open" ? 1 : 0, totalMicroUsd: paid.training + paid.use + (worth ?? 0),
    };
  }

  return {
    costs_read: () => slowly(costs),
    work_set: (wanted) => {
      isCounted = wanted.isCounted;
      hourly = wanted.hourly == null ? null : Math.round(Number(wanted.hourly) * DOLLAR);
      changed(isCounted);
      return costs();
    },
    work_add: (more) => {
      if (isCounted) seconds += more.seconds;
      return {};
    },
    work_forget: () => {
      seconds = 0;
      return costs();
    },
  };
}
