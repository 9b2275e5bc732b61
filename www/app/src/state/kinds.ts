/** The kinds of setting a table row may have. Each reads itself from a link and writes itself into one. */

export interface Setting<T> {
  /** Its name in the address. */
  readonly url: string;
  readonly initial: T;
  /** The value a link's text stands for, or undefined if it is outside the range: then the default is used. */
  read(text: string): T | undefined;
  write(value: T): string;
}

export interface NumberSetting extends Setting<number> {
  readonly min: number;
  readonly max: number;
  readonly whole: boolean;
  /** The nearest value in the range. */
  clamp(value: number): number;
}

interface Range { min: number; max: number; whole?: boolean }

export function number(url: string, initial: number, { min, max, whole = false }: Range): NumberSetting {
  const clamp = (value: number): number => Math.min(max, Math.max(min, whole ? Math.round(value) : value));
  return {
    url, initial, min, max, whole, clamp,
    read(text) {
      const value = Number(text);
      return text.trim() !== "" && Number.isFinite(value) && clamp(value) === value ? value : undefined;
    },
    // the shortest text that reads back as the same double: a link replays the run to the bit
    write: (value) => String(value),
  };
}

export interface ChoiceSetting<T extends string> extends Setting<T> { readonly options: readonly T[] }

export function choice<const T extends string>(url: string, initial: NoInfer<T>, options: readonly T[]): ChoiceSetting<T> {
  return { url, initial, options, read: (text) => options.find((option) => option === text), write: (value) => value };
}

export interface SubsetSetting<T extends string> extends Setting<readonly T[]> { readonly options: readonly T[] }

/** Some of the options, always in the table's order. */
export function subset<const T extends string>(url: string, initial: readonly NoInfer<T>[], options: readonly T[]): SubsetSetting<T> {
  return {
    url, initial, options,
    read(text) {
      const names = text === "" ? [] : text.split(",");
      return names.every((name) => options.some((option) => option === name)) ? options.filter((option) => names.includes(option)) : undefined;
    },
    write: (value) => options.filter((option) => value.includes(option)).join(","),
  };
}

export function flag(url: string, initial: boolean): Setting<boolean> {
  return { url, initial, read: (text) => (text === "1" ? true : text === "0" ? false : undefined), write: (value) => (value ? "1" : "0") };
}

/** A word or a sentence. */
export function text(url: string, most: number, initial = ""): Setting<string> {
  return { url, initial, read: (value) => (value.length <= most ? value : undefined), write: (value) => value };
}

/** A value of any shape, kept as JSON; `check` refuses what a hand-edited link may hold. */
export function json<T>(url: string, initial: T, check: (value: unknown) => value is T): Setting<T> {
  return {
    url, initial,
    read(text) {
      try {
        const value: unknown = JSON.parse(text);
        return check(value) ? value : undefined;
      } catch {
        return undefined;
      }
    },
    write: (value) => JSON.stringify(value),
  };
}
