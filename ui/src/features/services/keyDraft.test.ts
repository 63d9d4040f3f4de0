/** A typed key is sent once, dropped once it is kept, and never goes anywhere the person did not choose. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { FailureCode, KeyPlace, KeyringState, ServiceKeyHeader, ServiceKind, ServiceList, ServiceSummary, ShownKey } from "../../generated/types";
import { failure, fakeHost, never } from "../../host/fake";
import { KeyDraft } from "./keyDraft.svelte";
import { anyPlace } from "./placeDetails.svelte";

const shown = (place: KeyPlace, isAtHand = true): ShownKey => ({ place, lastFour: "ab12", isAtHand });
const place = (kind: ServiceKind, key: ShownKey | null = null, keyHeader: ServiceKeyHeader = "bearer"): ServiceSummary => ({
  service: kind, kind, title: kind === "compatible" ? "Mine" : "OpenAI", address: "https://a.example/v1",
  options: { keyHeader, organization: null, project: null, capabilities: kind === "compatible" ? anyPlace : { ...anyPlace, pause: true } },
  closesOn: null, key, check: null, prices: [],
});

function open(keyring: KeyringState = "usable", service?: ServiceSummary, isSealed = false) {
  let list: ServiceList = { services: service ? [service] : [], keyring, isSealed };
  const host = fakeHost({
    service_add: ({ kind, keyHeader }) => (list = { ...list, services: [...list.services, place(kind, null, keyHeader ?? "bearer")] }),
    service_change: () => list,
    service_remove: () => (list = { ...list, services: [] }),
    service_key_save: ({ place: keep }) => (list = { ...list, services: list.services.map((one) => ({ ...one, key: shown(keep) })) }),
  });
  const onlist = vi.fn();
  const before = list;
  const draft = new KeyDraft(host, () => before, onlist, service);
  return { host, draft, onlist };
}
const refuse = (code: FailureCode) => () => Promise.reject(failure(code, { title: { kind: "text", value: "OpenAI" } }));

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("a new place is added with its key, and the typed key is dropped", async () => {
  const { host, draft } = open();
  draft.choose("openai");
  draft.key = "sk-proj-1";
  const list = await draft.send();
  expect(list?.services[0]?.key).toEqual(shown("keyring"));
  expect(host.calls.map(({ name }) => name)).toEqual(["service_add", "service_key_save"]);
  expect(host.asked("service_add")).toEqual([{ kind: "openai" }]);
  expect(host.asked("service_key_save")).toEqual([{ service: "openai", key: "sk-proj-1", place: "keyring" }]);
  expect([draft.key, draft.passphrase]).toEqual(["", ""]);
});

test("sending twice at once sends once", async () => {
  const { host, draft } = open();
  draft.choose("openai");
  draft.key = "sk-proj-1";
  await Promise.all([draft.send(), draft.send()]);
  expect(host.asked("service_key_save").length).toBe(1);
});

test("a place whose key is refused is taken back, and the key stays in its field", async () => {
  const { host, draft, onlist } = open();
  host.answer({ service_key_save: refuse("key_refused") });
  draft.choose("openai");
  draft.key = "sk-wrong";
  expect(await draft.send()).toBeUndefined();
  expect(host.asked("service_remove")).toEqual([{ service: "openai" }]);
  expect(draft.problems.key).toContain("OpenAI does not accept this key");
  expect(draft.key).toBe("sk-wrong");
  expect(onlist).not.toHaveBeenCalled();
});

test("a place that cannot be taken back is shown, and not added twice", async () => {
  const { host, draft, onlist } = open();
  host.answer({ service_key_save: refuse("keyring_failed"), service_remove: refuse("library_busy") });
  draft.choose("openai");
  draft.key = "sk-proj-1";
  await draft.send();
  expect(onlist).toHaveBeenCalledTimes(1);
  await draft.send();
  expect(host.asked("service_add").length).toBe(1);
  expect(host.asked("service_key_save").length).toBe(2);
});

test("another address needs a name, an address and a key before anything is sent", async () => {
  const { host, draft } = open();
  draft.choose("compatible");
  await draft.send();
  expect(Object.keys(draft.problems)).toEqual(["title", "address", "key"]);
  expect(host.calls).toEqual([]);
  draft.title = " Mine ";
  draft.address = " https://a.example/v1 ";
  draft.details.header = "api_key";
  draft.key = "k";
  host.answer({ service_add: refuse("service_address_unusable") });
  await draft.send();
  expect(host.asked("service_add")).toEqual([{ kind: "compatible", title: "Mine", address: "https://a.example/v1", keyHeader: "api_key" }]);
  expect(draft.problems.address).toContain("https://");
  draft.typed("address");
  expect(draft.problems).toEqual({});
});

test("a key and an account typed for one place are not carried to another", () => {
  const { draft } = open();
  draft.choose("openai");
  draft.key = "sk-proj-1";
  draft.details.organization = "org-1";
  draft.choose(undefined);
  draft.choose("nebius");
  expect([draft.key, draft.details.organization]).toEqual(["", ""]);
});

describe("what is said of a new place", () => {
  test("goes there before the key, and only what is not so already", async () => {
    const { host, draft } = open();
    draft.choose("openai");
    draft.key = "sk-proj-1";
    draft.details.organization = " org-1 ";
    await draft.send();
    expect(host.calls.map(({ name }) => name)).toEqual(["service_add", "service_change", "service_key_save"]);
    expect(host.asked("service_change")).toEqual([{ service: "openai", organization: "org-1" }]);
  });

  test("of another address is what it can do as well; how the key goes out is said once", async () => {
    const { host, draft } = open();
    draft.choose("compatible");
    Object.assign(draft, { title: "Mine", address: "https://a.example/v1", key: "k" });
    draft.details.header = "api_key";
    draft.details.can = { ...anyPlace, uploadsInParts: true };
    await draft.send();
    expect(host.asked("service_add")[0]?.keyHeader).toBe("api_key");
    expect(host.asked("service_change")).toEqual([{ service: "compatible", capabilities: { ...anyPlace, uploadsInParts: true } }]);
  });

  test.each(["two words", "größer", "o".repeat(101)])("%s is refused before anything is sent", async (bad) => {
    const { host, draft } = open();
    draft.choose("openai");
    draft.key = "sk-proj-1";
    draft.details.project = bad;
    expect(await draft.send()).toBeUndefined();
    expect(draft.details.problems.project).toContain("at most 100 letters");
    draft.details.typed("project");
    expect([draft.details.problems, host.calls]).toEqual([{}, []]);
  });

  test("takes the place back where it is refused, and tells it beside its field", async () => {
    const { host, draft } = open();
    host.answer({ service_change: () => Promise.reject(failure("input_invalid", { field: { kind: "text", value: "organization" } })) });
    draft.choose("openai");
    draft.key = "sk-proj-1";
    draft.details.organization = "org-1";
    await draft.send();
    expect(draft.details.problems.organization).toContain("at most 100 letters");
    expect([host.asked("service_remove").length, host.asked("service_key_save").length, draft.failure]).toEqual([1, 0, undefined]);
  });
});

test("it says that it tries after a second, and that it waits after three", async () => {
  const { host, draft } = open();
  host.answer({ service_key_save: () => never() });
  draft.choose("openai");
  draft.key = "sk-proj-1";
  void draft.send();
  await vi.advanceTimersByTimeAsync(999);
  expect(draft.waiting).toBe("not");
  await vi.advanceTimersByTimeAsync(1);
  expect(draft.waiting).toBe("trying");
  await vi.advanceTimersByTimeAsync(2_000);
  expect(draft.waiting).toBe("slow");
});

describe("keeping it", () => {
  test("without a vault the person chooses, and nothing is sent before", async () => {
    const { host, draft } = open("missing");
    draft.choose("openai");
    draft.key = "sk-proj-1";
    expect([draft.keep, draft.ways]).toEqual([undefined, ["session", "passphrase"]]);
    await draft.send();
    expect(draft.problems.keep).toBe("Choose how to keep the key.");
    expect(host.calls).toEqual([]);
    draft.keepIn("session");
    await draft.send();
    expect(host.asked("service_key_save")).toEqual([{ service: "openai", key: "sk-proj-1", place: "session" }]);
  });

  test("a new passphrase has eight characters", async () => {
    const { host, draft } = open("missing");
    draft.choose("openai");
    draft.key = "sk-proj-1";
    draft.keepIn("passphrase");
    draft.passphrase = "seven77";
    expect([draft.asksPassphrase, draft.isPassphraseNew]).toEqual([true, true]);
    await draft.send();
    expect(draft.problems.passphrase).toBe("Use at least 8 characters.");
    draft.passphrase = "eight888";
    await draft.send();
    expect(host.asked("service_key_save")).toEqual([{ service: "openai", key: "sk-proj-1", place: "passphrase", passphrase: "eight888" }]);
    expect(draft.passphrase).toBe("");
  });

  test("a file of keys that is open is not opened again", async () => {
    const { host, draft } = open("missing", place("openai", shown("passphrase")));
    draft.key = "sk-proj-2";
    expect([draft.keep, draft.asksPassphrase]).toEqual(["passphrase", false]);
    await draft.send();
    expect(host.asked("service_key_save")).toEqual([{ service: "openai", key: "sk-proj-2", place: "passphrase" }]);
  });

  test("one that is closed asks for the passphrase it has", async () => {
    const { host, draft } = open("usable", place("openai", shown("passphrase", false)), true);
    host.answer({ service_key_save: refuse("passphrase_wrong") });
    draft.key = "sk-proj-2";
    draft.passphrase = "not that one";
    expect([draft.asksPassphrase, draft.isPassphraseNew]).toEqual([true, false]);
    await draft.send();
    expect(draft.problems.passphrase).toContain("does not open your keys");
    expect(host.asked("service_remove")).toEqual([]);
  });

  test.each(["keyring_locked", "keyring_silent", "keyring_failed", "keyring_full", "keyring_garbled"] as const)("%s offers the other ways", async (code) => {
    const { host, draft } = open();
    host.answer({ service_key_save: refuse(code) });
    draft.choose("openai");
    draft.key = "sk-proj-1";
    expect(draft.isChoiceOpen).toBe(false);
    await draft.send();
    expect(draft.failure?.code).toBe(code);
    expect([draft.isChoiceOpen, draft.keep, draft.ways.length, draft.key]).toEqual([true, "keyring", 3, "sk-proj-1"]);
  });

  test("a vault that turns out to be missing leaves the choice to the person", async () => {
    const { host, draft } = open();
    host.answer({ service_key_save: refuse("keyring_missing") });
    draft.choose("openai");
    draft.key = "sk-proj-1";
    await draft.send();
    expect([draft.keep, draft.ways, draft.key]).toEqual([undefined, ["session", "passphrase"], "sk-proj-1"]);
  });
});
