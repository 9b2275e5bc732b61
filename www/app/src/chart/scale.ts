/** Axes: which stretch of numbers to show, and which two to five of them to print. */
import { nice, ticks } from "d3-array";

export type Domain = readonly [number, number];

/** Maps a value to a pixel. */
export type Scale = (value: number) => number;

const MANTISSAS = [1, 2, 5];
const MOST_TICKS = 5;

export function makeScale(domain: Domain, [from, to]: readonly [number, number], log: boolean): Scale {
  const place = log ? Math.log : (value: number): number => value;
  const low = place(domain[0]);
  const span = place(domain[1]) - low;
  // a stretch of one value lies in the middle
  return (value) => from + (span === 0 ? 0.5 : (place(value) - low) / span) * (to - from);
}

/** The values an automatic axis has to cover: finite ones, and above zero on a log axis. */
export function extent(lists: Iterable<ArrayLike<number>>, log: boolean): Domain | null {
  let low = Infinity;
  let high = -Infinity;
  for (const list of lists) {
    for (let i = 0; i < list.length; i++) {
      const value = list[i] ?? NaN;
      if (!Number.isFinite(value) || (log && value <= 0)) continue;
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  return low <= high ? [low, high] : null;
}

/** Widens a stretch to round ends, so that a live axis moves seldom. */
export function niceDomain([low, high]: Domain, log: boolean): Domain {
  if (log) {
    const from = roundLog(low, Math.floor);
    const to = roundLog(high, Math.ceil);
    return from < to ? [from, to] : [from / 2, to * 2];
  }
  if (low === high) return low === 0 ? [0, 1] : niceDomain([Math.min(low, 0), Math.max(high, 0)], false);
  return nice(low, high, 4);
}

/** The nearest 1, 2 or 5 times a power of ten, below (`Math.floor`) or above (`Math.ceil`). */
function roundLog(value: number, direction: (x: number) => number): number {
  const exponent = Math.floor(Math.log10(value) + 1e-12);
  const steps = [...MANTISSAS.map((m) => power(exponent) * m), power(exponent + 1)];
  // a value that is round but for its last bits stays where it is
  const slack = value * 1e-9;
  if (direction === Math.floor) return [...steps].reverse().find((step) => step <= value + slack) ?? power(exponent);
  return steps.find((step) => step >= value - slack) ?? power(exponent + 1);
}

/** 10^k without the error of repeated products: 10 ** -2 is not 0.01 everywhere. */
function power(k: number): number {
  return Number(`1e${k}`);
}

/** Two to five round numbers inside the domain. */
export function axisTicks(domain: Domain, log: boolean): number[] {
  return log ? logTicks(domain) : linearTicks(domain, 4);
}

function linearTicks(domain: Domain, count: number): number[] {
  for (let wanted = count; wanted > 1; wanted--) {
    const found = ticks(...domain, wanted);
    if (found.length <= MOST_TICKS) return found;
  }
  return [...domain];
}

function logTicks([low, high]: Domain): number[] {
  const first = Math.ceil(Math.log10(low) - 1e-9);
  const last = Math.floor(Math.log10(high) + 1e-9);
  const decades = last - first + 1;
  if (decades >= 2) {
    for (const stride of [1, 2, 3, 5, 10, 20, 50, 100]) {
      const found: number[] = [];
      for (let k = Math.ceil(first / stride) * stride; k <= last; k += stride) found.push(power(k));
      if (found.length > 1 && found.length <= MOST_TICKS) return found;
    }
    return [power(first), power(last)];
  }
  const found: number[] = [];
  for (let k = first - 1; k <= last; k++) {
    for (const m of MANTISSAS) {
      const tick = Number(`${m}e${k}`);
      if (tick >= low * (1 - 1e-9) && tick <= high * (1 + 1e-9)) found.push(tick);
    }
  }
  return found.length > 1 ? found.slice(-MOST_TICKS) : [low, high];
}

/**
 * Numbers under an axis of steps: the ends and equal parts between them where they come out whole, so that the last
 * step is named; otherwise round numbers.
 */
export function stepTicks([low, high]: Domain, most = MOST_TICKS): number[] {
  const length = high - low;
  for (let parts = most - 1; parts >= 1; parts--) {
    if (parts !== 3 && Number.isInteger(length) && length % parts === 0) {
      return Array.from({ length: parts + 1 }, (_, i) => low + (i * length) / parts);
    }
  }
  return [low, high];
}

/** Moves labels apart to `gap` pixels while keeping their order and staying between `low` and `high`. */
export function spreadLabels(wanted: readonly number[], gap: number, low: number, high: number): number[] {
  const order = wanted.map((at, index) => ({ at, index })).sort((a, b) => a.at - b.at);
  let floor = low;
  for (const label of order) {
    label.at = Math.max(label.at, floor);
    floor = label.at + gap;
  }
  // what ran over the lower edge pushes its neighbours back up
  let ceiling = high;
  for (const label of order.reverse()) {
    label.at = Math.min(label.at, ceiling);
    ceiling = label.at - gap;
  }
  const placed = new Array<number>(wanted.length);
  for (const { at, index } of order) placed[index] = at;
  return placed;
}
