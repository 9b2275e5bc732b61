/** Contours of a slice, whose losses may span any range. */
import type { SlicePicture } from "saddlepoint";

const BANDS = 16;

/** Levels between which equal areas of the picture lie, rounded so that the number on a contour is its own. */
export function equalAreas({ values }: SlicePicture): number[] {
  const sorted = Float64Array.from(values.filter(Number.isFinite)).sort();
  const levels = new Set<number>();
  for (let k = 1; k < BANDS; k++) {
    const level = Number((sorted[Math.floor((k / BANDS) * sorted.length)] ?? 0).toPrecision(3));
    if (level > (sorted[0] ?? 0) && level < (sorted.at(-1) ?? 0)) levels.add(level);
  }
  return [...levels].sort((a, b) => a - b);
}
