/** Undo and redo, wherever examples are changed. */
import { IconRedo, IconUndo } from "../design/icons";
import type { HistoryState } from "../generated/types";
import { t } from "../messages/format";
import type { Action } from "./action";

export interface HistoryContext {
  /** What can be undone and redone; absent where a screen does not know it and leaves the answer to the program. */
  history: HistoryState | undefined;
  undo: () => Promise<unknown>;
  redo: () => Promise<unknown>;
}

export const undo: Action<HistoryContext> = {
  id: "history.undo",
  words: "action.undo",
  icon: IconUndo,
  shortcuts: ["Mod+Z"],
  unavailable: ({ history }) => (!history || history.undo ? undefined : t("history.nothing_to_undo")),
  run: (context) => context.undo(),
};

export const redo: Action<HistoryContext> = {
  id: "history.redo",
  words: "action.redo",
  icon: IconRedo,
  shortcuts: ["Mod+Shift+Z", "Mod+Y"],
  unavailable: ({ history }) => (!history || history.redo ? undefined : t("history.nothing_to_redo")),
  run: (context) => context.redo(),
};
