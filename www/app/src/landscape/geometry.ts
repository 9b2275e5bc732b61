/** From weights to pixels, and the places of words on the figure. */
import type { Box } from "saddlepoint";

export interface Frame {
  box: Box;
  /** The whole figure, and the plot inside it, in px. */
  width: number;
  height: number;
  left: number;
  top: number;
  plotWidth: number;
  plotHeight: number;
  x: (weight: number) => number;
  y: (weight: number) => number;
  /** Weights under a pixel. */
  invert: (px: number, py: number) => [number, number];
}

/** Beyond this many px an SVG coordinate loses its use; a descent that diverges is cut here, far outside the plot. */
const FAR = 1e5;

function within(px: number): number {
  return Math.min(FAR, Math.max(-FAR, px));
}

/** One unit is as long across as up. */
export function frameOf(box: Box, width: number, narrow: boolean): Frame {
  const left = narrow ? 30 : 38;
  const top = 4;
  const bottom = narrow ? 34 : 36;
  const plotWidth = Math.max(1, width - left - 1);
  const unit = plotWidth / (box.x[1] - box.x[0]);
  const plotHeight = Math.round(unit * (box.y[1] - box.y[0]));
  return {
    box, width, height: plotHeight + top + bottom, left, top, plotWidth, plotHeight,
    x: (weight) => within(left + (weight - box.x[0]) * unit),
    y: (weight) => within(top + (box.y[1] - weight) * unit),
    invert: (px, py) => [box.x[0] + (px - left) / unit, box.y[1] - (py - top) / unit],
  };
}

/** Whole numbers inside an interval. */
export function wholes([low, high]: readonly [number, number]): number[] {
  const found: number[] = [];
  for (let value = Math.ceil(low); value <= high; value++) found.push(value);
  return found;
}

export interface Rect { x: number; y: number; width: number; height: number }

function overlap(a: Rect, b: Rect): number {
  const w = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const h = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  return w > 0 && h > 0 ? w * h : 0;
}

/** Width of a semi-bold label at 14 px, near enough to keep words apart. */
export function textWidth(text: string): number {
  let width = 0;
  for (const letter of text) width += letter > "\u2e7f" ? 14 : 7.3;
  return width;
}

export interface Word {
  id: string;
  x: number;
  y: number;
  text: string;
  /** Distance of the word from its point. */
  gap: number;
  /** Side it stands on when all are free: an index into SIDES. */
  prefer?: number;
}
export interface Placed { id: string; x: number; y: number; anchor: "start" | "middle" | "end"; rect: Rect }

const LINE = 17;

/** The eight places about a point, the most readable first. */
const SIDES = [[1, 0], [-1, 0], [0, 1], [0, -1], [1, 1], [1, -1], [-1, 1], [-1, -1]] as const;
export const BELOW = 2;
export const ABOVE = 3;

function candidate(word: Word, [sx, sy]: readonly [number, number]): Placed {
  const width = textWidth(word.text);
  const diagonal = sx !== 0 && sy !== 0;
  const x = word.x + sx * (diagonal ? word.gap * 0.75 : word.gap);
  const y = word.y + 5 + sy * (diagonal ? word.gap + 2 : word.gap + 7);
  const anchor = sx > 0 ? "start" : sx < 0 ? "end" : "middle";
  const left = anchor === "start" ? x : anchor === "end" ? x - width : x - width / 2;
  return { id: word.id, x, y, anchor, rect: { x: left, y: y - 13, width, height: LINE } };
}

/**
 * Puts each word beside its point where it hides least. A word keeps its side while that stays free, so that names do not
 * jump about a moving mark; `sides` is that memory, by word.
 */
export function placeWords(words: readonly Word[], obstacles: readonly Rect[], plot: Rect, sides: Map<string, number>): Placed[] {
  const taken = [...obstacles, ...words.map(({ x, y }) => ({ x: x - 8, y: y - 8, width: 16, height: 16 }))];
  return words.map((word) => {
    let best: { cost: number; side: number; place: Placed } | null = null;
    for (const [side, direction] of SIDES.entries()) {
      const place = candidate(word, direction);
      const hidden = taken.reduce((sum, rect) => sum + overlap(rect, place.rect), 0);
      const outside = place.rect.width * place.rect.height - overlap(place.rect, plot);
      const cost = hidden + 3 * outside + (side === word.prefer ? 0 : (side + 1) * 4) - (sides.get(word.id) === side ? 40 : 0);
      if (best === null || cost < best.cost) best = { cost, side, place };
    }
    const chosen = best?.place ?? candidate(word, SIDES[0]);
    if (best !== null) sides.set(word.id, best.side);
    taken.push(chosen.rect);
    return chosen;
  });
}
