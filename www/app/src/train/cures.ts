/** Two ways to let the gradient through a deep network: each rewrites the hidden layers and leaves the rest. */
import type { Activation, LayerSpec } from "saddlepoint";

export const CURES = ["normalized", "rectified"] as const;
export type Cure = (typeof CURES)[number];

/** Layers of weights whose activation may be any: recurrent ones have theirs. */
const WEIGHTED = ["dense", "conv2d", "depthwiseConv2d", "conv2dTranspose", "locallyConnected2d"] as const satisfies readonly LayerSpec["type"][];
type Weighted = Extract<LayerSpec, { type: (typeof WEIGHTED)[number] }>;

/** The layers with this cure; those that are not changed by it stay the very same. */
export function cured(layers: readonly LayerSpec[], cure: Cure): LayerSpec[] {
  const output = layers.findLastIndex((layer) => "units" in layer || "filters" in layer);
  return layers.flatMap((layer, index) => {
    if (index >= output) return [layer];
    const before = layers[index - 1];
    const after = layers[index + 1];
    return cure === "normalized" ? normalized(layer, before) : rectified(layer, after);
  });
}

/** Whether the cure would change anything. */
export function cures(layers: readonly LayerSpec[], cure: Cure): boolean {
  return JSON.stringify(cured(layers, cure)) !== JSON.stringify(layers);
}

/** Batch normalisation between weights and tanh: no layer is driven to where tanh is flat (Ioffe, Szegedy 2015). */
function normalized(layer: LayerSpec, before: LayerSpec | undefined): LayerSpec[] {
  const tanh: LayerSpec[] = [{ type: "batchNormalization" }, { type: "activation", activation: "tanh" }];
  if (layer.type === "activation") return before?.type === "batchNormalization" ? [{ ...layer, activation: "tanh" }] : tanh;
  if (!isWeighted(layer) || !curved(layer.activation)) return [layer];
  const plain = { ...layer };
  delete plain.activation;
  // its own usual one, which suits tanh
  delete plain.initializer;
  return [plain, ...tanh];
}

/** ReLU passes the gradient of every positive input whole, and He's weights keep its size (He, Zhang, Ren, Sun 2015). */
function rectified(layer: LayerSpec, after: LayerSpec | undefined): LayerSpec[] {
  if (layer.type === "activation") return [{ ...layer, activation: "relu" }];
  if (!isWeighted(layer)) return [layer];
  const initializer = { type: "heNormal" } as const;
  if (curved(layer.activation)) return [{ ...layer, activation: "relu", initializer }];
  return after?.type === "batchNormalization" || after?.type === "activation" ? [{ ...layer, initializer }] : [layer];
}

function isWeighted(layer: LayerSpec): layer is Weighted {
  return WEIGHTED.some((type) => type === layer.type);
}

function curved(activation: Activation | undefined): boolean {
  return activation !== undefined && activation !== "linear";
}
