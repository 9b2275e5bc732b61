/** One sentence in both languages. `{name}` is filled in; `*x*` is set in italics, `_{max}` as a subscript. */
export type Entry = readonly [en: string, zh: string];
export type Table = Record<string, Entry>;
