/** Made-up places to train, and a made-up vault that keeps their keys, for looking at the page. Never part of the build. */
import { anyPlace } from "../features/services/placeDetails.svelte";
import type {
  Failure, FailureCode, KeyCheck, KeyPlace, KeyVerdict, KeyringState, ServiceChangeRequest, ServiceKeyHeader, ServiceKeySaveRequest, ServiceKind,
  ServiceList, ServiceOptions, ServiceSummary, ShownKey,
} from "../generated/types";
import { failure, type FakeHost } from "../host/fake";

type Answers = Parameters<FakeHost["answer"]>[0];
type Slowly = (value: () => ServiceList) => Promise<ServiceList>;

const known: Record<Exclude<ServiceKind, "compatible">, { title: string; address: string }> = {
  openai: { title: "OpenAI", address: "https://api.openai.com/v1" },
  nebius: { title: "Nebius Token Factory", address: "https://api.tokenfactory.nebius.com/v1" },
  crusoe: { title: "Crusoe", address: "https://api.intelligence.crusoecloud.com/v1" },
};
const LAST_DAY = "2027-01-14";
const tunable: KeyCheck["tunable"] = [
  { model: "gpt-4.1-mini-2025-04-14", endsOn: LAST_DAY },
  { model: "gpt-4o-mini-2024-07-18", endsOn: LAST_DAY },
  { model: "ft:gpt-4.1-mini-2025-04-14:bicycle-shop-schulungsunterlagen:replies:Bx9", endsOn: null },
];

const prices: ServiceSummary["prices"] = [
  { model: "gpt-4.1-mini-2025-04-14", perMillionMicroUsd: 5_000_000 },
  { model: "gpt-4o-mini-2024-07-18", perMillionMicroUsd: 6_000_000 },
];

const options: ServiceOptions = { keyHeader: "bearer", organization: null, project: null, capabilities: anyPlace };
const able = { ...anyPlace, uploadsInParts: true, pause: true, metadataFilter: true, expiresAfter: true };

/** A place without a key. */
function place(kind: ServiceKind, title = "", address = "", keyHeader: ServiceKeyHeader = "bearer"): ServiceSummary {
  const named = kind === "compatible" ? { title, address } : known[kind];
  return {
    service: kind === "compatible" ? `own-${address}` : kind, kind, ...named,
    options: { ...options, keyHeader, capabilities: kind === "openai" ? able : anyPlace },
    closesOn: kind === "openai" ? "2027-01-06" : null, key: null, check: null,
    prices: kind === "openai" ? prices : [],
  };
}

export function madeUpCheck(verdict: KeyVerdict, told: Failure | null = null): KeyCheck {
  return {
    checkedAtMs: Date.now() - 90_000, verdict, models: verdict === "works" ? 62 : 0,
    tunable: verdict === "works" ? tunable : [], failure: told,
  };
}

function shown(keep: KeyPlace, isAtHand = true, lastFour = "ab12"): ShownKey {
  return { place: keep, lastFour, isAtHand };
}

const busy = failure("service_refused", { reason: { kind: "text", value: "The server had an error while processing your request." } });
const unreachable: Failure = { ...failure("service_unreachable"), detail: "could not connect to api.openai.com within 3 s" };

/** The states of a place, by the name under which `services=` asks for them. */
const states: Record<string, ServiceSummary> = {
  works: { ...place("openai"), key: shown("keyring"), check: madeUpCheck("works") },
  unknown: { ...place("nebius"), key: shown("keyring", true, ""), check: madeUpCheck("works_unknown_models") },
  nothing: { ...place("crusoe"), key: shown("session"), check: madeUpCheck("nothing_to_train") },
  poor: { ...place("openai"), key: shown("keyring"), check: madeUpCheck("no_credit", busy) },
  busy: { ...place("nebius"), key: shown("session"), check: madeUpCheck("not_now", busy) },
  offline: { ...place("openai"), key: shown("keyring"), check: madeUpCheck("not_tried", unreachable) },
  refused: { ...place("crusoe"), key: shown("keyring"), check: madeUpCheck("refused", failure("key_refused")) },
  gone: { ...place("nebius"), key: shown("session", false), check: madeUpCheck("works") },
  keyless: place("crusoe"),
  closed: { ...place("openai"), key: shown("passphrase", false), check: madeUpCheck("works") },
  own: {
    ...place("compatible", "Krankenhausinformationssystem", "https://schulung.krankenhausinformationssystem.example/openai/v1"),
    options: { ...options, organization: "org-schulung", project: "proj_krankenhausinformationssystem", capabilities: { ...able, deleteModel: false } },
    key: shown("passphrase"), check: madeUpCheck("works"),
  },
};

/** What a typed key leads to: `wrong`, `poor`, `offline` and `sk-admin-` in it choose. */
function found(key: string, title: string): KeyCheck {
  const refuse = (code: FailureCode): never => {
    throw failure(code, { title: { kind: "text", value: title } });
  };
  if (/\S\s\S/u.test(key)) return refuse("key_unusable");
  if (key.startsWith("sk-admin-")) return refuse("key_is_admin");
  if (key.includes("wrong")) return refuse("key_refused");
  if (key.includes("poor")) return madeUpCheck("no_credit", busy);
  return key.includes("offline") ? madeUpCheck("not_tried", unreachable) : madeUpCheck("works");
}

/** `services=works,refused`, `keyring=missing`, `vault=silent` (what the vault answers), `sealed=1` and `slow=1` choose. */
export function madeUpServices(asked: URLSearchParams, slowly: Slowly): Answers {
  const names = (asked.get("services") ?? "").split(",");
  let services = names.flatMap((name) => states[name] ?? []);
  let isSealed = asked.has("sealed");
  const keyring = (asked.get("keyring") as KeyringState | null) ?? "usable";
  const list = (): ServiceList => ({ services, keyring, isSealed });
  const rest = () => new Promise((done) => setTimeout(done, asked.has("slow") ? 5_000 : 20));
  const change = (service: string, more: Partial<ServiceSummary>): ServiceList => {
    services = services.map((one) => (one.service === service ? { ...one, ...more } : one));
    return list();
  };

  function openFile(passphrase: string | null | undefined): void {
    if (isSealed && passphrase !== "open sesame") throw failure("passphrase_wrong");
    isSealed = false;
    const opened = (key: ShownKey | null) => (key?.place === "passphrase" ? { ...key, isAtHand: true } : key);
    services = services.map((one) => ({ ...one, key: opened(one.key) }));
  }

  async function save({ service, key, place: keep, passphrase }: ServiceKeySaveRequest): Promise<ServiceList> {
    await rest();
    const of = services.find((one) => one.service === service);
    if (!of) throw failure("service_missing");
    if (of.address.includes("nowhere")) throw failure("service_not_there", { title: { kind: "text", value: of.title } });
    const check = found(key, of.title);
    if (keep === "keyring" && asked.has("vault")) throw failure(`keyring_${asked.get("vault") ?? ""}` as FailureCode);
    if (keep === "keyring" && keyring === "missing") throw failure("keyring_missing");
    if (keep === "passphrase") openFile(passphrase);
    return change(service, { key: shown(keep, true, key.length < 16 ? "" : key.slice(-4)), check: { ...check, checkedAtMs: Date.now() } });
  }

  /** `org-wrong` is an organisation that is not the key's. */
  async function describe({ service, title, keyHeader, organization, project, capabilities }: ServiceChangeRequest): Promise<ServiceList> {
    await rest();
    const of = services.find((one) => one.service === service);
    if (!of) throw failure("service_missing");
    const isOtherAccount = organization !== undefined || project !== undefined;
    if (isOtherAccount && asked.has("working")) throw failure("service_works");
    const said: ServiceOptions = {
      keyHeader: keyHeader ?? of.options.keyHeader,
      organization: organization === undefined ? of.options.organization : organization || null,
      project: project === undefined ? of.options.project : project || null,
      capabilities: capabilities ?? of.options.capabilities,
    };
    const isTried = of.key?.isAtHand === true && (isOtherAccount || keyHeader !== undefined);
    const check = said.organization === "org-wrong" ? madeUpCheck("refused", failure("key_refused")) : madeUpCheck("works");
    return change(service, { title: title ?? of.title, options: said, ...(isTried ? { check: { ...check, checkedAtMs: Date.now() } } : {}) });
  }

  return {
    service_list: () => slowly(list),
    service_change: describe,
    service_add: ({ kind, title, address, keyHeader }) => {
      if (services.some((one) => one.kind === kind && kind !== "compatible")) throw failure("service_exists");
      if (kind === "compatible" && !address?.startsWith("https://")) throw failure("service_address_unusable");
      services = [...services, place(kind, title ?? "", address ?? "", keyHeader ?? "bearer")];
      return list();
    },
    service_remove: ({ service }) => {
      if (asked.has("working")) throw failure("service_works");
      services = services.filter((one) => one.service !== service);
      return list();
    },
    service_check: async ({ service }) => {
      await rest();
      if (asked.has("vault")) throw failure(`keyring_${asked.get("vault") ?? ""}` as FailureCode);
      return change(service, { check: { ...madeUpCheck("works"), checkedAtMs: Date.now() } });
    },
    service_key_save: save,
    service_key_remove: ({ service }) => change(service, { key: null, check: null }),
    keys_open: async ({ passphrase }) => {
      await rest();
      openFile(passphrase);
      return list();
    },
  };
}
