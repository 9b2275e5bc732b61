/**
 * Every setting of the page, declared once: its type, default, range and its name in the address.
 * Both views read and write `settings`; a shared link holds the table, so that it replays the same run.
 */
import { choice, flag, number, subset, type Setting } from "./kinds.ts";

export const VIEWS = ["landscape", "train"] as const;
export type View = (typeof VIEWS)[number];

/** The descents of the Landscape view. */
export const ARMS = ["gd", "mini", "sgd", "momentum", "nesterov", "adam"] as const;
export type Arm = (typeof ARMS)[number];

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

/** The Train view. */
const train = {};

export const table = { ...page, ...landscape, ...train };
export type Name = keyof typeof table;
export type ValueOf<S> = S extends Setting<infer T> ? T : never;
export type Settings = { [N in Name]: ValueOf<(typeof table)[N]> };
