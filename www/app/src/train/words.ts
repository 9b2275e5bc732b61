/** Things of the Train view in the page's words. */
import type { LayerSpec } from "saddlepoint";

import { count, fixed, short } from "../format.ts";
import { t } from "../i18n/index.svelte.ts";

/** 8 × 8 × 1. */
export function extents(shape: readonly number[]): string {
  return shape.map(count).join(" × ");
}

/** What a layer is set to, beside its name: "8 of 3 × 3, ReLU". */
export function layerDetail(layer: LayerSpec): string {
  const words: string[] = [];
  switch (layer.type) {
    case "conv2d":
      words.push(t("layer.conv.detail", { filters: layer.filters, kernel: extents(layer.kernelSize) }));
      break;
    case "maxPool2d":
      words.push(t("layer.max.detail", { size: extents(layer.poolSize) }));
      break;
    case "averagePool2d":
      words.push(t("layer.average.detail", { size: extents(layer.poolSize) }));
      break;
    case "activation":
      words.push(t(`activation.${layer.activation}`));
      break;
    case "dense":
    case "flatten":
  }
  if ("strides" in layer) words.push(t("layer.stride.detail", { stride: extents(layer.strides) }));
  if ((layer.type === "dense" || layer.type === "conv2d") && layer.activation && layer.activation !== "linear") words.push(t(`activation.${layer.activation}`));
  return words.join(t("comma"));
}

/** The core's own naming, for a row it has not described yet: type and place among its kind. */
export function layerName(layers: readonly LayerSpec[], index: number): string {
  const layer = layers[index];
  if (!layer) return "";
  if (layer.name !== undefined) return layer.name;
  const stem = (one: LayerSpec): string => (one.type === "conv2d" ? "conv" : one.type.endsWith("Pool2d") ? "pool" : one.type);
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
