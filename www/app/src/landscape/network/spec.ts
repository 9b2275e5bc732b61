/** What the settings ask of the core: the network, the arms of its race, the planes. */
import type { ArmSpec, Box, NetworkRaceSpec, NetworkSpec, PathOnPlane, Plane, PlaneChoice, RunSpec, Trajectory } from "saddlepoint";

import type { Arm, PlaneName, Settings } from "../../state/table.ts";

/** The network a visitor meets first: small enough that its whole Hessian can be had, 1,210 weights. */
export function digitsNetwork(seed: number): NetworkSpec {
  return {
    data: { type: "digits" },
    layers: [{ type: "flatten" }, { type: "dense", units: 16, activation: "tanh" }, { type: "dense", units: 10, activation: "softmax" }],
    loss: "softmaxCrossEntropy", test: 797, seed, examples: EXAMPLES,
  };
}

/** A network of 55 weights on all of iris, whose critical points are found in a moment; the penalty gives it minima. */
export function irisNetwork(seed: number): NetworkSpec {
  const dense = (units: number, activation: "tanh" | "softmax") => ({ type: "dense", units, activation }) as const;
  return { data: { type: "iris" }, layers: [dense(4, "tanh"), dense(4, "tanh"), dense(3, "softmax")], loss: "softmaxCrossEntropy", l2: 1e-3, seed };
}

/** Examples that the landscape is the mean over. */
const EXAMPLES = 512;
/** Points recorded of each path: the principal plane takes about two hundred of all arms together. */
export const POINTS = 40;
/** Points of the picture along x and y: all sides divide into a coarse picture of 9 or 13. */
const GRIDS = { wide: [{ columns: 73, rows: 49 }, { columns: 49, rows: 33 }, { columns: 25, rows: 17 }], narrow: [{ columns: 49, rows: 49 }, { columns: 33, rows: 33 }, { columns: 17, rows: 17 }] } as const;
/** Milliseconds of one core that a picture may take; a network that is slow to evaluate is drawn with fewer points. */
const PATIENCE = 40_000;

/** How finely a picture is drawn if a point takes `pace` milliseconds. */
export function gridFor(pace: number, narrow: boolean): { columns: number; rows: number } {
  const grids = GRIDS[narrow ? "narrow" : "wide"];
  return grids.find(({ columns, rows }) => columns * rows * pace <= PATIENCE) ?? grids[2];
}

/** Of the three small ones that are compared. */
export const SMALL = { columns: 33, rows: 33 };

/** A network in training, on the first of its own training examples. */
export function trainedNetwork({ data, layers, loss, test, split, seed, regularization }: RunSpec): NetworkSpec {
  return { data, layers, loss, test, ...(split ? { split } : {}), seed, examples: EXAMPLES, l2: regularization?.l2 ?? 0 };
}

export const RATES = { gd: "netGd", mini: "netMini", sgd: "netSgd", momentum: "netMomentum", nesterov: "netNesterov", adam: "netAdam" } as const satisfies Record<Arm, keyof Settings>;

function arm(id: Arm, settings: Settings): ArmSpec {
  const learningRate = settings[RATES[id]];
  switch (id) {
    case "gd": return { id, optimizer: { type: "sgd", learningRate }, batch: { type: "full" } };
    case "mini": return { id, optimizer: { type: "sgd", learningRate }, batch: { type: "mini", size: settings.netBatch } };
    case "sgd": return { id, optimizer: { type: "sgd", learningRate }, batch: { type: "one" } };
    case "momentum": return { id, optimizer: { type: "momentum", learningRate }, batch: { type: "full" } };
    case "nesterov": return { id, optimizer: { type: "momentum", learningRate, nesterov: true }, batch: { type: "full" } };
    case "adam": return { id, optimizer: { type: "adam", learningRate }, batch: { type: "full" } };
  }
}

export function raceSpec(settings: Settings, examples: number): NetworkRaceSpec {
  const { netEqual: equal, netPasses: passes, netSeed: seed } = settings;
  return {
    seed, equal, budget: equal === "examples" ? passes * examples : passes, points: Math.min(POINTS, passes),
    arms: settings.netArms.map((id) => arm(id, settings)),
  };
}

/** Rates that are tried, as multiples of the one that is set: three a decade. */
const FACTORS = [0.01, 0.0215, 0.0464, 0.1, 0.215, 0.464, 1, 2.15, 4.64, 10];
/** Seeds over which losses are compared, fixed beforehand. */
export const SEEDS: readonly number[] = Array.from({ length: 10 }, (_, index) => index + 1);

/** The same descent at several rates; only where it ends counts. */
export function sweepSpec(id: Arm, settings: Settings, examples: number): { arm: Arm; rates: number[]; spec: NetworkRaceSpec } {
  const rates = FACTORS.map((factor) => Number((factor * settings[RATES[id]]).toPrecision(3)));
  const arms = rates.map((rate, i) => ({ ...arm(id, { ...settings, [RATES[id]]: rate }), id: `${id}-${String(i)}` }));
  return { arm: id, rates, spec: { ...raceSpec(settings, examples), points: 1, arms } };
}

/** Median and quartiles; between two values in the middle of theirs. */
export function quartiles(values: readonly number[]): { low: number; median: number; high: number } {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): number => {
    const place = share * (sorted.length - 1);
    const [below, above] = [sorted[Math.floor(place)] ?? NaN, sorted[Math.ceil(place)] ?? NaN];
    return below + (above - below) * (place - Math.floor(place));
  };
  return { low: at(0.25), median: at(0.5), high: at(0.75) };
}

/** What a race is measured in. */
export function spent(path: Trajectory, equal: Settings["netEqual"]): Float64Array {
  return equal === "examples" ? path.examples : path.updates;
}

/** The last recorded point of a path at a share of the budget. */
export function pointAt(path: Trajectory, equal: Settings["netEqual"], amount: number): number {
  const marks = spent(path, equal);
  let index = 0;
  while (index + 1 < marks.length && (marks[index + 1] ?? Infinity) <= amount + 1e-9) index++;
  return index;
}

/** Weights at a recorded point. */
export function thetaAt(path: Trajectory, parameters: number, index: number): Float64Array {
  return path.thetas.slice(index * parameters, (index + 1) * parameters);
}

/** The plane of that name for these paths; null if they do not have what it needs. */
export function choiceOf(name: PlaneName, paths: readonly Trajectory[], parameters: number, settings: Settings, at: Float64Array): PlaneChoice | null {
  const [first] = paths;
  const last = paths.at(-1);
  const end = (path: Trajectory): Float64Array => thetaAt(path, parameters, path.loss.length - 1);
  switch (name) {
    case "principal": return paths.length === 0 ? null : { type: name, paths: paths.map(({ thetas }) => thetas) };
    case "random": return { type: name, at, seed: settings.netSeed };
    case "eigen": return { type: name, at };
    case "weights": return { type: name, at, weights: [settings.netX, settings.netY] };
    case "interpolation": return first && last && first !== last ? { type: name, points: [end(first), end(last), thetaAt(first, parameters, 0)] } : null;
  }
}

/** What is drawn of a plane: all of the paths with a margin, and not less than `least` to each side, `ratio` times as wide as high. */
export function boxOf(plane: Plane, seen: readonly PathOnPlane[], ratio: number): Box {
  let [left, right, low, high] = [Infinity, -Infinity, Infinity, -Infinity];
  for (const { at } of seen) {
    for (let i = 0; i + 1 < at.length; i += 2) {
      [left, right] = [Math.min(left, at[i] ?? 0), Math.max(right, at[i] ?? 0)];
      [low, high] = [Math.min(low, at[i + 1] ?? 0), Math.max(high, at[i + 1] ?? 0)];
    }
  }
  if (left > right) [left, right, low, high] = [0, 0, 0, 0];
  const least = plane.unit === undefined ? 0.5 : plane.unit;
  const half = Math.max(0.6 * (high - low), (0.6 * (right - left)) / ratio, least / (plane.unit === undefined ? 1 : ratio));
  const [x, y] = [(left + right) / 2, (low + high) / 2];
  return { x: [x - half * ratio, x + half * ratio], y: [y - half, y + half] };
}

/** How far about a point its curvature is drawn, as a share of the length of all weights: near enough to be the point's own. */
const ABOUT = 0.2;

/** What is drawn about a point: as far to each side. */
export function boxAbout({ origin }: Plane): Box {
  const half = Math.max(0.1, ABOUT * Math.sqrt(origin.reduce((sum, w) => sum + w * w, 0)));
  return { x: [-half, half], y: [-half, half] };
}
