/** What can be done with examples: one record each, used by button, shortcut and help page. */
import type { Action, BoundAction } from "../../actions/action";
import { bind } from "../../actions/action";
import { redo, undo, type HistoryContext } from "../../actions/history";
import { IconAdd, IconDelete } from "../../design/icons";
import { t } from "../../messages/format";

export interface ExamplesContext extends HistoryContext {
  /** The chosen example. */
  chosen: number | undefined;
  add: () => Promise<unknown>;
  remove: () => Promise<unknown>;
  search: () => unknown;
}

export const addExample: Action<ExamplesContext> = {
  id: "example.add",
  words: "action.add_example",
  icon: IconAdd,
  shortcuts: ["Mod+N"],
  worksInText: true,
  run: (context) => context.add(),
};

export const deleteExample: Action<ExamplesContext> = {
  id: "example.delete",
  words: "action.delete_example",
  icon: IconDelete,
  shortcuts: ["Delete"],
  unavailable: ({ chosen }) => (chosen === undefined ? t("card.none.words") : undefined),
  run: (context) => context.remove(),
};

export const searchExamples: Action<ExamplesContext> = {
  id: "example.search",
  words: "action.search",
  shortcuts: ["Mod+F"],
  worksInText: true,
  run: (context) => context.search(),
};

const all = [undo, redo, addExample, deleteExample, searchExamples];

export function bindAll(context: () => ExamplesContext): BoundAction[] {
  return all.map((action) => bind(action, context));
}

/** For the help page, which shows the keys and runs nothing. */
export const projectActionsForHelp: Pick<Action<ExamplesContext>, "id" | "words" | "shortcuts">[] = all;
