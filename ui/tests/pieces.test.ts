/** The design pieces keep their promises: no double press, focus comes back, menus and notes work with the keyboard. */
import { fireEvent, render, screen, waitFor } from "@testing-library/svelte";
import { createRawSnippet } from "svelte";
import { afterEach, describe, expect, test, vi } from "vitest";
import Button from "../src/design/Button.svelte";
import Dialog from "../src/design/Dialog.svelte";
import LongList from "../src/design/LongList.svelte";
import Menu from "../src/design/Menu.svelte";
import Tabs from "../src/design/Tabs.svelte";
import Term from "../src/design/Term.svelte";
import { Toasts } from "../src/design/toasts.svelte";

const words = (text: string) => createRawSnippet(() => ({ render: () => `<span>${text}</span>` }));
afterEach(() => void vi.useRealTimers());

test("a button that works cannot be pressed twice and says that it works", async () => {
  let finish: () => void = () => undefined;
  const onclick = vi.fn(() => new Promise<void>((done) => (finish = done)));
  render(Button, { onclick, children: words("Save") });
  const button = screen.getByRole("button", { name: "Save" });
  await fireEvent.click(button);
  await fireEvent.click(button);
  expect(onclick).toHaveBeenCalledTimes(1);
  expect(button.getAttribute("aria-busy")).toBe("true");
  finish();
  await waitFor(() => expect(button.getAttribute("aria-busy")).toBeNull());
  await fireEvent.click(button);
  expect(onclick).toHaveBeenCalledTimes(2);
});

test("a button that cannot be pressed says why and keeps the focus", async () => {
  const onclick = vi.fn();
  render(Button, { onclick, unavailable: "Nothing to undo.", children: words("Undo") });
  const button = screen.getByRole("button", { name: "Undo" });
  button.focus();
  await fireEvent.click(button);
  expect(onclick).not.toHaveBeenCalled();
  expect(button.title).toBe("Nothing to undo.");
  expect(document.activeElement).toBe(button);
});

test("a dialog gives the focus back to where it came from", async () => {
  const before = document.body.appendChild(document.createElement("button"));
  before.focus();
  const onclose = vi.fn();
  const { unmount } = render(Dialog, { heading: "Rename", closeLabel: "Close", onclose, children: words("inside") });
  const dialog = screen.getByRole("dialog", { name: "Rename" });
  await fireEvent(dialog, new Event("cancel", { cancelable: true }));
  expect(onclose).toHaveBeenCalledTimes(1);
  unmount();
  expect(document.activeElement).toBe(before);
  before.remove();
});

test("a press that began inside a dialog does not close it when it ends outside", async () => {
  const onclose = vi.fn();
  render(Dialog, { heading: "Rename", closeLabel: "Close", onclose, children: words("inside") });
  const dialog = screen.getByRole("dialog", { name: "Rename" });
  await fireEvent.pointerDown(screen.getByText("inside"));
  await fireEvent.click(dialog);
  expect(onclose).not.toHaveBeenCalled();
  await fireEvent.pointerDown(dialog);
  await fireEvent.click(dialog);
  expect(onclose).toHaveBeenCalledTimes(1);
});

describe("notes", () => {
  test("one with a way back stays at least ten seconds, and while it is looked at", () => {
    vi.useFakeTimers();
    const toasts = new Toasts();
    toasts.show({ words: "Deleted.", action: { words: "Undo", run: () => undefined } });
    vi.advanceTimersByTime(10_000);
    expect(toasts.shown.length).toBe(1);
    const id = toasts.shown[0]?.id ?? 0;
    toasts.hold(id);
    vi.advanceTimersByTime(60_000);
    expect(toasts.shown.length).toBe(1);
    toasts.letGo(id);
    vi.advanceTimersByTime(12_000);
    expect(toasts.shown).toEqual([]);
  });

  test("an older way back goes when a newer step was made", () => {
    const toasts = new Toasts();
    const action = { words: "Undo", run: () => undefined };
    toasts.show({ words: "first", action });
    toasts.show({ words: "second", action });
    expect(toasts.shown.map((toast) => toast.words)).toEqual(["second"]);
    toasts.dropActions();
    expect(toasts.shown).toEqual([]);
  });

  test("a newer note on the same topic takes the place of the older one", () => {
    const toasts = new Toasts();
    for (const words of ["undone", "done again"]) toasts.show({ words, topic: "history" });
    expect(toasts.shown.map((toast) => toast.words)).toEqual(["done again"]);
  });
});

test("a menu is opened, walked and left with the keyboard", async () => {
  const run = vi.fn();
  render(Menu, { label: "More", children: words("…"), items: [{ id: "a", words: "First", run: () => undefined }, { id: "b", words: "Second", run }] });
  const button = screen.getByRole("button", { name: "More" });
  button.focus();
  await fireEvent.keyDown(button, { key: "ArrowDown" });
  await waitFor(() => expect(document.activeElement?.textContent).toContain("First"));
  await fireEvent.keyDown(document.activeElement ?? button, { key: "ArrowDown" });
  expect(document.activeElement?.textContent).toContain("Second");
  await fireEvent.keyDown(document.activeElement ?? button, { key: "Escape" });
  await waitFor(() => expect(screen.queryByRole("menu")).toBeNull());
  expect(document.activeElement).toBe(button);
  await fireEvent.click(button);
  await fireEvent.click(screen.getByRole("menuitem", { name: "Second" }));
  expect(run).toHaveBeenCalledTimes(1);
});

test("tabs are chosen with the arrows, and only one is a stop", async () => {
  const onchoose = vi.fn();
  render(Tabs, { label: "Ways", tabs: [{ id: "a", words: "One" }, { id: "b", words: "Two" }], chosen: "a", onchoose });
  expect(screen.getAllByRole("tab").map((tab) => tab.tabIndex)).toEqual([0, -1]);
  await fireEvent.keyDown(screen.getByRole("tablist"), { key: "ArrowLeft" });
  expect(onchoose).toHaveBeenCalledWith("b");
});

test("a word of the glossary explains itself to pointer and keyboard", async () => {
  render(Term, { word: "round", explain: () => Promise.resolve("Reading all your examples once.") });
  const term = screen.getByRole("button", { name: "round" });
  await fireEvent.click(term);
  expect((await screen.findByRole("tooltip")).textContent).toBe("Reading all your examples once.");
  expect(term.getAttribute("aria-describedby")).toBe(screen.getByRole("tooltip").id);
  await fireEvent.keyDown(term, { key: "Escape" });
  expect(screen.queryByRole("tooltip")).toBeNull();
});

test("the row with the focus stays in the page, wherever the list is scrolled", async () => {
  const row = createRawSnippet((index: () => number) => ({ render: () => `<span role="gridcell">row ${String(index())}</span>` }));
  render(LongList, { label: "Rows", rows: 5_000, rowHeight: 50, head: words("Head"), row, version: 0, active: 3, onshow: () => undefined });
  const box = document.querySelector<HTMLElement>('[role="rowgroup"]');
  if (!box) throw new Error("no list");
  box.scrollTop = 100_000;
  await fireEvent.scroll(box);
  await waitFor(() => expect(screen.getByText("row 2000")).toBeTruthy());
  expect(screen.getByText("row 3")).toBeTruthy();
  expect(screen.queryByText("row 4")).toBeNull();
});
