/** Keys reach their action, and typing stays typing. */
import { expect, test, vi } from "vitest";
import { matches, Shortcuts, shortcutWords } from "./shortcuts";

const key = (name: string, init: KeyboardEventInit = {}) => new KeyboardEvent("keydown", { key: name, cancelable: true, bubbles: true, ...init });

test("a shortcut is exactly its keys", () => {
  expect(matches("Mod+Z", key("z", { ctrlKey: true }))).toBe(true);
  expect(matches("Mod+Z", key("Z", { ctrlKey: true, shiftKey: true }))).toBe(false);
  expect(matches("Mod+Shift+Z", key("Z", { ctrlKey: true, shiftKey: true }))).toBe(true);
  expect(matches("Delete", key("Delete"))).toBe(true);
  expect(shortcutWords("Mod+Shift+Z")).toBe("Ctrl+Shift+Z");
});

test("an action runs, is refused with its reason, and leaves a text field alone", () => {
  const shortcuts = new Shortcuts();
  const run = vi.fn();
  let reason: string | undefined;
  const stop = shortcuts.offer([{ id: "a", words: "action.undo", shortcuts: ["Mod+Z"], worksInText: false, unavailable: () => reason, run }]);
  const press = (target: EventTarget) => {
    const event = key("z", { ctrlKey: true });
    target.addEventListener("keydown", (heard) => shortcuts.onkeydown(heard as KeyboardEvent), { once: true });
    target.dispatchEvent(event);
    return event;
  };

  expect(press(document.createElement("div")).defaultPrevented).toBe(true);
  expect(run).toHaveBeenCalledTimes(1);
  expect(press(document.createElement("textarea")).defaultPrevented).toBe(false);
  reason = "nothing to undo";
  press(document.createElement("div"));
  expect(run).toHaveBeenCalledTimes(1);
  reason = undefined;
  stop();
  press(document.createElement("div"));
  expect(run).toHaveBeenCalledTimes(1);
});
