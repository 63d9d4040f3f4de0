/** What can be done from everywhere. */
import { bind, type Action, type BoundAction } from "../actions/action";
import { mainOf } from "./place";
import type { Router } from "./router.svelte";

const openHelp: Action<Router> = {
  id: "help.open",
  words: "rail.help",
  shortcuts: ["F1"],
  worksInText: true,
  run: (router) => {
    if (router.place.name !== "help") router.go({ name: "help", from: mainOf(router.place) });
  },
};

const openSettings: Action<Router> = {
  id: "settings.open",
  words: "rail.settings",
  shortcuts: ["Mod+,"],
  worksInText: true,
  run: (router) => {
    if (router.place.name !== "settings") router.go({ name: "settings", from: mainOf(router.place) });
  },
};

/** Closing the window does not end Attune while it trains; this does. */
const quitAttune: Action<() => Promise<unknown>> = {
  id: "app.quit",
  words: "action.quit",
  shortcuts: ["Mod+Q"],
  worksInText: true,
  run: (quit) => quit(),
};

export function helpActions(router: Router, quit: () => Promise<unknown>): BoundAction[] {
  return [bind(openHelp, () => router), bind(openSettings, () => router), bind(quitAttune, () => quit)];
}
