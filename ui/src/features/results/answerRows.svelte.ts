/** The answers of a test: windows of them, as they come into sight. Never holds the whole. */
import type { TestRow } from "../../generated/types";
import type { Host } from "../../host/host";

const BLOCK = 100;
const KEPT_BLOCKS = 24;

export class AnswerRows {
  total = $state(0);
  version = $state(0);
  isOnlyWrong = $state(false);
  problem = $state.raw<unknown>();
  /** Whether the first window came. */
  isRead = $state(false);

  #host: Host;
  #test: number;
  #blocks = new Map<number, TestRow[]>();
  #asked = new Set<number>();
  #shown = { start: 0, end: 1 };
  #generation = 0;

  constructor(host: Host, test: number) {
    this.#host = host;
    this.#test = test;
  }

  row(index: number): TestRow | undefined {
    void this.version;
    return this.#blocks.get(Math.floor(index / BLOCK))?.[index % BLOCK];
  }

  show(start: number, end: number): void {
    this.#shown = { start, end };
    const last = Math.max(start, Math.min(end, this.total || 1) - 1);
    for (let block = Math.floor(start / BLOCK); block <= Math.floor(last / BLOCK); block += 1) void this.#read(block);
  }

  /** More answers came, or another filter: what is in sight is read again. */
  renew(): void {
    this.#generation += 1;
    this.#asked.clear();
    const before = this.#blocks;
    this.#blocks = new Map();
    this.show(this.#shown.start, this.#shown.end);
    // What was on screen stays until it is replaced, so that nothing flickers.
    for (const [block, rows] of before) if (!this.#blocks.has(block)) this.#blocks.set(block, rows);
  }

  filter(isOnlyWrong: boolean): void {
    this.isOnlyWrong = isOnlyWrong;
    this.#blocks.clear();
    this.#shown = { start: 0, end: 1 };
    this.renew();
  }

  async #read(block: number): Promise<void> {
    if (this.#asked.has(block)) return;
    const generation = this.#generation;
    this.#asked.add(block);
    try {
      const window = await this.#host.call("test_rows", {
        test: this.#test,
        start: block * BLOCK,
        count: BLOCK,
        onlyWrong: this.isOnlyWrong,
      });
      if (generation !== this.#generation) return;
      this.#blocks.delete(block);
      this.#blocks.set(block, window.rows);
      for (const kept of this.#blocks.keys()) {
        if (this.#blocks.size <= KEPT_BLOCKS) break;
        if (Math.abs(kept - block) > 2) {
          this.#blocks.delete(kept);
          this.#asked.delete(kept);
        }
      }
      this.total = window.total;
      this.problem = undefined;
      this.isRead = true;
      this.version += 1;
    } catch (problem) {
      if (generation !== this.#generation) return;
      this.#asked.delete(block);
      this.problem = problem;
    }
  }
}
