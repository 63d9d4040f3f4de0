/** Writes the route into the document: its title for people, `data-route` for tests of the real window. */
import { t } from "../messages/format";

export function showRoute(read: () => { route: string; title: string }): void {
  $effect(() => {
    const { route, title } = read();
    document.documentElement.dataset["route"] = route;
    document.title = t("app.title", { screen: title });
  });
}
