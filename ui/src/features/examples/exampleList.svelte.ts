/** The list of examples: a view in the backend, of which only windows ever come here. Never holds the whole. */
import { Loading } from "../../failures/loading.svelte";
import type { ExampleRow, ExampleView, HistoryState } from "../../generated/types";
import type { Host } from "../../host/host";

/** Rows are asked for in blocks; some blocks around the one in sight are kept. */
const BLOCK = 100;
const KEPT_BLOCKS = 24;

export class ExampleList {
  readonly view: Loading<ExampleView>;
  search = $state("");
  isOnlyProblems = $state(false);
  /** Grows when rows came or changed. */
  version = $state(0);
  /** The rows of one window could not be read. */
  windowProblem = $state.raw<unknown>();

  /** What can be undone and redone; kept beside the view, because an emptied project has no view but can be refilled by undo. */
  history = $state.raw<HistoryState | undefined>();

  #host: Host;
  #project: number;
  #blocks = new Map<number, ExampleRow[]>();
  #stale = new Set<number>();
  #asked = new Map<number, Promise<void>>();
  #generation = 0;
  #shown = { start: 0, end: 0 };

  constructor(host: Host, project: number) {
    this.#host = host;
    this.#project = project;
    this.view = new Loading(async () => {
      const view = await host.call("example_view", {
        project: this.#project,
        search: this.search.trim() || null,
        onlyProblems: this.isOnlyProblems,
      });
      this.#renew();
      this.history = view.history;
      return view.projectTotal > 0 ? view : undefined;
    });
  }

  get total(): number {
    return this.view.value?.total ?? 0;
  }

  get isFiltered(): boolean {
    return this.search.trim() !== "" || this.isOnlyProblems;
  }

  async open(): Promise<void> {
    await this.view.load();
    this.show(this.#shown.start, this.#shown.end);
  }

  /** A row, once it is here. */
  row(index: number): ExampleRow | undefined {
    void this.version;
    return this.#blocks.get(Math.floor(index / BLOCK))?.[index % BLOCK];
  }

  /** The place of an example among the rows that are here. */
  placeOf(example: number): number | undefined {
    for (const [block, rows] of this.#blocks) {
      const at = rows.findIndex((row) => row.id === example);
      if (at >= 0) return block * BLOCK + at;
    }
    return undefined;
  }

  /** Asks for the rows in sight and those of one block around. */
  show(start: number, end: number): void {
    this.#shown = { start, end };
    const last = Math.min(end, this.total) - 1;
    if (last < start) return;
    for (let block = Math.floor(start / BLOCK); block <= Math.floor(last / BLOCK); block += 1) void this.#read(block);
  }

  /** Reads one window, wherever it is in sight or not. */
  async fetch(index: number): Promise<void> {
    if (index >= 0 && index < this.total) await this.#read(Math.floor(index / BLOCK));
  }

  /** One example changed: what is on screen stays until its block came again. */
  changed(index: number): void {
    const block = Math.floor(index / BLOCK);
    if (!this.#blocks.has(block)) return;
    this.#stale.add(block);
    void this.#read(block);
  }

  /** Counts and history after a change that did not alter which rows there are. */
  counted(change: { history: HistoryState; projectTotal: number; toLookAt: number }): void {
    this.history = change.history;
    this.view.amend((now) => ({ ...now, history: change.history, projectTotal: change.projectTotal, toLookAt: change.toLookAt }));
  }

  #renew(): void {
    this.#generation += 1;
    this.#asked.clear();
    this.#stale = new Set(this.#blocks.keys());
    // Not told yet: whoever heard of it now would ask for rows of the view before.
  }

  /** Reads a block unless it is here; whoever asks while it is on its way waits for the same answer. */
  #read(block: number): Promise<void> {
    const view = this.view.value?.view;
    const isFresh = this.#blocks.has(block) && !this.#stale.has(block);
    if (view === undefined || isFresh) return Promise.resolve();
    const reading = this.#asked.get(block) ?? this.#ask(view, block);
    this.#asked.set(block, reading);
    return reading;
  }

  async #ask(view: number, block: number): Promise<void> {
    const generation = this.#generation;
    try {
      const window = await this.#host.call("example_window", { view, start: block * BLOCK, count: BLOCK });
      if (generation !== this.#generation) return;
      this.#blocks.delete(block);
      this.#blocks.set(block, window.rows);
      this.#stale.delete(block);
      this.#forgetFar(block);
      this.windowProblem = undefined;
      this.version += 1;
    } catch (problem) {
      if (generation === this.#generation) this.windowProblem = problem;
    } finally {
      if (generation === this.#generation) this.#asked.delete(block);
    }
  }

  /** The blocks read longest ago go first; those in sight were read last. */
  #forgetFar(read: number): void {
    for (const block of this.#blocks.keys()) {
      if (this.#blocks.size <= KEPT_BLOCKS) return;
      if (Math.abs(block - read) > 2) this.#blocks.delete(block);
    }
  }
}
