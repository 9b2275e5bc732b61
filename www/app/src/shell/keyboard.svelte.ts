/** One registry of keys: what is listed under `?` is what acts. */
import { untrack } from "svelte";

import type { Key } from "../i18n/index.svelte.ts";
import { settings } from "../state/settings.svelte.ts";

export interface Binding {
  /** `KeyboardEvent.key`, letters in lower case; with Ctrl (on a Mac, Command) as `ctrl+z` or `ctrl+shift+z`. */
  key: string;
  /** What it does, from the strings table. */
  does: Key;
  /** How the key is written in the list, if not as itself. */
  written?: Key;
  /** Left out when the focused figure handles the key itself; the row is then only listed. */
  run?: () => void;
}

export interface Group { title: Key; bindings: readonly Binding[] }

let groups = $state.raw<readonly Group[]>([]);

export function keyGroups(): readonly Group[] {
  return groups;
}

/** Registers keys while the component lives and `active()` holds. Call during component initialisation. */
export function useKeys(title: Key, active: () => boolean, bindings: readonly Binding[]): void {
  $effect(() => {
    if (!active()) return;
    const group: Group = { title, bindings };
    // untracked: an effect that extends the list must not depend on it
    groups = [...untrack(() => groups), group];
    return () => {
      groups = untrack(() => groups).filter((other) => other !== group);
    };
  });
}

/** The key as bindings name it. */
function named({ key, ctrlKey, metaKey, shiftKey }: KeyboardEvent): string {
  const plain = key.length === 1 ? key.toLowerCase() : key;
  return ctrlKey || metaKey ? `ctrl+${shiftKey ? "shift+" : ""}${plain}` : plain;
}

/** Whether the element under the key takes that key for itself. */
function takesKey(target: EventTarget | null, key: string): boolean {
  if (!(target instanceof HTMLElement || target instanceof SVGElement)) return false;
  if (target instanceof HTMLElement && target.isContentEditable) return true;
  const name = target.tagName.toLowerCase();
  const type = target instanceof HTMLInputElement ? target.type : "";
  if (name === "textarea") return true;
  if (name === "input" && type !== "checkbox" && type !== "range") return true;
  // text is undone where it is typed; nothing else has a use for Ctrl
  if (key.startsWith("ctrl+")) return false;
  if (name === "select") return true;
  if (type === "range") return key === "Home" || key === "End";
  return key === " " && (name === "button" || name === "a" || name === "summary" || type === "checkbox");
}

/** Hears the keys of the whole page. Call once, in the root component. */
export function followKeys(): void {
  $effect(() => {
    const hear = (event: KeyboardEvent): void => {
      const key = named(event);
      if (event.defaultPrevented || event.altKey || (!settings.singleKeys && !key.startsWith("ctrl+"))) return;
      if (document.querySelector("dialog[open]") !== null || takesKey(event.target, key)) return;
      for (const group of groups) {
        const binding = group.bindings.find((one) => one.run !== undefined && one.key === key);
        if (binding?.run === undefined) continue;
        event.preventDefault();
        binding.run();
        return;
      }
    };
    addEventListener("keydown", hear);
    return () => {
      removeEventListener("keydown", hear);
    };
  });
}
