/** The conversation with the trained model: what was said, what is being said, what is typed. */
import { Loading } from "../../failures/loading.svelte";
import { asFailure } from "../../failures/presentFailure";
import type { AnswerPrice, ChatState, Failure } from "../../generated/types";
import type { Host } from "../../host/host";

export const LONGEST_QUESTION = 20_000;
const MILLION = 1_000_000;

/** The most that the answer to a question may cost, in millionths of a US dollar; nothing where it is free or unknown. */
export function mostOf(price: AnswerPrice | null, question: string): number | undefined {
  if (!price?.rates) return undefined;
  const { fixedMicroUsd, perMillionBytesMicroUsd } = price.rates;
  const bytes = new TextEncoder().encode(question).length;
  return fixedMicroUsd + Math.ceil((bytes * perMillionBytesMicroUsd) / MILLION);
}

interface Pending {
  /** Absent where the question is in the chat already: it was asked before the person left, and they came back. */
  question?: string;
  answer: string;
}

export class Chat {
  readonly state: Loading<ChatState>;
  /** The question under way and the answer as far as it came. */
  pending = $state.raw<Pending | undefined>();
  problem = $state.raw<Failure | undefined>();
  /** What the latest answer cost, in millionths of a US dollar, where that is known. */
  latestCost = $state.raw<number | undefined>();
  /** Answers that reached their greatest length. */
  cutOff = $state.raw<ReadonlySet<number>>(new Set());

  #host: Host;
  #project: number;
  /** This is who asked, and hears the answer whole. */
  #isAsking = false;
  #reads = 0;

  constructor(host: Host, project: number) {
    this.#host = host;
    this.#project = project;
    this.state = new Loading(async () => {
      this.#reads += 1;
      const mine = this.#reads;
      const state = await host.call("chat_read", { project });
      // An older answer is dropped, with all that it says.
      if (mine === this.#reads && !this.#isAsking) this.pending = state.answering === null ? undefined : { answer: state.answering };
      return state.model ? state : undefined;
    });
  }

  /** Hears the pieces of the answer, and its end, until the returned function is called. */
  listen(): () => void {
    const stops = [
      this.#host.on("chat_piece", (piece) => {
        if (piece.project !== this.#project || !this.pending) return;
        this.pending = { ...this.pending, answer: this.pending.answer + piece.text };
      }),
      this.#host.on("chat_ended", ({ project, failure }) => {
        if (project !== this.#project || this.#isAsking) return;
        this.problem = failure ?? undefined;
        void this.state.load();
      }),
    ];
    return () => stops.forEach((stop) => stop());
  }

  /** Asks; answers whether the question is in, so that the field may be emptied. */
  async ask(text: string): Promise<boolean> {
    if (this.pending || text.trim() === "" || text.length > LONGEST_QUESTION) return false;
    this.pending = { question: text, answer: "" };
    this.#isAsking = true;
    this.problem = undefined;
    this.latestCost = undefined;
    const mostMicroUsd = mostOf(this.state.value?.price ?? null, text) ?? null;
    try {
      const { question, answer, cutOff, costMicroUsd } = await this.#host.call("chat_send", { project: this.#project, text, mostMicroUsd });
      this.latestCost = costMicroUsd ?? undefined;
      if (cutOff) this.cutOff = new Set([...this.cutOff, answer.id]);
      const now = this.state.value;
      if (now) this.state.take({ ...now, lines: [...now.lines, question, answer] });
      return true;
    } catch (problem) {
      this.problem = asFailure(problem);
      return false;
    } finally {
      this.#isAsking = false;
      this.pending = undefined;
    }
  }

  async stop(): Promise<void> {
    await this.#host.call("chat_stop", { project: this.#project });
  }

  async clear(): Promise<void> {
    this.state.take(await this.#host.call("chat_clear", { project: this.#project }));
    this.problem = undefined;
    this.latestCost = undefined;
  }
}
