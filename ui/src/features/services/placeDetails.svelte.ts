/**
 * What a person may say of a place beside its name, its address and its key: which account pays, how the key goes out, and
 * what the place can do. Never holds a key.
 */
import type {
  Failure, ServiceCapabilities, ServiceChangeRequest, ServiceKeyHeader, ServiceKind, ServiceOptions, ServiceSummary,
} from "../../generated/types";
import { t } from "../../messages/format";

type Capability = keyof ServiceCapabilities;
type DetailField = "organization" | "project";
export type Changes = Omit<ServiceChangeRequest, "service">;

/** What any address can do, until somebody who knows it says more: the program begins with the same. */
export const anyPlace: ServiceCapabilities = {
  uploadsInParts: false, pause: false, metadataFilter: false, expiresAfter: false, deleteModel: true, logprobs: true,
};
export const capabilities = Object.keys(anyPlace) as Capability[];

/** What a header can carry. */
const SENDABLE = /^[\x21-\x7e]{0,100}$/u;

/** Whether a place has keys that belong to several organisations. */
export function hasAccount(kind: ServiceKind): boolean {
  return kind === "openai" || kind === "compatible";
}

/** What was typed, where it is not what the place has already. */
function changed(typed: string, before: string | null): string | undefined {
  const text = typed.trim();
  return text === (before ?? "") ? undefined : text;
}

export class PlaceDetails {
  header = $state<ServiceKeyHeader>("bearer");
  organization = $state("");
  project = $state("");
  can = $state.raw<ServiceCapabilities>(anyPlace);
  problems = $state.raw<Partial<Record<DetailField, string>>>({});

  constructor(known?: ServiceOptions) {
    if (!known) return;
    this.header = known.keyHeader;
    this.organization = known.organization ?? "";
    this.project = known.project ?? "";
    this.can = known.capabilities;
  }

  /** Whether an account is named: it can be the reason why a key is refused. */
  get namesAccount(): boolean {
    return this.organization.trim() !== "" || this.project.trim() !== "";
  }

  /** What was wrong with a field no longer counts once it changes. */
  typed(field: DetailField): void {
    if (this.problems[field] === undefined) return;
    this.problems = Object.fromEntries(Object.entries(this.problems).filter(([name]) => name !== field));
  }

  /** Whether everything can be sent; what cannot is told beside its field. */
  check(): boolean {
    const fields = (["organization", "project"] as const).filter((field) => !SENDABLE.test(this[field].trim()));
    this.problems = Object.fromEntries(fields.map((field) => [field, t("services.account.bad")]));
    return fields.length === 0;
  }

  /** Tells a failure beside its field; `false` where it is about none of them. */
  refuse({ code, params }: Failure): boolean {
    const field = params["field"]?.value;
    if (code !== "input_invalid" || (field !== "organization" && field !== "project")) return false;
    this.problems = { [field]: t("services.account.bad") };
    return true;
  }

  /** What differs from what is known of the place; of a known place only the account can. */
  changes({ kind, options }: Pick<ServiceSummary, "kind" | "options">): Changes {
    const changes: Changes = {};
    const organization = changed(this.organization, options.organization);
    const project = changed(this.project, options.project);
    if (organization !== undefined) changes.organization = organization;
    if (project !== undefined) changes.project = project;
    if (kind !== "compatible") return changes;
    if (this.header !== options.keyHeader) changes.keyHeader = this.header;
    if (capabilities.some((name) => this.can[name] !== options.capabilities[name])) changes.capabilities = this.can;
    return changes;
  }
}
