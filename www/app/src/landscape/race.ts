/** What the settings ask of the core: the network, the arms of the race, the part of the plane that is drawn. */
import type { ArmSpec, Box, LandscapeSpec, RaceSpec } from "saddlepoint";

import type { Arm, Settings } from "../state/table.ts";

/** ŷ = w2 tanh(w1 x) on one feature of the diabetes data, both standardised; no biases, so the landscape is whole. */
export const NETWORK: LandscapeSpec = {
  data: { type: "diabetes", features: ["s5"] },
  layers: [
    { type: "dense", units: 1, activation: "tanh", useBias: false },
    { type: "dense", units: 1, activation: "linear", useBias: false },
  ],
  loss: "halfMeanSquaredError",
};

/** Wide and narrow window. Units are 1 : 1 in both: eigen-directions must look perpendicular. */
export const WIDE: Box = { x: [-2.34, 2.34], y: [-1.6, 1.6] };
export const NARROW: Box = { x: [-1.75, 1.75], y: [-1.75, 1.75] };

/** Critical points are searched in one box, so that both windows show the same ones. */
export const SEARCH: Box = { x: [-2.34, 2.34], y: [-1.75, 1.75] };

/** Seeds of the strip, fixed beforehand like the figure's own. */
export const STRIP_SEEDS: readonly number[] = Array.from({ length: 20 }, (_, index) => index + 1);

function arm(id: Arm, { eta, batch }: Settings): ArmSpec {
  switch (id) {
    case "gd": return { id, optimizer: { type: "sgd", learningRate: eta }, batch: { type: "full" } };
    case "mini": return { id, optimizer: { type: "sgd", learningRate: eta }, batch: { type: "mini", size: batch } };
    case "sgd": return { id, optimizer: { type: "sgd", learningRate: eta }, batch: { type: "one" } };
    case "momentum": return { id, optimizer: { type: "momentum", learningRate: eta }, batch: { type: "full" } };
    case "nesterov": return { id, optimizer: { type: "momentum", learningRate: eta, nesterov: true }, batch: { type: "full" } };
    case "adam": return { id, optimizer: { type: "adam", learningRate: eta }, batch: { type: "full" } };
  }
}

export function raceSpec(settings: Settings): RaceSpec {
  return {
    start: [settings.startX, settings.startY], steps: settings.steps, seed: settings.seed, radius: settings.radius,
    arms: settings.arms.map((id) => arm(id, settings)),
  };
}

/** Samples one update of this arm sees. */
export function samples(id: Arm, batch: number, all: number): number {
  return id === "mini" ? Math.min(batch, all) : id === "sgd" ? 1 : all;
}
