/** Rows of a table with bars, and figures of speed in words. */
import type { ProfileRow } from "saddlepoint";

import { fixed } from "../format.ts";

/** A kind of work. */
export type Kind = ProfileRow["class"];

export interface Head {
  text: string;
  /** Left out on a phone. */
  wide?: boolean;
}

export interface BarRow {
  id: string;
  name: string;
  /** Length of the bar, and of its dark part, as parts of the longest that there may be: 0 to 1. */
  bar: number;
  dark: number;
  cells: readonly string[];
}

/** For what a row does not have. */
export const NONE = "\u2013";

/** Milliseconds, in the unit and to the decimals that a whole of so many milliseconds is told in. */
export function time(ms: number, whole: number): string {
  const [value, all, unit] = whole < 1 ? [1000 * ms, 1000 * whole, "µs"] : [ms, whole, "ms"];
  return `${fixed(value, all >= 100 ? 1 : 2)} ${unit}`;
}

/** FLOP per second in GFLOP/s. */
export function gflops(perSecond: number): string {
  return fixed(perSecond / 1e9, 1);
}

/** A part of one, in per cent. */
export function percent(share: number): string {
  return `${fixed(100 * share, share < 0.095 ? 1 : 0)} %`;
}
