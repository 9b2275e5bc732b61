/** The settings in force, read from the address and written back to it. */
import type { Setting } from "./kinds.ts";
import { table, type Name, type Settings } from "./table.ts";

const names = Object.keys(table) as Name[];

/** One row of the table with its type forgotten; the pair of `read` and `write` of one row always fits itself. */
function row(name: Name): Setting<unknown> {
  return table[name];
}

/** Settings of an address; what it leaves out or writes wrongly takes its default. */
export function fromQuery(query: string): Settings {
  const parameters = new URLSearchParams(query);
  const values: Record<string, unknown> = {};
  for (const name of names) {
    const text = parameters.get(row(name).url);
    values[name] = (text === null ? undefined : row(name).read(text)) ?? row(name).initial;
  }
  return values as Settings;
}

/** The address of these settings: what differs from the default, or with `whole` everything, so that a link outlives a change of defaults. */
export function toQuery(values: Settings, whole = false): string {
  const parameters = new URLSearchParams();
  for (const name of names) {
    const text = row(name).write(values[name]);
    if (whole || text !== row(name).write(row(name).initial)) parameters.set(row(name).url, text);
  }
  const query = parameters.toString().replace(/%2C/g, ",");
  return query === "" ? "" : `?${query}`;
}

export const settings: Settings = $state(fromQuery(location.search));

/** A link to this page as it stands. Language and theme are left to the reader. */
export function shareLink(): string {
  const values = { ...settings, language: table.language.initial, theme: table.theme.initial, singleKeys: table.singleKeys.initial };
  return `${location.origin}${location.pathname}${toQuery(values, true)}`;
}

/**
 * Keeps the address in step. Call once, in the root component. A change of view is a place to come back to; other
 * changes replace the address, at most five times a second: browsers refuse more while a slider is dragged.
 */
export function followAddress(): void {
  let view = settings.view;
  let timer: ReturnType<typeof setTimeout> | undefined;
  $effect(() => {
    const query = toQuery(settings);
    const address = `${location.pathname}${query}`;
    if (settings.view !== view) {
      view = settings.view;
      clearTimeout(timer);
      if (query !== location.search) history.pushState(null, "", address);
      return;
    }
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (query !== location.search) history.replaceState(null, "", address);
    }, 200);
  });
  $effect(() => {
    const back = (): void => {
      Object.assign(settings, fromQuery(location.search));
    };
    addEventListener("popstate", back);
    return () => {
      removeEventListener("popstate", back);
    };
  });
}
