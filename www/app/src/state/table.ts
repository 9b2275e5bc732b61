/**
 * Every setting of the page, declared once: its type, default, range and its name in the address.
 * Both views read and write `settings`; a shared link holds the table, so that it replays the same run.
 */
import type { LossSpec } from "saddlepoint";

import { editsSetting } from "./edits.ts";
import { choice, flag, json, number, subset, text, type Setting } from "./kinds.ts";
import { layersSetting } from "./layers.ts";
import { METHODS, SHAPES, tuningSetting } from "./tuning.ts";

/** Those that the header leads to, and one that is found in the footer. */
export const MAIN_VIEWS = ["landscape", "train"] as const;
export const VIEWS = [...MAIN_VIEWS, "speed"] as const;
export type View = (typeof VIEWS)[number];

/** The descents of the Landscape view. */
export const ARMS = ["gd", "mini", "sgd", "momentum", "nesterov", "adam"] as const;
export type Arm = (typeof ARMS)[number];
/** The descents on a function: every sort that can be told apart in one figure. */
export const FUNCTION_ARMS = [...ARMS, "rmsprop", "lion", "perturbed", "saddleFreeNewton", "dampedNewton", "newton"] as const;
export type FunctionArm = (typeof FUNCTION_ARMS)[number];

/** What the Landscape view shows the landscape of. A subject is a component of `landscape/` and a line of its `Landscape.svelte`. */
export const SUBJECTS = ["weights", "function", "network"] as const;
export type Subject = (typeof SUBJECTS)[number];

/** The planes that a network is seen on. */
export const PLANES = ["principal", "eigen", "random", "interpolation", "weights"] as const;
export type PlaneName = (typeof PLANES)[number];

/** The page itself. */
const page = {
  view: choice("view", "landscape", VIEWS),
  language: choice("lang", "auto", ["auto", "en", "zh"]),
  theme: choice("theme", "auto", ["auto", "light", "dark"]),
  singleKeys: flag("keys", true),
};

/**
 * The Landscape view. The seed was fixed before the first picture was drawn. The start lies on the ridge that leads to the
 * saddle, to three decimals (1.2757 at eta 0.1): from there full-batch descent creeps, and what noise does is seen.
 */
const landscape = {
  subject: choice("subject", "weights", SUBJECTS),
  startX: number("x", -1, { min: -2.3, max: 2.3 }),
  startY: number("y", 1.276, { min: -1.55, max: 1.55 }),
  eta: number("eta", 0.1, { min: 0.001, max: 10 }),
  steps: number("steps", 240, { min: 10, max: 2000, whole: true }),
  seed: number("seed", 7, { min: 0, max: 4294967295, whole: true }),
  batch: number("batch", 32, { min: 1, max: 442, whole: true }),
  arms: subset("arms", ["gd", "mini", "sgd"], ARMS),
  radius: number("radius", 0.3, { min: 0.01, max: 1 }),
  figure: choice("figure", "contours", ["contours", "table"]),
};

/** A network in its landscape. Rates are those that on the first network neither creep nor diverge. */
const network = {
  netOf: choice("of", "digits", ["digits", "iris"]),
  netSeed: number("nseed", 7, { min: 0, max: 4294967295, whole: true }),
  netEqual: choice("equal", "examples", ["examples", "gradients"]),
  netPasses: number("passes", 40, { min: 1, max: 100000, whole: true }),
  netBatch: number("nbatch", 32, { min: 1, max: 512, whole: true }),
  netArms: subset("narms", ["gd", "mini", "sgd"], ARMS),
  netGd: number("ngd", 0.5, { min: 0.00001, max: 100 }),
  netMini: number("nmini", 0.1, { min: 0.00001, max: 100 }),
  netSgd: number("nsgd", 0.02, { min: 0.00001, max: 100 }),
  netMomentum: number("nmom", 0.1, { min: 0.00001, max: 100 }),
  netNesterov: number("nnes", 0.1, { min: 0.00001, max: 100 }),
  netAdam: number("nadam", 0.01, { min: 0.00001, max: 100 }),
  netPlane: choice("plane", "principal", PLANES),
  netX: text("wx", 100, "dense_1.kernel[20,0]"),
  netY: text("wy", 100, "dense_2.kernel[0,0]"),
  netFigure: choice("nfig", "contours", ["contours", "relief", "table"]),
};

/** What stands in `surface` when the formula is typed. */
export const TYPED = "formula";
/** Longest formula, in letters; the core's own limit. */
const MOST_FORMULA = 1000;

/** A function in the Landscape view. The functions' names are the core's; the start and the rate are those of the first one. */
const surfaces = {
  /** A name of the core's list, `formula`, or nothing: the first of the list. */
  surface: text("f", 40),
  formula: text("formula", MOST_FORMULA),
  /** Half the height of the box of a typed formula. */
  half: number("half", 2, { min: 0.1, max: 100 }),
  fnX: number("fx", -1, { min: -1000, max: 1000 }),
  fnY: number("fy", 0.001, { min: -1000, max: 1000 }),
  fnEta: number("feta", 0.05, { min: 0.0001, max: 10 }),
  fnSteps: number("fsteps", 120, { min: 10, max: 2000, whole: true }),
  fnSeed: number("fseed", 7, { min: 0, max: 4294967295, whole: true }),
  /** Standard deviation of the gradient noise that is SGD where there are no samples. */
  sigma: number("sigma", 0.01, { min: 0, max: 10 }),
  fnBatch: number("fbatch", 4, { min: 1, max: 10000, whole: true }),
  fnArms: subset("farms", ["gd", "sgd", "adam", "saddleFreeNewton"], FUNCTION_ARMS),
};

export const LOSSES = [
  "softmaxCrossEntropy", "binaryCrossEntropy", "klDivergence", "hinge", "meanSquaredError", "halfMeanSquaredError", "meanAbsoluteError", "huber",
  "smoothL1", "logCosh",
] as const satisfies readonly LossSpec[];
/** Drawn from formulas; `examples` and `noise` are theirs. */
export const GENERATED = ["spiral", "circle", "xor", "gaussians", "drift", "outliers", "zipf"] as const;
/** Sequences drawn from the seed; `examples` and `window` are theirs. */
export const SEQUENCES = ["adding", "copy"] as const;
/** Read from the visitor's files: a table, a text, and everything else. */
export const OWN = ["csv", "text", "files"] as const;
export const SETS = ["digits", "iris", "wine", "breastCancer", "diabetes", "longley", ...GENERATED, ...SEQUENCES, ...OWN] as const;
export type SetName = (typeof SETS)[number];
/** The sets as they are offered. */
export const SET_GROUPS = {
  images: ["digits"],
  tables: ["iris", "wine", "breastCancer", "diabetes", "longley", "outliers", "zipf"],
  plane: ["spiral", "circle", "xor", "gaussians", "drift"],
  sequences: SEQUENCES,
  files: OWN,
} as const satisfies Record<string, readonly SetName[]>;
export const MISSING = ["refuse", "drop", "fill"] as const;
export const TASKS = ["classification", "regression"] as const;
export const SPLITS = ["random", "stratified", "fold"] as const;
/** Longest name of a column in an address. */
const MOST_LETTERS = 200;

function isNames(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.length <= 1000 && value.every((name) => typeof name === "string");
}

/** `fileHash` names the bytes of dropped files: a link cannot carry them, but it can tell whether they are the same. */
const HASH = /^[0-9a-f]{16}$/;

/**
 * The Train view. The first network has 4,958 weights and reads 98 per cent of the test digits after a few seconds; its
 * sizes, rate and decay were chosen on ten seeds.
 */
const train = {
  trainSet: choice("data", "digits", SETS),
  fileHash: { url: "file", initial: "", read: (text) => (text === "" || HASH.test(text) ? text : undefined), write: (value) => value } satisfies Setting<string>,
  /** The column of a table that is predicted; the core's choice if empty. */
  target: text("target", MOST_LETTERS),
  exclude: json<readonly string[]>("exclude", [], isNames),
  missing: choice("missing", "refuse", MISSING),
  task: choice("task", "auto", ["auto", ...TASKS]),
  examples: number("n", 500, { min: 10, max: 100000, whole: true }),
  /** Steps of a sequence, characters of a window. */
  window: number("T", 64, { min: 2, max: 1000, whole: true }),
  noise: number("noise", 0.05, { min: 0, max: 2 }),
  test: number("test", 797, { min: 1, max: 1000000, whole: true }),
  split: choice("split", "random", SPLITS),
  folds: number("folds", 5, { min: 2, max: 1000, whole: true }),
  /** Counted from 1, as a person does. */
  fold: number("fold", 1, { min: 1, max: 1000, whole: true }),
  layers: layersSetting("net", [
    { type: "conv2d", filters: 8, kernelSize: [3, 3], padding: "same", activation: "relu" },
    { type: "conv2d", filters: 16, kernelSize: [3, 3], padding: "same", activation: "relu" },
    { type: "maxPool2d", poolSize: [2, 2] },
    { type: "conv2d", filters: 20, kernelSize: [3, 3], padding: "same", activation: "relu" },
    { type: "maxPool2d", poolSize: [2, 2] },
    { type: "dense", units: 10, activation: "softmax" },
  ]),
  loss: choice("loss", "softmaxCrossEntropy", LOSSES),
  method: choice("method", "adam", METHODS),
  trainEta: number("lr", 0.01, { min: 0.0001, max: 1 }),
  decay: choice("decay", "linear", SHAPES),
  tuning: tuningSetting("tune"),
  trainBatch: choice("size", "32", ["full", "one", "8", "16", "32", "64", "128", "256", "512"]),
  epochs: number("epochs", 25, { min: 1, max: 10000, whole: true }),
  trainSeed: number("run", 11, { min: 0, max: 4294967295, whole: true }),
  edits: editsSetting("edits"),
  /** The share of the time, in per cent, in which the curvature is measured; no part of the run. */
  watch: choice("watch", "off", ["off", "2", "10", "30"]),
  /** What a character model writes on from, and how; no part of the run. */
  prompt: text("prompt", MOST_LETTERS),
  temperature: number("temp", 0.8, { min: 0, max: 10 }),
  /** The ridge of the least squares that stand beside a network; no part of the run. */
  ridge: number("ridge", 0, { min: 0, max: 1e6 }),
  writeSeed: number("draw", 0, { min: 0, max: 4294967295, whole: true }),
};

export const table = { ...page, ...landscape, ...surfaces, ...network, ...train };
export type Name = keyof typeof table;
export type ValueOf<S> = S extends Setting<infer T> ? T : never;
export type Settings = { [N in Name]: ValueOf<(typeof table)[N]> };
