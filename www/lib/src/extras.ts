/** Calls of a model that not every page makes; fetched when one is made. */
import { Dataset } from "./dataset.js";
import { refused } from "./input.js";
import { bytesOfPictures, type Picture } from "./pixels.js";
import { flatten, isNumberArray, kindOf } from "./tensors.js";
import type { Classification, ModelInfo, NamedBytes, RunSpec, Weight } from "./types.js";
import { isDataset, type Wanted } from "./wanted.js";

/** What was given to `fit` or `evaluate`, as a set whose examples have the model's shape. */
export function datasetOf(x: unknown, y: unknown, shape: readonly number[]): Dataset {
  if (isDataset(x)) {
    if (y !== undefined) throw refused("dataset-and-targets", "y", "nothing beside a dataset", kindOf(y), "leave y out: a dataset has its targets");
    return x;
  }
  if (isPictures(x)) return Dataset.from({ x: bytesOfPictures(x, sizeOf(shape)), y: y as number[], shape });
  return Dataset.from({ x: x as number[], y: y as number[], shape });
}

/** The data of a fit: those given, with validation data behind them. */
export function packedFor(data: Dataset, validation: unknown, shape: readonly number[], wanted: Wanted): { data: RunSpec["data"]; files: NamedBytes[] } {
  const packed = data.pack(wanted);
  if (validation === undefined) return packed;
  if (!isDataset(validation) && !(Array.isArray(validation) && validation.length === 2)) {
    throw refused("validation-kind", "validationData", "a Dataset, or a pair [x, y]", kindOf(validation), "pass [xTest, yTest]");
  }
  const held = (isDataset(validation) ? validation : datasetOf(validation[0], validation[1], shape)).pack(wanted);
  const [first, second] = [packed.files[0], held.files[0]];
  if (first?.name !== "arrays" || second?.name !== "arrays") {
    throw refused("validation-kind", "validationData", "arrays beside arrays", "a set that the core reads", "use validationSplit, or a set that brings its own test part");
  }
  return { data: packed.data, files: [first, { name: "validation", bytes: second.bytes }] };
}

/** Raw features of examples: numbers in any form, or pictures. */
export function rawOf(place: string, x: unknown, info: ModelInfo): Float32Array {
  if (isPictures(x)) {
    if (info.data.scaling.features.type !== "unit") throw refused("no-images", place, "a network of images of bytes", "one of other features", "pass the features as numbers");
    return Float32Array.from(bytesOfPictures(x, sizeOf(info.data.shape)));
  }
  if (isPictures([x])) return rawOf(place, [x], info);
  const { values } = flatten(place, x);
  return values instanceof Float32Array ? values : Float32Array.from(values);
}

function isPictures(x: unknown): x is Picture[] {
  return Array.isArray(x) && x.length > 0 && x.every((one: unknown) => typeof one === "object" && one !== null && !Array.isArray(one) && "width" in one && "height" in one);
}

function sizeOf(shape: readonly number[]): { height: number; width: number; channels: number } {
  const [height = 0, width = 0, channels = 0] = shape;
  if (shape.length !== 3) throw refused("no-images", "x", "a network of images", `one of examples ${shape.join(" x ")}`, "pass the features as numbers");
  return { height, width, channels };
}

/** Classes of each example, the likeliest first. */
export function classified(outputs: Float32Array, examples: number, { data: { classes } }: ModelInfo, top: number): Classification[][] {
  if (!classes) throw refused("no-classes", "classify", "a network that tells classes apart", "one that predicts numbers", "use predict");
  if (!(Number.isInteger(top) && top >= 1)) throw refused("not-whole", "classify.top", "a whole number from 1", String(top), "ask for one class or more");
  if (outputs.length !== examples * classes.length || !outputs.every((p) => p >= 0 && p <= 1)) {
    throw refused("no-probabilities", "classify", "outputs that are a probability for each class", "others", "use predict, or a loss such as softmaxCrossEntropy");
  }
  return Array.from({ length: examples }, (_, row) => {
    const list = classes.map((label, index) => ({ label, index, probability: outputs[row * classes.length + index] ?? 0 }));
    return list.sort((a, b) => b.probability - a.probability || a.index - b.index).slice(0, top);
  });
}

/** New numbers of tensors; a shape that is given must be that of the tensor. */
export function tensorsOf(given: unknown, known: readonly Weight[]): [string[], Float32Array[]] {
  const entries: unknown = Array.isArray(given) ? given : typeof given === "object" && given !== null ? Object.entries(given).map(([name, values]) => ({ name, values: values as unknown })) : given;
  if (!Array.isArray(entries)) throw refused("weights-wrong", "weights", "a list of {name, values}, or an object of names and numbers", kindOf(given), "pass what weights() gives");
  const parts = (entries as (Partial<Weight> | null)[]).map((entry, i) => {
    const { name, values, shape } = entry ?? {};
    if (typeof name !== "string") throw refused("weights-wrong", `weights[${String(i)}]`, "a name", kindOf(name), "pass what weights() gives");
    const flat = flatten(name, values);
    const own = known.find((tensor) => tensor.name === name)?.shape;
    const claimed = shape ?? (isNumberArray(values) ? undefined : flat.shape.length > 1 ? flat.shape : undefined);
    if (own && claimed && claimed.join() !== own.join()) throw refused("weights-wrong", name, `the shape ${own.join(" x ")}`, claimed.join(" x "), "give each tensor the shape that weights() tells");
    return [name, Float32Array.from(flat.values)] as const;
  });
  return [parts.map(([name]) => name), parts.map(([, values]) => values)];
}

/** The list of frozen layers after some are frozen, or are not any more. Layers are names or places in the network. */
export function frozenAfter(layers: unknown, frozen: unknown, { layers: rows }: ModelInfo, before: readonly string[]): string[] {
  if (typeof frozen !== "boolean") throw refused("freeze-flag", "freeze", "true or false", kindOf(frozen), "pass false to let layers learn again");
  const list: unknown[] = layers === undefined ? rows.map(({ name }) => name) : Array.isArray(layers) ? layers : [layers];
  const names = list.map((layer) => {
    const row = typeof layer === "number" ? rows.at(layer) : rows.find(({ name }) => name === layer);
    if (!row || (typeof layer === "number" && !Number.isInteger(layer))) {
      throw refused("layer-unknown", "freeze", `layers among ${rows.map(({ name }) => name).join(", ")}`, kindOf(layer), "use the names of info.layers, or their places from 0");
    }
    return row;
  });
  const chosen = new Set(names.filter(({ parameters }) => parameters > 0).map(({ name }) => name));
  const kept = before.filter((name) => !chosen.has(name));
  return frozen ? [...kept, ...chosen] : kept;
}

/** A table of the layers, line by line. */
export function summaryLines({ layers, parameters, data: { shape } }: ModelInfo, frozen: readonly string[]): string[] {
  const rows = [
    ["Layer (type)", "Output shape", "Parameters"],
    ["input", `(N, ${shape.join(", ")})`, "0"],
    ...layers.map(({ name, type, output, parameters: own }) => [`${name} (${type})${frozen.includes(name) ? ", frozen" : ""}`, `(N, ${output.join(", ")})`, own.toLocaleString("en")]),
  ];
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = ([name = "", output = "", own = ""]: string[]): string => `${name.padEnd(widths[0] ?? 0)}  ${output.padEnd(widths[1] ?? 0)}  ${own.padStart(widths[2] ?? 0)}`;
  const rule = "-".repeat(widths.reduce((a, b) => a + b, 4));
  const still = layers.filter(({ name }) => frozen.includes(name)).reduce((sum, layer) => sum + layer.parameters, 0);
  const [head = [], ...body] = rows;
  return [line(head), rule, ...body.map(line), rule, `Parameters: ${parameters.toLocaleString("en")}, of which ${(parameters - still).toLocaleString("en")} are trained`];
}
