/** Contours of a picture whose losses may span any range. */
const BANDS = 16;

/** Levels between which equal areas of the picture lie, rounded so that the number on a contour is its own. */
export function equalAreas({ values }: { values: Float64Array }): number[] {
  const sorted = Float64Array.from(values.filter(Number.isFinite)).sort();
  const levels = new Set<number>();
  for (let k = 1; k < BANDS; k++) {
    const level = Number((sorted[Math.floor((k / BANDS) * sorted.length)] ?? 0).toPrecision(3));
    if (level > (sorted[0] ?? 0) && level < (sorted.at(-1) ?? 0)) levels.add(level);
  }
  return [...levels].sort((a, b) => a - b);
}
