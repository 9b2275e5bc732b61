/** The layers of a network as a person counts them: weights, and the normalisation and activation that follow. */
import type { LayerSpec, LayerStatistics } from "saddlepoint";

import type { LayerType } from "../state/layers.ts";

export interface Block {
  /** The layer with the weights. */
  layer: LayerStatistics;
  /** The layer whose outputs are looked at: itself, or the activation that follows it. */
  outputs: LayerStatistics;
}

/** Layers that belong to the one before them. */
const FOLLOWERS: ReadonlySet<LayerType> = new Set<LayerType>([
  "batchNormalization", "layerNormalization", "groupNormalization", "rmsNormalization", "activation", "prelu", "dropout", "spatialDropout2d", "gaussianNoise",
]);

/** One block for each layer with weights that is no follower of another. */
export function blocksOf(seen: readonly LayerStatistics[], layers: readonly LayerSpec[]): Block[] {
  const follows = (index: number): boolean => {
    const layer = layers[index];
    return layer !== undefined && FOLLOWERS.has(layer.type);
  };
  return seen.flatMap((layer, index) => {
    if (layer.weights === null || (index > 0 && follows(index))) return [];
    let outputs = layer;
    for (let next = index + 1; follows(next); next++) {
      const one = seen[next];
      if (one && layers[next]?.type === "activation") outputs = one;
    }
    return [{ layer, outputs }];
  });
}
