/** The page in two languages: one table, typed keys. */
import { settings } from "../state/settings.svelte.ts";
import type { inspect } from "./strings/inspect.ts";
import type { kept } from "./strings/kept.ts";
import { landscape } from "./strings/landscape.ts";
import type { network } from "./strings/network.ts";
import { report } from "./strings/report.ts";
import type { samples } from "./strings/samples.ts";
import { shell } from "./strings/shell.ts";
import type { speed } from "./strings/speed.ts";
import type { surface } from "./strings/surface.ts";
import { train } from "./strings/train.ts";
import type { Entry } from "./table.ts";

export const strings = { ...shell, ...landscape, ...train, ...report } as const;
/** Those of parts that are fetched later; each brings its own. */
type Later = typeof inspect & typeof kept & typeof samples & typeof network & typeof speed & typeof surface;
export type Key = keyof typeof strings | keyof Later;
export type Language = "en" | "zh";
export type Values = Record<string, string | number>;

const preferred: Language = navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en";

/** The language in use: the visitor's choice, or the browser's. */
export function language(): Language {
  return settings.language === "auto" ? preferred : settings.language;
}

export function htmlLang(): string {
  return language() === "zh" ? "zh-CN" : "en";
}

const known: Record<string, Entry> = { ...strings };

/** Adds the strings of a part of the page, before any of it is built. */
export function bring(later: Partial<Later>): void {
  Object.assign(known, later);
}

/** Fills `{name}` in a sentence; a name without a value stays visible, so that a mistake is seen. */
export function fill(text: string, values: Values = {}): string {
  return text.replace(/\{(\w+)\}/g, (whole: string, name: string) => (name in values ? String(values[name]) : whole));
}

/** The sentence of `key` in the language in use. Reactive: read it inside a component or an effect. */
export function t(key: Key, values?: Values): string {
  return fill(known[key]?.[language() === "zh" ? 1 : 0] ?? key, values);
}

/** Whether a key built at run time (a report's code) is in the table. */
export function isKey(key: string): key is Key {
  return Object.hasOwn(known, key);
}

/** "a", "a and b", "a, b and c". */
export function list(words: readonly string[]): string {
  if (language() === "zh") return words.join("、");
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1) ?? ""}`;
}
