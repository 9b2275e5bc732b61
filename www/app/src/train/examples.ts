/** A few networks to begin with. Each takes its last layer from the network that suits the set, so that it fits the targets. */
import type { LayerSpec } from "saddlepoint";

import { writeLayers } from "../state/layers.ts";

export const EXAMPLES = ["default", "linear", "relu2", "sigmoid10"] as const;
export type ExampleName = (typeof EXAMPLES)[number];

const dense = (activation: "relu" | "sigmoid"): LayerSpec => ({ type: "dense", units: 32, activation });

/** Hidden layers of each; null for those of the set's own network. */
const HIDDEN: Record<ExampleName, readonly LayerSpec[] | null> = {
  default: null,
  linear: [],
  relu2: Array.from({ length: 2 }, () => dense("relu")),
  sigmoid10: Array.from({ length: 10 }, () => dense("sigmoid")),
};

/** The layers of an example for a set that starts with `start`. */
export function exampleLayers(name: ExampleName, start: readonly LayerSpec[]): readonly LayerSpec[] {
  const hidden = HIDDEN[name];
  return hidden === null ? start : [...hidden, ...start.slice(-1)];
}

/** The examples that fit: dense layers need a dense one at the end. */
export function examplesFor(start: readonly LayerSpec[]): readonly ExampleName[] {
  return start.at(-1)?.type === "dense" ? EXAMPLES : ["default"];
}

/** The example that these layers are, if any. */
export function exampleOf(layers: readonly LayerSpec[], start: readonly LayerSpec[]): ExampleName | null {
  const text = writeLayers(layers);
  return examplesFor(start).find((name) => writeLayers(exampleLayers(name, start)) === text) ?? null;
}
