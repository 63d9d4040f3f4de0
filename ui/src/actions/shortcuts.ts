/** Keys to actions: which key a shortcut means, how it is written, and who hears it. */
import { getContext, setContext } from "svelte";
import type { BoundAction } from "./action";

export const isMac: boolean = typeof navigator !== "undefined" && /mac/iu.test(navigator.platform);

/** Whether a key event is this shortcut, with exactly its modifiers. */
export function matches(shortcut: string, event: KeyboardEvent): boolean {
  const parts = shortcut.split("+");
  const key = parts.at(-1)?.toLowerCase();
  const wantsMod = parts.includes("Mod");
  const mod = isMac ? event.metaKey : event.ctrlKey;
  const otherMod = isMac ? event.ctrlKey : event.metaKey;
  return (
    event.key.toLowerCase() === key &&
    mod === wantsMod &&
    !otherMod &&
    event.shiftKey === parts.includes("Shift") &&
    event.altKey === parts.includes("Alt")
  );
}

/** `Mod+Shift+Z` as `Ctrl+Shift+Z`, or `⇧⌘Z` on a Mac. */
export function shortcutWords(shortcut: string): string {
  if (!isMac) return shortcut.replace("Mod", "Ctrl");
  const signs: Record<string, string> = { Mod: "⌘", Shift: "⇧", Alt: "⌥" };
  return shortcut.split("+").sort((a, b) => Number(b in signs) - Number(a in signs)).map((part) => signs[part] ?? part).join("");
}

/** As `aria-keyshortcuts` wants it. */
export function ariaShortcut(shortcut: string | undefined): string | undefined {
  return shortcut?.replace("Mod", isMac ? "Meta" : "Control");
}

function isText(target: EventTarget | null): boolean {
  return target instanceof HTMLTextAreaElement || (target instanceof HTMLInputElement && target.type !== "radio");
}

/** The actions of what is on screen now. */
export class Shortcuts {
  #groups = new Set<readonly BoundAction[]>();

  /** Offers actions until the returned function is called. */
  offer(actions: readonly BoundAction[]): () => void {
    this.#groups.add(actions);
    return () => this.#groups.delete(actions);
  }

  /** Runs the action of a key; a window-wide dialog keeps its keys to itself. */
  onkeydown(event: KeyboardEvent): void {
    if (event.defaultPrevented || document.querySelector("dialog[open]")) return;
    for (const action of [...this.#groups].flat()) {
      if (!action.shortcuts.some((shortcut) => matches(shortcut, event))) continue;
      if (isText(event.target) && !action.worksInText) continue;
      event.preventDefault();
      if (!event.repeat && action.unavailable() === undefined) void action.run();
      return;
    }
  }
}

const KEY = Symbol("shortcuts");

export function provideShortcuts(): Shortcuts {
  return setContext(KEY, new Shortcuts());
}

export function useShortcuts(): Shortcuts {
  return getContext<Shortcuts>(KEY);
}
