/** Light, dark, or as the system says and as it changes. */
import type { Theme } from "../generated/types";

const dark = typeof matchMedia === "function" ? matchMedia("(prefers-color-scheme: dark)") : undefined;
let chosen: Theme = "system";

function apply(): void {
  const isDark = chosen === "dark" || (chosen === "system" && dark?.matches === true);
  document.documentElement.dataset["theme"] = isDark ? "dark" : "light";
}

export function useTheme(theme: Theme): void {
  chosen = theme;
  apply();
}

/** Called once, before anything is drawn. */
export function followSystemTheme(): void {
  dark?.addEventListener("change", apply);
  apply();
}
