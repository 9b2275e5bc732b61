/**
 * Layers as text short enough for an address: `c8-3-same-relu_m2_d10` is a convolution of 8 filters of 3 x 3, a max pool
 * of 2 and a dense layer of 10 units. What is left out takes the core's default.
 */
import type { Activation, Initializer, LayerSpec, Padding } from "saddlepoint";

import type { Setting } from "./kinds.ts";

export const ACTIVATIONS = ["linear", "relu", "leakyRelu", "tanh", "sigmoid", "softmax"] as const satisfies readonly Activation[];
export const PADDINGS = ["valid", "same"] as const satisfies readonly Padding[];
const INITIALIZERS = ["glorotUniform", "glorotNormal", "heUniform", "heNormal", "lecunUniform", "lecunNormal", "zeros"] as const;
const MOST_LAYERS = 64;
const MOST_UNITS = 65536;

type Pair = [number, number];
type DenseSpec = Extract<LayerSpec, { type: "dense" }>;
type ConvSpec = Extract<LayerSpec, { type: "conv2d" }>;
type PoolSpec = Extract<LayerSpec, { type: "maxPool2d" | "averagePool2d" }>;

export function layersSetting(url: string, initial: readonly LayerSpec[]): Setting<readonly LayerSpec[]> {
  return { url, initial, read: readLayers, write: writeLayers };
}

export function writeLayers(layers: readonly LayerSpec[]): string {
  return layers.map(writeLayer).join("_");
}

export function readLayers(text: string): readonly LayerSpec[] | undefined {
  const parts = text.split("_");
  if (text === "" || parts.length > MOST_LAYERS) return undefined;
  const layers = parts.map(readLayer);
  return layers.every((layer) => layer !== undefined) ? layers : undefined;
}

function pair([a, b]: Pair): string {
  return a === b ? String(a) : `${String(a)}x${String(b)}`;
}

function writeLayer(layer: LayerSpec): string {
  const words: string[] = [];
  switch (layer.type) {
    case "dense":
      words.push(`d${String(layer.units)}`);
      break;
    case "conv2d":
      words.push(`c${String(layer.filters)}`, pair(layer.kernelSize));
      if (layer.strides) words.push(`s${pair(layer.strides)}`);
      if (layer.padding) words.push(layer.padding);
      if (layer.dilation) words.push(`l${pair(layer.dilation)}`);
      if (layer.groups !== undefined) words.push(`g${String(layer.groups)}`);
      break;
    case "maxPool2d":
    case "averagePool2d":
      words.push(`${layer.type === "maxPool2d" ? "m" : "a"}${pair(layer.poolSize)}`);
      if (layer.strides) words.push(`s${pair(layer.strides)}`);
      if (layer.padding) words.push(layer.padding);
      break;
    case "flatten":
      words.push("f");
      break;
    case "activation":
      words.push("t", layer.activation);
  }
  if (layer.type === "dense" || layer.type === "conv2d") {
    if (layer.activation) words.push(layer.activation);
    if (layer.useBias === false) words.push("nobias");
    if (layer.initializer) words.push(writeInitializer(layer.initializer));
  }
  return words.join("-");
}

function writeInitializer(initializer: Initializer): string {
  if (initializer.type === "normal") return `normal${String(initializer.stddev)}`;
  if (initializer.type === "uniform") return `uniform${String(initializer.limit)}`;
  return initializer.type;
}

function readLayer(text: string): LayerSpec | undefined {
  const [head = "", ...words] = text.split("-");
  const kind = head.charAt(0);
  const size = head.slice(1);
  switch (kind) {
    case "d": {
      const units = whole(size);
      return units === undefined ? undefined : readWords<DenseSpec>({ type: "dense", units }, words);
    }
    case "c": {
      const filters = whole(size);
      const kernelSize = readPair(words.shift() ?? "");
      return filters === undefined || !kernelSize ? undefined : readWords<ConvSpec>({ type: "conv2d", filters, kernelSize }, words);
    }
    case "m":
    case "a": {
      const poolSize = readPair(size);
      return poolSize ? readWords<PoolSpec>({ type: kind === "m" ? "maxPool2d" : "averagePool2d", poolSize }, words) : undefined;
    }
    case "f":
      return text === "f" ? { type: "flatten" } : undefined;
    case "t": {
      const activation = ACTIVATIONS.find((one) => one === words[0]);
      return activation && size === "" && words.length === 1 ? { type: "activation", activation } : undefined;
    }
    default:
      return undefined;
  }
}

/** Adds what the words after the size say; a word that fits no field of the layer makes the whole text invalid. */
function readWords<L extends DenseSpec | ConvSpec | PoolSpec>(layer: L, words: readonly string[]): L | undefined {
  const fields: Record<string, unknown> = {};
  const weighted = layer.type === "dense" || layer.type === "conv2d";
  const spatial = layer.type !== "dense";
  for (const word of words) {
    const padding = PADDINGS.find((one) => one === word);
    const activation = ACTIVATIONS.find((one) => one === word);
    const initializer = readInitializer(word);
    const size = readPair(word.slice(1));
    if (spatial && padding) fields["padding"] = padding;
    else if (weighted && activation) fields["activation"] = activation;
    else if (weighted && word === "nobias") fields["useBias"] = false;
    else if (weighted && initializer) fields["initializer"] = initializer;
    else if (spatial && size && word.startsWith("s")) fields["strides"] = size;
    else if (layer.type === "conv2d" && size && word.startsWith("l")) fields["dilation"] = size;
    else if (layer.type === "conv2d" && size && word.startsWith("g") && !word.includes("x")) fields["groups"] = size[0];
    else return undefined;
  }
  return { ...layer, ...fields };
}

function readInitializer(word: string): Initializer | undefined {
  const type = INITIALIZERS.find((one) => one === word);
  if (type) return { type };
  const [, name, number] = /^(normal|uniform)(\d*\.?\d+)$/.exec(word) ?? [];
  if (name === "normal") return { type: "normal", stddev: Number(number) };
  if (name === "uniform") return { type: "uniform", limit: Number(number) };
  return undefined;
}

function whole(text: string): number | undefined {
  const value = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  return value >= 1 && value <= MOST_UNITS ? value : undefined;
}

function readPair(text: string): Pair | undefined {
  const [a, b] = text.split("x");
  const first = whole(a ?? "");
  const second = b === undefined ? first : whole(b);
  return first !== undefined && second !== undefined && text.split("x").length <= 2 ? [first, second] : undefined;
}
