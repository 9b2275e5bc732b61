/** Light or dark: the visitor's choice, or the system's. Tokens follow `data-theme` on the root element. */
import { flushSync } from "svelte";

import { settings } from "../state/settings.svelte.ts";

const dark = matchMedia("(prefers-color-scheme: dark)");
const system = $state({ dark: dark.matches, printing: false });
dark.addEventListener("change", () => {
  system.dark = dark.matches;
});

// paper is light; the figures are redrawn before the browser takes the page
for (const [event, printing] of [["beforeprint", true], ["afterprint", false]] as const) {
  addEventListener(event, () => {
    flushSync(() => {
      system.printing = printing;
    });
  });
}

export function theme(): "light" | "dark" {
  if (system.printing) return "light";
  return settings.theme === "auto" ? (system.dark ? "dark" : "light") : settings.theme;
}

export function changeTheme(): void {
  settings.theme = theme() === "dark" ? "light" : "dark";
}

/** A token's value now. Reading it inside an effect or a derivation makes that follow the theme. */
export function token(name: `--${string}`): string {
  theme();
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** Sets the theme before the first paint and keeps it. Call once, in the root component. */
export function followTheme(): void {
  $effect.pre(() => {
    document.documentElement.dataset["theme"] = theme();
  });
}

const reduced = matchMedia("(prefers-reduced-motion: reduce)");

/** Whether the visitor asked for less motion. */
export function reducedMotion(): boolean {
  return reduced.matches;
}
