/** Lines as SVG paths, and what the table twin and the labels read off them. */
import type { Scale } from "./scale.ts";
import type { Series } from "./types.ts";

export interface Point { x: number; y: number }

export function xOf(series: Series, index: number): number {
  return series.x?.[index] ?? index;
}

/** How many points lie at or before `until`. */
export function pointsUntil(series: Series, until: number | null): number {
  const total = series.y.length;
  if (until === null) return total;
  let low = 0;
  let high = total;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (xOf(series, middle) <= until) low = middle + 1;
    else high = middle;
  }
  return low;
}

function drawable(value: number, log: boolean): boolean {
  return Number.isFinite(value) && (!log || value > 0);
}

/** The first points of a line as one path, to a tenth of a pixel; what cannot be drawn leaves a gap, and a lone point a dot. */
export function pathOf(series: Series, points: number, sx: Scale, sy: Scale, log: boolean): string {
  let path = "";
  let run = 0;
  for (let i = 0; i <= points; i++) {
    const y = i < points ? (series.y[i] ?? NaN) : NaN;
    if (drawable(y, log)) {
      path += `${run === 0 ? "M" : "L"}${String(tenth(sx(xOf(series, i))))},${String(tenth(sy(y)))}`;
      run += 1;
    } else {
      if (run === 1) path += "Z";
      run = 0;
    }
  }
  return path;
}

function tenth(value: number): number {
  return Math.round(value * 10) / 10;
}

/** The last point that can be drawn: where a line ends. */
export function lineEnd(series: Series, points: number, log: boolean): Point | null {
  for (let i = points - 1; i >= 0; i--) {
    const y = series.y[i] ?? NaN;
    if (drawable(y, log)) return { x: xOf(series, i), y };
  }
  return null;
}

const MOST_ROWS = 100;

/** Rows of the table twin: at most a hundred, evenly spaced, the last one always there. */
export function tableRows(series: readonly Series[], until: number | null): { columns: readonly Series[]; rows: { x: number; values: (number | null)[] }[] } {
  const measured = series.filter((one) => one.weight !== "raw");
  const columns = measured.length > 0 ? measured : series;
  const places = new Set<number>();
  for (const one of columns) {
    const points = pointsUntil(one, until);
    for (let i = 0; i < points; i++) places.add(xOf(one, i));
  }
  const sorted = [...places].sort((a, b) => a - b);
  const stride = Math.ceil(sorted.length / MOST_ROWS);
  const chosen = sorted.filter((_, i) => (sorted.length - 1 - i) % Math.max(1, stride) === 0);
  const rows = chosen.map((x) => ({
    x,
    values: columns.map((one) => {
      const points = pointsUntil(one, x);
      const at = points - 1;
      return at >= 0 && xOf(one, at) === x ? (one.y[at] ?? null) : null;
    }),
  }));
  return { columns, rows };
}
