/**
 * The cividis colour map: monotone in lightness, nearly the same with and without a red-green deficiency.
 * Ten stops of the map of Nuñez, Anderton and Renslow (PLoS ONE 13(7), 2018), linear between them.
 */
export type Rgb = readonly [red: number, green: number, blue: number];

const STOPS: readonly Rgb[] = [
  [0, 34, 78], [18, 53, 112], [59, 73, 108], [87, 93, 109], [112, 113, 115],
  [138, 134, 120], [165, 156, 116], [195, 179, 105], [225, 204, 85], [254, 232, 56],
];
const DARKEST: Rgb = [0, 34, 78];

/** The colour at `t` in 0..1; what lies outside takes the end's colour. */
export function cividis(t: number): Rgb {
  const place = Math.min(1, Math.max(0, t)) * (STOPS.length - 1);
  const index = Math.min(STOPS.length - 2, Math.floor(place));
  return mix(STOPS[index] ?? DARKEST, STOPS[index + 1] ?? DARKEST, place - index);
}

/** `from` at 0, `to` at 1. */
export function mix(from: Rgb, to: Rgb, share: number): Rgb {
  return [from[0] + (to[0] - from[0]) * share, from[1] + (to[1] - from[1]) * share, from[2] + (to[2] - from[2]) * share];
}

/** Reads `#rrggbb`, as the tokens write their colours, or `#rgb`, as a minified style sheet may. */
export function fromHex(hex: string): Rgb {
  const digits = hex.length < 7 ? hex.slice(1).replace(/./g, "$&$&") : hex.slice(1);
  const value = Number.parseInt(digits, 16);
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255];
}

export function css([red, green, blue]: Rgb): string {
  return `rgb(${red.toFixed(0)} ${green.toFixed(0)} ${blue.toFixed(0)})`;
}
