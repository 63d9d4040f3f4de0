/** The project in the frame: what the rail shows of it, kept up to date by whatever changes it. */
import { Loading } from "../failures/loading.svelte";
import { OrderMemory } from "../features/training/order/orderMemory";
import type { ProjectOverview, RunState } from "../generated/types";
import type { Host } from "../host/host";

export class OpenProject {
  readonly id: number;
  readonly overview: Loading<ProjectOverview>;
  /** What the person was about to order while they looked at something else. */
  readonly order = new OrderMemory();
  /** How often a file was brought in: what is shown of the examples is drawn anew then. */
  fillings = $state(0);

  constructor(host: Host, id: number) {
    this.id = id;
    this.overview = new Loading(() => host.call("project_overview", { project: id }));
  }

  /** After a file was brought in. */
  filled(): void {
    this.fillings += 1;
    void this.overview.load();
  }

  /** After a change of the examples. */
  counted(counts: { projectTotal: number; toLookAt: number }): void {
    this.overview.amend((now) => ({ ...now, summary: { ...now.summary, examples: counts.projectTotal }, toLookAt: counts.toLookAt }));
  }

  renamed(name: string): void {
    this.overview.amend((now) => ({ ...now, summary: { ...now.summary, name } }));
  }

  ran(state: RunState): void {
    this.overview.amend((now) => ({ ...now, latestRun: state, hasModel: now.hasModel || state === "succeeded" }));
  }

  tested(): void {
    this.overview.amend((now) => ({ ...now, hasTest: true }));
  }
}
