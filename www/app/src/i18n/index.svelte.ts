/** The page in two languages: one table, typed keys. */
import { settings } from "../state/settings.svelte.ts";
import { inspect } from "./strings/inspect.ts";
import { landscape } from "./strings/landscape.ts";
import { network } from "./strings/network.ts";
import { report } from "./strings/report.ts";
import { samples } from "./strings/samples.ts";
import { shell } from "./strings/shell.ts";
import { train } from "./strings/train.ts";
import type { Entry } from "./table.ts";

export const strings = { ...shell, ...landscape, ...network, ...train, ...inspect, ...samples, ...report } as const;
export type Key = keyof typeof strings;
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

/** Fills `{name}` in a sentence; a name without a value stays visible, so that a mistake is seen. */
export function fill(text: string, values: Values = {}): string {
  return text.replace(/\{(\w+)\}/g, (whole: string, name: string) => (name in values ? String(values[name]) : whole));
}

/** The sentence of `key` in the language in use. Reactive: read it inside a component or an effect. */
export function t(key: Key, values?: Values): string {
  const entry: Entry = strings[key];
  return fill(entry[language() === "zh" ? 1 : 0], values);
}

/** Whether a key built at run time (a report's code) is in the table. */
export function isKey(key: string): key is Key {
  return Object.hasOwn(strings, key);
}

/** "a", "a and b", "a, b and c". */
export function list(words: readonly string[]): string {
  if (language() === "zh") return words.join("、");
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1) ?? ""}`;
}
