/** What a chart is given. Shared by both views; `Chart.svelte` says how it is drawn. */
import type { LookName } from "../marks/optimizers.ts";
import type { Domain } from "./scale.ts";

/** One line. Points that are not finite (or not above zero on a log axis) leave a gap. */
export interface Series {
  id: string;
  /** Heading of its column in the table twin. */
  name: string;
  /** Written at the line's end, with its value if wanted; "" for none. */
  label: string;
  y: ArrayLike<number>;
  /** Same length as `y`, ascending; left out for 0, 1, 2, ... */
  x?: ArrayLike<number>;
  /** Colour, mark and dash of this optimizer; left out for ink without a mark. */
  optimizer?: LookName;
  /**
   * "series" 1.75 px (the default), "path" 2 px. Without casing and mark: "fine" 1 px, and "raw", a thin pale line under
   * the others for the values of every batch, which is not in the table when another series is.
   */
  weight?: "series" | "path" | "fine" | "raw";
  /** A dash of its own instead of the optimizer's, with an open mark: training beside test, lambda_min beside lambda_max. */
  dashed?: boolean;
}

/** A place where a line ended because the next value was not finite. */
export interface Cross { x: number; y: number; label: string }

/** A line across the plot: an upright at a step, or a level. Dotted unless `solid`. */
export interface Rule { at: number; label: string; solid?: boolean }

export interface XAxis { domain: Domain; ticks?: readonly number[]; log?: boolean }

export interface YAxis {
  log?: boolean;
  /** Fixed ends. What lies outside is cut with an arrow and its value. Left out, the ends follow the data in round numbers. */
  domain?: Domain;
  /** Values the automatic ends must take in. */
  cover?: readonly number[];
  ticks?: readonly number[];
  /** "none": gridlines without numbers, for the second and third of a row that shares one scale. */
  numbers?: "left" | "none";
}
