/**
 * The example in the editor: what is typed, what is stored, and the way from one to the other.
 *
 * Typing is stored after a short pause, and at the latest while it goes on. A draft that could not be
 * stored stays in the editor and is never thrown away by moving on.
 */
import { Loading } from "../../failures/loading.svelte";
import type { ExampleCard, ExampleChange, MessageDraft, MessageRole } from "../../generated/types";
import type { Host } from "../../host/host";
import type { Saving } from "../../saving/saving.svelte";

const PAUSE_MS = 400;
const LONGEST_WAIT_MS = 800;
/** Typing that goes on within this time is one step of undo. */
const BURST_MS = 4_000;

export interface DraftMessage {
  key: number;
  /** Its place in the stored example; none for one that is new. */
  source: number | undefined;
  role: MessageRole;
  content: string;
  learned: boolean;
}

type Stored = (change: ExampleChange, wasNew: boolean) => void;

export class CardDraft {
  /** The example as stored; `empty` when none is chosen. */
  readonly stored: Loading<ExampleCard>;
  messages = $state<DraftMessage[]>([]);
  isNew = $state(false);
  id = $state<number | undefined>();
  saving = $state<"saved" | "saving" | "failed">("saved");

  #host: Host;
  #project: number;
  #status: Saving;
  #onstored: Stored;
  #owner = Symbol("card");
  #keys = 0;
  #isDirty = false;
  #edition = 0;
  #dirtySince = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #sending: Promise<boolean> | undefined;
  #reading: Promise<void> | undefined;
  #burst = { example: 0, at: 0 };

  constructor(host: Host, project: number, status: Saving, onstored: Stored) {
    this.#host = host;
    this.#project = project;
    this.#status = status;
    this.#onstored = onstored;
    this.stored = new Loading(async () => {
      const id = this.id;
      if (id === undefined) return undefined;
      const card = await host.call("example_read", { project, example: id });
      if (id === this.id && !this.#isDirty) this.#fill(card);
      return card;
    });
  }

  /** Shows an example; what was typed before is stored first. Answers whether it moved. */
  async choose(id: number | undefined): Promise<boolean> {
    if (id === this.id && !this.isNew) {
      await this.#reading;
      return true;
    }
    if (!(await this.flush())) return false;
    this.id = id;
    this.isNew = false;
    this.messages = [];
    this.#reading = this.stored.load();
    await this.#reading;
    return true;
  }

  /** An empty example in the editor. It is stored with its first words. */
  async startNew(): Promise<void> {
    if (!(await this.flush())) return;
    this.id = undefined;
    this.isNew = true;
    this.messages = [this.#message("question", ""), this.#message("answer", "")];
    await this.stored.load();
  }

  /** The stored example is another one now (undo, redo). */
  async reread(): Promise<void> {
    if (this.id !== undefined) await this.stored.load();
  }

  addInstructions(): void {
    this.messages = [this.#message("instructions", ""), ...this.messages];
  }

  /** Something was typed into one of the messages. */
  typed(key: number, content: string): void {
    const message = this.messages.find((one) => one.key === key);
    if (!message) return;
    message.content = content;
    if (!this.#isDirty) this.#dirtySince = Date.now();
    this.#isDirty = true;
    this.#edition += 1;
    this.saving = "saving";
    this.#status.pending(this.#owner);
    this.#wait();
  }

  #wait(): void {
    clearTimeout(this.#timer);
    const waited = Date.now() - this.#dirtySince;
    this.#timer = setTimeout(() => void this.#store(), Math.max(0, Math.min(PAUSE_MS, LONGEST_WAIT_MS - waited)));
  }

  /** Stores what is typed now. Answers whether nothing is left unsaved. */
  async flush(): Promise<boolean> {
    while (this.#isDirty) if (!(await this.#store())) return false;
    return true;
  }

  async #store(): Promise<boolean> {
    clearTimeout(this.#timer);
    if (this.#sending) return this.#sending;
    if (this.isNew && this.messages.every((message) => message.content.trim() === "")) {
      this.#settled();
      return true;
    }
    this.#sending = this.#send();
    const isStored = await this.#sending;
    this.#sending = undefined;
    // What was typed meanwhile waits for its own pause.
    if (isStored && this.#isDirty) this.#wait();
    return isStored;
  }

  async #send(): Promise<boolean> {
    const edition = this.#edition;
    const sent = this.#drafts();
    try {
      const wasNew = this.isNew;
      const change = await (wasNew ? this.#add() : this.#edit(sent));
      if (change.card) {
        this.id = change.card.id;
        this.isNew = false;
        this.#burst = { example: change.card.id, at: Date.now() };
        this.#numberSources(sent, wasNew ? change.card : undefined);
        this.stored.take(change.card);
      }
      if (edition === this.#edition) this.#settled();
      else this.#dirtySince = Date.now();
      this.#onstored(change, wasNew);
      return true;
    } catch (problem) {
      this.saving = "failed";
      this.#status.failed(this.#owner, problem, () => this.flush());
      return false;
    }
  }

  #add(): Promise<ExampleChange> {
    const text = (role: MessageRole) => this.messages.find((message) => message.role === role)?.content ?? "";
    return this.#host.call("example_add", { project: this.#project, question: text("question"), answer: text("answer") });
  }

  #edit(messages: DraftMessage[]): Promise<ExampleChange> {
    const example = this.id ?? 0;
    const sameBurst = this.#burst.example === example && Date.now() - this.#burst.at < BURST_MS;
    return this.#host.call("example_edit", {
      project: this.#project,
      example,
      sameBurst,
      messages: messages.map(
        ({ source, role, content }): MessageDraft => (source === undefined ? { role, content } : { source, role, content }),
      ),
    });
  }

  /** What is sent: fields offered but never filled are no messages, and emptied instructions are taken out. */
  #drafts(): DraftMessage[] {
    return this.messages.filter(
      (message) => message.content.trim() !== "" || (message.source !== undefined && message.role !== "instructions"),
    );
  }

  /** After a change the messages are numbered as they were sent. */
  #numberSources(sent: DraftMessage[], added: ExampleCard | undefined): void {
    for (const message of this.messages) {
      const at = added ? added.messages.findIndex((one) => one.role === message.role) : sent.indexOf(message);
      message.source = at < 0 ? undefined : at;
    }
  }

  #settled(): void {
    this.#isDirty = false;
    this.saving = "saved";
    this.#status.done(this.#owner);
  }

  #fill(card: ExampleCard): void {
    const messages = card.messages.map(
      (message, source): DraftMessage => ({ ...this.#message(message.role, message.content), source, learned: message.learned }),
    );
    // An example without a question or an answer gets the field to write it in.
    if (!messages.some((message) => message.role === "question")) {
      const behind = messages.findLastIndex((message) => message.role === "instructions") + 1;
      messages.splice(behind, 0, this.#message("question", ""));
    }
    if (!messages.some((message) => message.role === "answer")) messages.push(this.#message("answer", ""));
    this.messages = messages;
  }

  #message(role: MessageRole, content: string): DraftMessage {
    this.#keys += 1;
    return { key: this.#keys, source: undefined, role, content, learned: role === "answer" };
  }
}
