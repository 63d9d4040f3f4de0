/** One record per thing a person can do; button, shortcut and help page read the same one. */
import type { IconComponent } from "../design/vocabulary";
import type { MessageKey } from "../messages/format";

export interface Action<Context> {
  id: string;
  words: MessageKey;
  icon?: IconComponent;
  /** `Mod` is Ctrl, or Cmd on a Mac. Several when habits differ. */
  shortcuts: readonly string[];
  /** Whether it also works while the person types. */
  worksInText?: boolean;
  /** Why it cannot be done now; nothing when it can. */
  unavailable?: (context: Context) => string | undefined;
  run: (context: Context) => unknown;
}

/** An action together with what it acts on. */
export interface BoundAction {
  id: string;
  words: MessageKey;
  shortcuts: readonly string[];
  worksInText: boolean;
  unavailable: () => string | undefined;
  run: () => unknown;
}

export function bind<Context>(action: Action<Context>, context: () => Context): BoundAction {
  return {
    id: action.id,
    words: action.words,
    shortcuts: action.shortcuts,
    worksInText: action.worksInText ?? false,
    unavailable: () => action.unavailable?.(context()),
    run: () => action.run(context()),
  };
}
