/** Things of the Train view in the page's words. */
import type { Activation, LayerSpec } from "saddlepoint";

import { count, fixed, short } from "../format.ts";
import { t } from "../i18n/index.svelte.ts";
import type { LayerType } from "../state/layers.ts";

/** 8 × 8 × 1. */
export function extents(shape: readonly number[]): string {
  return shape.map(count).join(" × ");
}

/** The name of an activation, with its parameters if they are not the usual ones: "leaky ReLU 0.2". */
export function activationName(activation: Activation): string {
  if (typeof activation === "string") return t(`activation.${activation}`);
  const { type, ...numbers } = activation;
  return [t(`activation.${type}`), ...Object.values(numbers).map((value: number) => short(value, 2))].join(" ");
}

/** What a layer is set to, beside its name: "8 of 3 × 3, ReLU". */
export function layerDetail(layer: LayerSpec): string {
  const words: string[] = [];
  switch (layer.type) {
    case "conv2d":
    case "conv2dTranspose":
    case "locallyConnected2d":
      words.push(t("layer.conv.detail", { filters: layer.filters, kernel: extents(layer.kernelSize) }));
      break;
    case "depthwiseConv2d":
      words.push(t("layer.depthwise.detail", { filters: layer.depthMultiplier ?? 1, kernel: extents(layer.kernelSize) }));
      break;
    case "maxPool2d":
      words.push(t("layer.max.detail", { size: extents(layer.poolSize) }));
      break;
    case "averagePool2d":
      words.push(t("layer.average.detail", { size: extents(layer.poolSize) }));
      break;
    case "globalAveragePool2d":
      words.push(t("layer.globalAverage.detail"));
      break;
    case "globalMaxPool2d":
      words.push(t("layer.globalMax.detail"));
      break;
    case "reshape":
      words.push(extents(layer.shape));
      break;
    case "groupNormalization":
      words.push(t("layer.groups.detail", { groups: layer.groups }));
      break;
    case "dropout":
    case "spatialDropout2d":
      words.push(t("layer.rate.detail", { rate: short(layer.rate * 100, 2) }));
      break;
    case "gaussianNoise":
      words.push(t("layer.noise.detail", { stddev: short(layer.stddev, 2) }));
      break;
    case "embedding":
      words.push(t("layer.embedding.detail", { vocabulary: layer.vocabulary, units: layer.units }));
      break;
    case "simpleRnn":
    case "lstm":
    case "gru":
      if (layer.bidirectional) words.push(t("layer.bidirectional.detail"));
      if (layer.returnSequences) words.push(t("layer.sequences.detail"));
      break;
    case "multiHeadAttention":
      words.push(t("layer.heads.detail", { heads: layer.heads }));
      if (layer.causal) words.push(t("layer.causal.detail"));
      break;
    case "residual":
      words.push(t("layer.residual.detail", { layers: inner(layer.layers) }));
      break;
    case "concatenate":
      words.push(layer.branches.map(inner).join(" | "));
      break;
    default:
  }
  if ("strides" in layer) words.push(t("layer.stride.detail", { stride: extents(layer.strides) }));
  if ("activation" in layer && (layer.type === "activation" || layer.activation !== "linear")) words.push(activationName(layer.activation));
  return words.join(t("comma"));
}

/** The layers of a branch by their kinds. */
function inner(layers: readonly LayerSpec[]): string {
  return layers.length === 0 ? "x" : layers.map((one) => t(`layer.${one.type}`)).join(" → ");
}

/** What the core's names of layers begin with, where it is not the type. */
const STEMS: Partial<Record<LayerType, string>> = {
  conv2d: "conv", maxPool2d: "pool", averagePool2d: "pool", depthwiseConv2d: "depthwise", conv2dTranspose: "conv_transpose",
  locallyConnected2d: "local", globalAveragePool2d: "global_pool", globalMaxPool2d: "global_pool", batchNormalization: "bn",
  layerNormalization: "ln", groupNormalization: "gn", rmsNormalization: "rms", spatialDropout2d: "spatial_dropout", gaussianNoise: "noise",
  simpleRnn: "rnn", multiHeadAttention: "attention",
};

/** The core's own naming, for a row it has not described yet: type and place among its kind. */
export function layerName(layers: readonly LayerSpec[], index: number): string {
  const layer = layers[index];
  if (!layer) return "";
  if (layer.name !== undefined) return layer.name;
  const stem = (one: LayerSpec): string => STEMS[one.type] ?? one.type;
  const nth = layers.slice(0, index + 1).filter((one) => stem(one) === stem(layer)).length;
  return `${stem(layer)}_${String(nth)}`;
}

export function duration(seconds: number): string {
  if (seconds < 10) return t("time.seconds", { n: fixed(seconds, 1) });
  if (seconds < 60) return t("time.seconds", { n: fixed(seconds, 0) });
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return t("time.minutes", { m: minutes, s: Math.floor(seconds % 60) });
  return t("time.hours", { h: Math.floor(minutes / 60), m: minutes % 60 });
}

export function percent(share: number, decimals = 1): string {
  return fixed(share * 100, decimals);
}

/** Steps or images a second: whole above ten. */
export function pace(value: number): string {
  return value >= 10 ? count(value) : short(value, 2);
}

/** Class names short enough for a table's head: the names themselves, or their numbers where one is long. */
export function shortNames(classes: readonly string[]): readonly string[] {
  return classes.some((name) => name.length > 3) ? classes.map((_, index) => String(index)) : classes;
}
