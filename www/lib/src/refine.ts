/** A picture from coarse to fine: the points of a grid in the order in which they are wanted. */

/** Fewest steps between points along a side of the first picture. */
const COARSE = 8;

/**
 * How far apart the points of each picture are, in points of the last one: divisors of both sides, the largest that leaves eight
 * steps first. 51 x 51 points come as 11 x 11 and then whole.
 */
export function strides(columns: number, rows: number): number[] {
  const both: number[] = [];
  const [a, b] = [columns - 1, rows - 1];
  for (let d = Math.floor(Math.min(a, b) / COARSE); d > 1; d--) {
    const before = both.at(-1);
    // each picture has its points on the next one, and at least twice as many along a side
    if (a % d === 0 && b % d === 0 && (before === undefined || (before % d === 0 && before >= 2 * d))) both.push(d);
  }
  return [...both, 1];
}

/** Places in the grid, row by row, that belong to a picture and not to one before. */
export function places(columns: number, rows: number, stride: number, before: number | undefined): number[] {
  const found: number[] = [];
  for (let row = 0; row < rows; row += stride) {
    for (let column = 0; column < columns; column += stride) {
      const known = before !== undefined && row % before === 0 && column % before === 0;
      if (!known) found.push(row * columns + column);
    }
  }
  return found;
}

/** Every `stride`-th value of each `stride`-th row. */
export function thinned(values: Float64Array, columns: number, rows: number, stride: number): Float64Array {
  const across = (columns - 1) / stride + 1;
  const up = (rows - 1) / stride + 1;
  return Float64Array.from({ length: across * up }, (_, i) => values[Math.floor(i / across) * stride * columns + (i % across) * stride] ?? NaN);
}
