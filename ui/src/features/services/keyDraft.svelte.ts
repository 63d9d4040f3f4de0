/**
 * A key on its way to a place: what is typed, how it shall be kept, and how trying it goes. The typed key lives here
 * alone and is dropped once it is kept. A place that is new stays only together with its key.
 */
import { asFailure, presentFailure } from "../../failures/presentFailure";
import type {
  Failure, FailureCode, KeyPlace, ServiceAddRequest, ServiceKeySaveRequest, ServiceKind, ServiceList, ServiceSummary,
} from "../../generated/types";
import type { Host } from "../../host/host";
import { t } from "../../messages/format";
import { PlaceDetails } from "./placeDetails.svelte";

const TRYING_AFTER_MS = 1_000;
const SLOW_AFTER_MS = 3_000;
const LEAST_PASSPHRASE = 8;

export type KeyField = "title" | "address" | "key" | "keep" | "passphrase";
type Problems = Partial<Record<KeyField, string>>;

/** Which field a failure is about; the others are told for the whole. */
const fieldOf: Partial<Record<FailureCode, KeyField>> = {
  service_address_unusable: "address",
  service_not_there: "address",
  key_refused: "key",
  key_unusable: "key",
  key_is_admin: "key",
  passphrase_wrong: "passphrase",
  passphrase_unusable: "passphrase",
};

export class KeyDraft {
  kind = $state<ServiceKind | undefined>();
  title = $state("");
  address = $state("");
  /** What is said of a new place beside that. */
  details = $state.raw(new PlaceDetails());
  key = $state("");
  passphrase = $state("");
  keep = $state<KeyPlace | undefined>();
  problems = $state.raw<Problems>({});
  /** What is wrong with none of the fields. */
  failure = $state.raw<Failure | undefined>();
  waiting = $state<"not" | "trying" | "slow">("not");
  /** The place, where there is one already. */
  service = $state.raw<ServiceSummary | undefined>();
  isSending = $state(false);
  /** The last failure, wherever it is told. */
  refused: Failure | undefined;

  #host: Host;
  #list: () => ServiceList;
  #onlist: (list: ServiceList) => void;
  /** What the password vault answered, once it could not be used. */
  #trouble = $state.raw<FailureCode | undefined>();

  constructor(host: Host, list: () => ServiceList, onlist: (list: ServiceList) => void, service?: ServiceSummary) {
    this.#host = host;
    this.#list = list;
    this.#onlist = onlist;
    this.service = service;
    this.kind = service?.kind;
    const before = service?.key?.place ?? "keyring";
    // Without a vault nobody chooses for the person where else a secret goes.
    this.keep = before === "keyring" && this.isVaultMissing ? undefined : before;
  }

  get isVaultMissing(): boolean {
    return this.#list().keyring === "missing" || this.#trouble === "keyring_missing";
  }

  get isVaultLocked(): boolean {
    return this.#list().keyring === "locked" || this.#trouble === "keyring_locked";
  }

  /** Whether the ways to keep it lie open, since the usual one does not work. */
  get isChoiceOpen(): boolean {
    return this.isVaultMissing || this.#trouble !== undefined;
  }

  get ways(): KeyPlace[] {
    return this.isVaultMissing ? ["session", "passphrase"] : ["keyring", "session", "passphrase"];
  }

  /** An address of one's own is typed together with its key. */
  get isOwn(): boolean {
    return this.kind === "compatible" && this.service === undefined;
  }

  /** A file of keys that is open takes another key without being asked for its passphrase again. */
  get asksPassphrase(): boolean {
    const isOpen = this.#list().services.some(({ key }) => key?.place === "passphrase" && key.isAtHand);
    return this.keep === "passphrase" && !isOpen;
  }

  get isPassphraseNew(): boolean {
    return !this.#list().isSealed;
  }

  /** What the place is called in sentences. */
  get name(): string {
    if (this.service) return this.service.title;
    return this.kind === undefined || this.kind === "compatible" ? this.title.trim() : t(`services.kind.${this.kind}`);
  }

  /** Back to the choice of a place. A key and an account of one place must not be sent to another. */
  choose(kind: ServiceKind | undefined): void {
    this.kind = kind;
    this.details = new PlaceDetails();
    this.key = "";
    this.problems = {};
    this.failure = undefined;
  }

  /** What was wrong with a field no longer counts once it changes. */
  typed(field: KeyField): void {
    if (this.problems[field] === undefined) return;
    this.problems = Object.fromEntries(Object.entries(this.problems).filter(([name]) => name !== field));
  }

  keepIn(place: KeyPlace): void {
    this.keep = place;
    this.typed("keep");
  }

  forget(): void {
    this.key = "";
    this.passphrase = "";
  }

  /** Tries the key and keeps it; the list as it is then, or nothing where it was refused. */
  async send(): Promise<ServiceList | undefined> {
    if (this.isSending) return undefined;
    this.failure = undefined;
    this.refused = undefined;
    this.problems = this.#gaps();
    const { kind, keep } = this;
    const isSound = this.details.check() && Object.keys(this.problems).length === 0;
    if (!kind || !keep || !isSound) return undefined;
    const secrets = { key: this.key, place: keep, ...(this.asksPassphrase ? { passphrase: this.passphrase } : {}) };
    this.isSending = true;
    const timers = [
      setTimeout(() => (this.waiting = "trying"), TRYING_AFTER_MS),
      setTimeout(() => (this.waiting = "slow"), SLOW_AFTER_MS),
    ];
    try {
      const list = this.service ? await this.#save({ service: this.service.service, ...secrets }) : await this.#connect(kind, secrets);
      this.forget();
      return list;
    } catch (problem) {
      this.#refuse(asFailure(problem));
      return undefined;
    } finally {
      timers.forEach(clearTimeout);
      this.waiting = "not";
      this.isSending = false;
    }
  }

  #save(request: ServiceKeySaveRequest): Promise<ServiceList> {
    return this.#host.call("service_key_save", request);
  }

  /** Adds the place with its details and saves its key; a place whose key is refused is taken back. */
  async #connect(kind: ServiceKind, secrets: Omit<ServiceKeySaveRequest, "service">): Promise<ServiceList> {
    const known = new Set(this.#list().services.map(({ service }) => service));
    const list = await this.#host.call("service_add", this.#place(kind));
    const added = list.services.find(({ service }) => !known.has(service));
    if (!added) throw asFailure(new Error("a place that was added is not on the list"));
    try {
      const changes = this.details.changes(added);
      if (Object.keys(changes).length > 0) await this.#host.call("service_change", { service: added.service, ...changes });
      return await this.#save({ service: added.service, ...secrets });
    } catch (problem) {
      try {
        await this.#host.call("service_remove", { service: added.service });
      } catch {
        // It stays without a key: the list shows it, and the next try goes on from here.
        this.service = added;
        this.#onlist(list);
      }
      throw problem;
    }
  }

  #place(kind: ServiceKind): ServiceAddRequest {
    if (kind !== "compatible") return { kind };
    const { header: keyHeader } = this.details;
    const header = keyHeader === "bearer" ? {} : { keyHeader };
    return { kind, title: this.title.trim(), address: this.address.trim(), ...header };
  }

  /** What has to be filled in first. */
  #gaps(): Problems {
    const gaps: Problems = {};
    if (this.isOwn && !this.title.trim()) gaps.title = t("services.own.title.missing");
    if (this.isOwn && !this.address.trim()) gaps.address = t("services.own.address.missing");
    if (!this.key.trim()) gaps.key = t("services.field.missing");
    if (!this.keep) gaps.keep = t("services.keep.missing");
    if (this.asksPassphrase && [...this.passphrase].length < LEAST_PASSPHRASE) gaps.passphrase = t("services.passphrase.short");
    return gaps;
  }

  #refuse(failure: Failure): void {
    this.refused = failure;
    if (this.details.refuse(failure)) return;
    const field = this.#fieldOf(failure);
    if (field) this.problems = { [field]: presentFailure(failure).words };
    else this.failure = failure;
    if (!failure.code.startsWith("keyring_")) return;
    this.#trouble = failure.code;
    if (this.isVaultMissing && this.keep === "keyring") this.keep = undefined;
  }

  /** The field on screen that the failure is about. */
  #fieldOf({ code, params }: Failure): KeyField | undefined {
    const named = params["field"]?.value;
    const field = code === "input_invalid" && (named === "title" || named === "address") ? named : fieldOf[code];
    const isShown = field === "key" || (field === "passphrase" && this.asksPassphrase) || this.isOwn;
    return isShown ? field : undefined;
  }
}
