/** What a person does on the page of places to train: connect, check, change and remove, with every way of keeping a key. */
import { fireEvent, screen, waitFor, within } from "@testing-library/svelte";
import { describe, expect, test, vi } from "vitest";
import { madeUpCheck } from "../src/dev/services";
import { world } from "../src/dev/world";
import type { Tone } from "../src/design/vocabulary";
import ServicesScreen from "../src/features/services/ServicesScreen.svelte";
import StoredView from "../src/features/services/StoredView.svelte";
import { verdictOf } from "../src/features/services/words";
import type { KeyVerdict } from "../src/generated/types";
import { failure, never, type FakeHost } from "../src/host/fake";
import { nothing, show } from "./show";
// Loaded late in the window; here beforehand, so that no test waits for the compiler.
import "../src/features/services/ServicesView.svelte";

const KEY = "sk-proj-abcdefghijklmnop9z8y";
const press = async (name: string | RegExp) => fireEvent.click(await screen.findByRole("button", { name }));
const type = async (label: string | RegExp, value: string) => fireEvent.input(await screen.findByLabelText(label), { target: { value } });
const card = async (name: string) => within(await screen.findByRole("region", { name }));
const dialog = () => screen.queryByRole("dialog");
const gone = () => waitFor(() => expect(dialog()).toBeNull());

function open(query: string, change: (host: FakeHost) => void = () => undefined): FakeHost {
  const host = world(new URLSearchParams(query));
  change(host);
  show(host, ServicesScreen as never, { ondone: nothing });
  return host;
}

/** The dialog for the key of OpenAI. */
async function connect(): Promise<void> {
  await press("Connect a place");
  await press(/^OpenAI/u);
}

describe("the list", () => {
  test("tells that connecting costs nothing", async () => {
    open("");
    expect(await screen.findByText(/connecting sends none of your examples and costs nothing/iu)).toBeTruthy();
    expect(await screen.findByText(/trains for free without any of this/u)).toBeTruthy();
  });

  test("a key that works tells its models, their last days and when the place closes", async () => {
    open("services=works");
    const openai = await card("OpenAI");
    expect(openai.getByText("https://api.openai.com/v1")).toBeTruthy();
    expect(openai.getByText(/^Key ending in ab12, in your/u)).toBeTruthy();
    expect(openai.getByText("It works. 3 models can learn.")).toBeTruthy();
    expect(openai.getByText(/^Checked /u)).toBeTruthy();
    expect(openai.getByText(/no new trainings after|took its last new trainings/u)).toBeTruthy();
    expect(openai.getByText("The 3 models that can learn")).toBeTruthy();
    expect(openai.getAllByText(/answers until (?:January 14, 2027|14 January 2027)/u).length).toBe(2);
    expect(openai.getByText("no last day is known")).toBeTruthy();
  });

  test.each<[string, RegExp]>([
    ["unknown", /which models can learn is not known/iu],
    ["nothing", /none of its models can learn/iu],
    ["poor", /the account has no credit/iu],
    ["busy", /too busy to tell/iu],
    ["offline", /could not be reached/iu],
    ["refused", /no longer takes this key/iu],
    ["keyless", /there is no key yet/iu],
    ["gone", /kept until attune was closed/iu],
  ])("%s is told in a sentence", async (name, words) => {
    open(`services=${name}`);
    expect(await screen.findByText(words)).toBeTruthy();
  });

  test("what the place said itself can be unfolded", async () => {
    open("services=poor");
    expect(await screen.findByText("What OpenAI said")).toBeTruthy();
    expect(screen.getByText(/the server had an error/iu)).toBeTruthy();
  });

  test("a key is checked again, and a failure of the vault is told on the card", async () => {
    const host = open("services=offline");
    await press("Check again");
    expect(await screen.findByText("It works. 3 models can learn.")).toBeTruthy();
    expect(host.asked("service_check")).toEqual([{ service: "openai" }]);
    host.answer({ service_check: () => Promise.reject(failure("keyring_locked")) });
    await press("Check again");
    expect((await (await card("OpenAI")).findByRole("alert")).textContent).toContain("locked");
  });

  test.each<[KeyVerdict | undefined, Tone]>([
    ["works", "good"], ["works_unknown_models", "good"], ["nothing_to_train", "care"], ["no_credit", "care"], ["not_now", "care"],
    ["not_tried", "care"], ["refused", "bad"], [undefined, "care"],
  ])("%s has words of its own", (verdict, tone) => {
    const shown = verdictOf(verdict ? madeUpCheck(verdict) : null, "Crusoe");
    expect(shown.tone).toBe(tone);
    expect(shown.words).toMatch(/^[A-Z].*\.$/u);
  });
});

describe("connecting", () => {
  test("choose, paste, Enter: the key is tried, kept in the vault and not shown again", async () => {
    const host = open("");
    await connect();
    expect(screen.getByText("Open platform.openai.com/api-keys and sign in.")).toBeTruthy();
    const field = await screen.findByLabelText<HTMLInputElement>("Key");
    expect([field.type, field.autocomplete, field.getAttribute("spellcheck")]).toEqual(["password", "off", "false"]);
    expect(document.activeElement).toBe(field);
    await type("Key", KEY);
    await fireEvent.keyDown(field, { key: "Enter" });
    await gone();
    expect(host.asked("service_key_save")).toEqual([{ service: "openai", key: KEY, place: "keyring" }]);
    expect(await screen.findByText(/^Key ending in 9z8y/u)).toBeTruthy();
    expect(screen.getByText("The key of OpenAI is kept.")).toBeTruthy();
    expect(document.body.textContent).not.toContain(KEY);
    expect(document.querySelectorAll("input").length).toBe(0);
    expect(document.activeElement?.textContent).toBe("Places to train");
  });

  test("pressing twice sends once, and the button says that it works", async () => {
    const host = open("", (one) => one.answer({ service_key_save: () => never() }));
    await connect();
    await type("Key", KEY);
    const button = screen.getByRole("button", { name: "Connect" });
    await fireEvent.click(button);
    await fireEvent.click(button);
    await fireEvent.keyDown(screen.getByLabelText("Key"), { key: "Enter" });
    expect(button.getAttribute("aria-busy")).toBe("true");
    // An answer that comes now must not be told about another place.
    await press("Another place");
    expect(screen.getByLabelText<HTMLInputElement>("Key").value).toBe(KEY);
    await waitFor(() => expect(host.asked("service_key_save").length).toBe(1));
    expect(host.asked("service_add").length).toBe(1);
  });

  test("it says what it waits for", async () => {
    open("", (one) => one.answer({ service_key_save: () => never() }));
    await connect();
    await type("Key", KEY);
    vi.useFakeTimers();
    await press("Connect");
    await vi.advanceTimersByTimeAsync(1_000);
    expect(screen.getByText("Trying the key…")).toBeTruthy();
    await vi.advanceTimersByTimeAsync(2_000);
    expect(screen.getByText(/^Waiting for OpenAI or your password vault/u)).toBeTruthy();
    vi.useRealTimers();
  });

  test.each<[string, string, RegExp]>([
    ["an empty field", "", /paste the key here/iu],
    ["a wrong key", "sk-wrong-one", /OpenAI does not accept this key/u],
    ["an account's own key", "sk-admin-1234", /can only manage an account/u],
    ["two keys at once", "sk-one sk-two", /this is no key/iu],
  ])("%s is told beside the field, which has the focus", async (_, key, words) => {
    const host = open("");
    await connect();
    await type("Key", key);
    await press("Connect");
    expect((await screen.findByRole("alert")).textContent).toMatch(words);
    await waitFor(() => expect(document.activeElement).toBe(screen.getByLabelText("Key")));
    expect(screen.getByLabelText<HTMLInputElement>("Key").value).toBe(key);
    await press("Cancel");
    await gone();
    // Nothing half connected is left.
    expect((await host.call("service_list", {})).services).toEqual([]);
    expect(screen.getByText("No place connected yet")).toBeTruthy();
  });

  test("another address has a name and says how its key is sent", async () => {
    const host = open("");
    await press("Connect a place");
    await press(/^Another address/u);
    await type("Name", "At work");
    await type("Address", "http://work.example");
    await type("Key", KEY);
    await press("Connect");
    expect((await screen.findByRole("alert")).textContent).toContain("https://");
    await type("Address", "https://work.example/v1");
    await fireEvent.change(screen.getByLabelText("How the key is sent"), { target: { value: "api_key" } });
    await press("Connect");
    await gone();
    expect(host.asked("service_add").at(-1)).toEqual({ kind: "compatible", title: "At work", address: "https://work.example/v1", keyHeader: "api_key" });
    expect(await card("At work")).toBeTruthy();
  });

  test("an address where no place answers can be mended at once", async () => {
    const host = open("");
    await press("Connect a place");
    await press(/^Another address/u);
    await type("Name", "At work");
    await type("Address", "https://nowhere.example/v1");
    await type("Key", KEY);
    await press("Connect");
    expect((await screen.findByRole("alert")).textContent).toContain("is no training place");
    await waitFor(() => expect(document.activeElement).toBe(screen.getByLabelText("Address")));
    await type("Address", "https://work.example/v1");
    await press("Connect");
    await gone();
    expect((await host.call("service_list", {})).services.length).toBe(1);
  });

  test("an organisation is named to the place before its key is tried", async () => {
    const host = open("");
    await connect();
    await type("Key", KEY);
    await type("Organisation", "org-1");
    await press("Connect");
    await gone();
    expect(host.calls.map(({ name }) => name).filter((name) => name !== "service_list")).toEqual(["service_add", "service_change", "service_key_save"]);
    expect(host.asked("service_change")).toEqual([{ service: "openai", organization: "org-1" }]);
    expect(await screen.findByText("Organisation org-1")).toBeTruthy();
  });

  test("a key that is refused together with an organisation may be right", async () => {
    open("");
    await connect();
    await type("Key", "sk-wrong-one");
    expect(screen.queryByText(/may be the wrong one, too/u)).toBeNull();
    await type("Organisation", "org-1");
    await press("Connect");
    expect(await screen.findByText(/may be the wrong one, too/u)).toBeTruthy();
  });

  test("places with keys of one account alone ask for no organisation", async () => {
    open("");
    await press("Connect a place");
    await press(/^Nebius/u);
    expect(await screen.findByLabelText("Key")).toBeTruthy();
    expect(screen.queryByLabelText("Organisation")).toBeNull();
  });

  test("a place that is connected is not offered twice", async () => {
    open("services=works");
    await press("Connect a place");
    const inside = within(await screen.findByRole("dialog"));
    expect(inside.queryByRole("button", { name: /^OpenAI/u })).toBeNull();
    expect(inside.getByRole("button", { name: /^Nebius/u })).toBeTruthy();
  });

  test("Escape closes; what ends afterwards is told at the edge of the window", async () => {
    let refuse: (problem: unknown) => void = nothing;
    open("", (one) => one.answer({ service_key_save: () => new Promise((_, reject) => (refuse = reject)) }));
    await connect();
    await type("Key", KEY);
    await press("Connect");
    await waitFor(() => expect(refuse).not.toBe(nothing));
    await fireEvent(await screen.findByRole("dialog"), new Event("cancel", { cancelable: true }));
    await gone();
    refuse(failure("keyring_silent"));
    expect(await screen.findByText(/did not answer in time/u)).toBeTruthy();
  });
});

describe("keeping the key", () => {
  test("in the vault unless the person wants it otherwise", async () => {
    const host = open("");
    await connect();
    expect(screen.getByText(/^Attune will keep the key in your/u)).toBeTruthy();
    await fireEvent.click(screen.getByLabelText(/^Only until I close Attune/u));
    await type("Key", KEY);
    await press("Connect");
    await gone();
    expect(host.asked("service_key_save")[0]?.place).toBe("session");
    expect(await screen.findByText("Key ending in 9z8y, kept until you close Attune")).toBeTruthy();
  });

  test("without a vault there are two ways, none of them chosen for the person", async () => {
    const host = open("keyring=missing");
    await connect();
    const ways = screen.getAllByRole<HTMLInputElement>("radio");
    expect(ways.map(({ checked }) => checked)).toEqual([false, false]);
    await type("Key", KEY);
    await press("Connect");
    expect((await screen.findByRole("alert")).textContent).toBe("Choose how to keep the key.");
    expect(host.calls.filter(({ name }) => name === "service_key_save")).toEqual([]);
    await fireEvent.click(screen.getByLabelText(/^Behind a passphrase/u));
    await type("New passphrase", "short");
    await press("Connect");
    expect((await screen.findByRole("alert")).textContent).toBe("Use at least 8 characters.");
    await type("New passphrase", "a long one");
    await press("Show the passphrase");
    expect(screen.getByLabelText<HTMLInputElement>("New passphrase").type).toBe("text");
    await press("Connect");
    await gone();
    expect(host.asked("service_key_save")).toEqual([{ service: "openai", key: KEY, place: "passphrase", passphrase: "a long one" }]);
    expect(await screen.findByText("Key ending in 9z8y, behind your passphrase")).toBeTruthy();
  });

  test("a locked vault says that a window will ask", async () => {
    open("keyring=locked");
    await connect();
    expect(screen.getByText("A window will ask for the password of your vault.")).toBeTruthy();
  });

  test.each(["missing", "locked", "silent", "failed"])("a vault that is %s offers the other ways, with the key still there", async (vault) => {
    const host = open(`vault=${vault}`);
    await connect();
    await type("Key", KEY);
    await press("Connect");
    expect((await screen.findByRole("alert")).textContent).toMatch(/vault/u);
    expect(screen.getByLabelText<HTMLInputElement>("Key").value).toBe(KEY);
    await fireEvent.click(screen.getByLabelText(/^Only until I close Attune/u));
    await press("Connect");
    await gone();
    expect(host.asked("service_key_save").at(-1)).toEqual({ service: "openai", key: KEY, place: "session" });
  });

  test("keys behind a passphrase are opened on top of the page", async () => {
    const host = open("services=closed&sealed=1");
    const openai = await card("OpenAI");
    expect(openai.getByRole("button", { name: "Check again" }).title).toBe("Open your keys first.");
    await type("Your passphrase", "not that one");
    await press("Open");
    expect((await screen.findByRole("alert")).textContent).toContain("does not open your keys");
    await type("Your passphrase", "open sesame");
    await fireEvent.keyDown(screen.getByLabelText("Your passphrase"), { key: "Enter" });
    await waitFor(() => expect(screen.queryByLabelText("Your passphrase")).toBeNull());
    expect(host.asked("keys_open").at(-1)).toEqual({ passphrase: "open sesame" });
    expect(openai.getByText("Key ending in ab12, behind your passphrase")).toBeTruthy();
    await waitFor(() => expect(document.activeElement?.textContent).toBe("Places to train"));
    expect(document.querySelectorAll("[data-primary]").length).toBe(1);
  });
});

describe("changing and removing", () => {
  test("a new key takes the place of the old one", async () => {
    const host = open("services=works");
    (await screen.findByRole("button", { name: "Change key" })).focus();
    await press("Change key");
    expect(screen.getByRole("dialog", { name: "Change the key of OpenAI" })).toBeTruthy();
    expect(screen.queryByRole("button", { name: "Another place" })).toBeNull();
    await type("Key", KEY);
    await press("Save the key");
    await gone();
    expect(host.asked("service_add")).toEqual([]);
    expect(host.asked("service_key_save")).toEqual([{ service: "openai", key: KEY, place: "keyring" }]);
    expect(document.activeElement).toBe(screen.getByRole("button", { name: "Change key" }));
  });

  test("removing a key asks first, with the focus on the safe way", async () => {
    const host = open("services=works");
    await press("Remove key");
    expect(document.activeElement).toBe(screen.getByRole("button", { name: "Keep the key" }));
    await press("Keep the key");
    await gone();
    expect(host.asked("service_key_remove")).toEqual([]);
    await press("Remove key");
    await press("Remove the key");
    await gone();
    expect(host.asked("service_key_remove")).toEqual([{ service: "openai" }]);
    expect(await screen.findByText(/there is no key yet/iu)).toBeTruthy();
    expect(screen.getByRole("button", { name: "Add a key" })).toBeTruthy();
  });

  test("removing a place with a key asks first; a refusal is told in the dialog", async () => {
    const host = open("services=works&working=1");
    await press("Remove place");
    await press("Remove the place");
    expect((await within(await screen.findByRole("dialog")).findByRole("alert")).textContent).toContain("not over yet");
    host.answer({ service_remove: () => ({ services: [], keyring: "usable", isSealed: false }) });
    await press("Remove the place");
    await gone();
    expect(await screen.findByText("No place connected yet")).toBeTruthy();
    expect(document.activeElement?.textContent).toBe("Places to train");
  });

  test("a known place without a key is removed at once, since connecting brings it back", async () => {
    const host = open("services=keyless");
    await press("Remove place");
    expect(await screen.findByText("Crusoe was removed.")).toBeTruthy();
    expect(host.asked("service_remove")).toEqual([{ service: "crusoe" }]);
  });
});

describe("the details", () => {
  test("an organisation is named without the key, which is tried again", async () => {
    const host = open("services=works");
    (await screen.findByRole("button", { name: "Change details" })).focus();
    await press("Change details");
    const inside = within(await screen.findByRole("dialog", { name: "Change the details of OpenAI" }));
    expect(document.activeElement).toBe(inside.getByLabelText("Organisation"));
    expect(inside.getByText(/unless your key belongs to several organisations/u)).toBeTruthy();
    // What a known place can do, and how its key is sent, is known.
    expect(["Name", "How the key is sent", "Removes models"].map((label) => inside.queryByLabelText(label))).toEqual([null, null, null]);
    await type("Organisation", " org-1 ");
    await fireEvent.keyDown(screen.getByLabelText("Project"), { key: "Enter" });
    await gone();
    expect(host.asked("service_change")).toEqual([{ service: "openai", organization: "org-1" }]);
    expect(host.asked("service_key_save")).toEqual([]);
    expect(await screen.findByText("Organisation org-1")).toBeTruthy();
    expect(screen.getByText("The details of OpenAI are saved.")).toBeTruthy();
    expect(document.activeElement).toBe(screen.getByRole("button", { name: "Change details" }));
  });

  test("an organisation that is not the key's is told on the card, and can be taken away", async () => {
    const host = open("services=works");
    await press("Change details");
    await type("Organisation", "org-wrong");
    await press("Save the details");
    await gone();
    expect(await screen.findByText("OpenAI no longer takes this key. Change it to go on.")).toBeTruthy();
    expect(screen.getByText(/organisation or the project may be the wrong one/u)).toBeTruthy();
    await press("Change details");
    expect((await screen.findByLabelText<HTMLInputElement>("Organisation")).value).toBe("org-wrong");
    await type("Organisation", "");
    await press("Save the details");
    await gone();
    expect(host.asked("service_change").at(-1)).toEqual({ service: "openai", organization: "" });
    expect(await screen.findByText("It works. 3 models can learn.")).toBeTruthy();
    expect(screen.queryByText("Organisation org-wrong")).toBeNull();
  });

  test("of another address are its name, how its key is sent and what it can do", async () => {
    const host = open("services=own");
    await press("Change details");
    await type("Name", " Clinic ");
    await fireEvent.change(screen.getByLabelText("How the key is sent"), { target: { value: "api_key" } });
    const removes = screen.getByLabelText("Removes models");
    expect(removes.getAttribute("aria-checked")).toBe("false");
    await fireEvent.click(removes);
    expect(removes.getAttribute("aria-checked")).toBe("true");
    await fireEvent.click(screen.getByLabelText("Says how sure it is"));
    await press("Save the details");
    await gone();
    expect(host.asked("service_change").length).toBe(1);
    expect(host.asked("service_change")[0]).toMatchObject({
      title: "Clinic",
      keyHeader: "api_key",
      capabilities: { uploadsInParts: true, pause: true, metadataFilter: true, expiresAfter: true, deleteModel: true, logprobs: false },
    });
    expect(await card("Clinic")).toBeTruthy();
    expect(screen.getByText("The details of Clinic are saved.")).toBeTruthy();
  });

  test("closing, or saving without a change, sends nothing", async () => {
    const host = open("services=own");
    for (const button of ["Cancel", "Save the details"]) {
      await press("Change details");
      await press(button);
      await gone();
    }
    expect(host.asked("service_change")).toEqual([]);
  });

  test.each(["two words", "größer", "o".repeat(101)])("%s is told beside its field, which comes into sight", async (bad) => {
    const host = open("services=own");
    await press("Change details");
    expect(document.querySelector<HTMLDetailsElement>("dialog details")?.open).toBe(false);
    await type("Project", bad);
    await press("Save the details");
    expect((await screen.findByRole("alert")).textContent).toContain("at most 100 letters");
    expect(document.querySelector<HTMLDetailsElement>("dialog details")?.open).toBe(true);
    await waitFor(() => expect(document.activeElement).toBe(screen.getByLabelText("Project")));
    expect(host.asked("service_change")).toEqual([]);
    await type("Project", "proj_2");
    expect(screen.queryByRole("alert")).toBeNull();
  });

  test("a name is needed", async () => {
    const host = open("services=own");
    await press("Change details");
    await type("Name", " ");
    await press("Save the details");
    expect((await screen.findByRole("alert")).textContent).toBe("Give the place a name.");
    await waitFor(() => expect(document.activeElement).toBe(screen.getByLabelText("Name")));
    expect(host.asked("service_change")).toEqual([]);
  });

  test("the account stays while a training there is not over, and the dialog says so", async () => {
    open("services=works&working=1");
    await press("Change details");
    await type("Organisation", "org-1");
    await press("Save the details");
    expect((await within(await screen.findByRole("dialog")).findByRole("alert")).textContent).toContain("not over yet");
    expect(screen.getByLabelText<HTMLInputElement>("Organisation").value).toBe("org-1");
  });

  test("it says what it waits for", async () => {
    open("services=works", (one) => one.answer({ service_change: () => never() }));
    await press("Change details");
    await type("Organisation", "org-1");
    vi.useFakeTimers();
    await press("Save the details");
    await vi.advanceTimersByTimeAsync(1_000);
    expect(screen.getByText(/^Waiting for OpenAI or your password vault/u)).toBeTruthy();
    vi.useRealTimers();
  });

  test("places of which nothing can be said have none", async () => {
    open("services=unknown,nothing");
    await card("Crusoe");
    expect(screen.queryByRole("button", { name: "Change details" })).toBeNull();
  });

  test("a place that removes no models says so at their button", async () => {
    const host = world(new URLSearchParams("services=own"));
    const [of] = (await host.call("service_list", {})).services;
    show(host, StoredView as never, { of });
    const buttons = await screen.findAllByRole("button", { name: "Remove" });
    const titles = buttons.map(({ title }) => title);
    expect(titles.filter((title) => title === "Krankenhausinformationssystem removes no models.").length).toBe(1);
    expect(titles.filter((title) => title.startsWith("Remove ")).length).toBe(2);
  });
});
