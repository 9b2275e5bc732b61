/**
 * Layers as text short enough for an address: `c8-3-same-relu_m2_d10` is a convolution of 8 filters of 3 x 3, a max pool
 * of 2 and a dense layer of 10 units; layers inside a layer stand in brackets: `r(c8-3-same_bn)-relu`. What is left out
 * takes the core's default.
 *
 * A new layer is one row in `FORMS`: its letters, the fields that must be there, and those that may.
 */
import type { Activation, ActivationName, LayerSpec, Padding } from "saddlepoint";

import type { Setting } from "./kinds.ts";

export type LayerType = LayerSpec["type"];

export const ACTIVATIONS = [
  "linear", "relu", "relu6", "leakyRelu", "elu", "celu", "selu", "gelu", "geluTanh", "silu", "mish", "hardSwish",
  "softplus", "softsign", "sigmoid", "logSigmoid", "hardSigmoid", "tanh", "hardTanh", "softmax", "logSoftmax",
] as const satisfies readonly ActivationName[];
export const PADDINGS = ["valid", "same"] as const satisfies readonly Padding[];

const PARAMETERS: Partial<Record<ActivationName, readonly string[]>> = {
  leakyRelu: ["slope"], elu: ["alpha"], celu: ["alpha"], softplus: ["beta"], hardTanh: ["min", "max"],
};
const INITIALIZERS = ["glorotUniform", "glorotNormal", "heUniform", "heNormal", "lecunUniform", "lecunNormal", "zeros"] as const;
/** Initialisers with a number, and its name. */
const SCALED: Record<string, string> = { normal: "stddev", uniform: "limit", constant: "value" };
const MOST_LAYERS = 64;
const MOST_UNITS = 65536;

/** How a value is written: as a word without "-" and "_" outside brackets. What does not fit reads as undefined. */
interface Form<T> { write: (value: T) => string; read: (text: string) => T | undefined }

const count: Form<number> = { write: String, read: whole };

const pair: Form<[number, number]> = {
  write: ([a, b]) => (a === b ? String(a) : `${String(a)}x${String(b)}`),
  read(text) {
    const sides = text.split("x").map(whole);
    const [a, b = a] = sides;
    return sides.length <= 2 && a !== undefined && b !== undefined && !sides.includes(undefined) ? [a, b] : undefined;
  },
};

/** A minus, also that of an exponent, is an n: "-" ends a word. */
const real: Form<number> = {
  write: (value) => String(value).replaceAll("-", "n"),
  read: (text) => (/^n?\d*\.?\d+(en?\d+)?$/.test(text) ? Number(text.replaceAll("n", "-")) : undefined),
};

const extents: Form<number[]> = {
  write: (value) => value.join("x"),
  read(text) {
    const list = text.split("x").map(whole);
    return list.every((one) => one !== undefined) && list.length <= 6 ? list : undefined;
  },
};

/** Numbers that may be 0. */
const places: Form<number[]> = {
  write: (value) => value.join("x"),
  read: (text) => (/^\d{1,4}x\d{1,4}$/.test(text) ? text.split("x").map(Number) : undefined),
};

const activation: Form<Activation> = {
  write: (value) => {
    if (typeof value === "string") return value;
    const numbers = value as unknown as Record<string, number | undefined>;
    const names = PARAMETERS[value.type] ?? [];
    return [value.type, ...names.map((name) => (numbers[name] === undefined ? "" : real.write(numbers[name])))].join("~");
  },
  read(text) {
    const [head, ...numbers] = text.split("~");
    const type = ACTIVATIONS.find((one) => one === head);
    if (!type || numbers.length === 0) return type;
    const names = PARAMETERS[type] ?? [];
    const fields: [string, number | undefined][] = names.map((name, i) => [name, real.read(numbers[i] ?? "")]);
    const said = fields.filter((_, i) => numbers[i] !== undefined && numbers[i] !== "");
    if (numbers.length > names.length || said.some(([, value]) => value === undefined)) return undefined;
    return { type, ...Object.fromEntries(said) };
  },
};

/** Layers inside a layer, in brackets. */
const inside: Form<LayerSpec[]> = {
  write: (layers) => `(${writeLayers(layers)})`,
  read(text) {
    const lists = readBrackets(text);
    return lists?.length === 1 ? lists[0] : undefined;
  },
};

const branches: Form<LayerSpec[][]> = {
  write: (lists) => lists.map((layers) => inside.write(layers)).join(""),
  read: readBrackets,
};

/** An optional field: its name and how it is written as a word; undefined if the word is another field's. */
interface Word { key: string; write: (value: unknown) => string | undefined; read: (word: string) => unknown }

function word<T>(key: string, letters: string, form: Form<T>): Word {
  return {
    key,
    write: (value) => letters + form.write(value as T),
    read: (text) => (text.startsWith(letters) ? form.read(text.slice(letters.length)) : undefined),
  };
}

/** A word that stands for one value of a field; its other value is the default and is left out. */
function flag(key: string, text: string, value: boolean): Word {
  return { key, write: (set) => (set === value ? text : undefined), read: (given) => (given === text ? value : undefined) };
}

const PADDING = word<Padding>("padding", "", { write: (one) => one, read: (text) => PADDINGS.find((one) => one === text) });
const STRIDES = word("strides", "s", pair);
const DILATION = word("dilation", "l", pair);
const ACTIVATION = word("activation", "", activation);
const NO_BIAS = flag("useBias", "nobias", false);
const INITIALIZER: Word = {
  key: "initializer",
  write(value) {
    const { type, ...numbers } = value as { type: string } & Record<string, number>;
    return type + Object.values(numbers).map(real.write).join("");
  },
  read(text) {
    const type = INITIALIZERS.find((one) => one === text);
    if (type) return { type };
    const [name, key] = Object.entries(SCALED).find(([one]) => text.startsWith(one)) ?? [];
    const value = name === undefined ? undefined : real.read(text.slice(name.length));
    return key === undefined || value === undefined ? undefined : { type: name, [key]: value };
  },
};
const AFFINE = flag("affine", "plain", false);
const SEQUENCES = flag("returnSequences", "all", true);
const BOTH_WAYS = flag("bidirectional", "both", true);
const EPSILON = word("epsilon", "e", real);

interface LayerForm {
  /** The letters that a layer begins with. */
  code: string;
  /** Fields that must be there; the first follows the letters, each other one is a word. */
  needs: readonly (readonly [string, Form<unknown>])[];
  may: readonly Word[];
}

function form(code: string, needs: readonly (readonly [string, unknown])[] = [], may: readonly Word[] = []): LayerForm {
  return { code, needs: needs as LayerForm["needs"], may };
}

const FORMS: Record<LayerType, LayerForm> = {
  dense: form("d", [["units", count]], [ACTIVATION, NO_BIAS, INITIALIZER]),
  conv2d: form(
    "c", [["filters", count], ["kernelSize", pair]],
    [STRIDES, PADDING, DILATION, word("groups", "g", count), ACTIVATION, NO_BIAS, INITIALIZER],
  ),
  maxPool2d: form("m", [["poolSize", pair]], [STRIDES, PADDING]),
  averagePool2d: form("a", [["poolSize", pair]], [STRIDES, PADDING]),
  flatten: form("f"),
  activation: form("t-", [["activation", activation]]),
  prelu: form("p", [], [word("slope", "v", real), flag("shared", "shared", true)]),
  depthwiseConv2d: form(
    "w", [["kernelSize", pair]],
    [word("depthMultiplier", "x", count), STRIDES, PADDING, DILATION, ACTIVATION, NO_BIAS, INITIALIZER],
  ),
  conv2dTranspose: form(
    "u", [["filters", count], ["kernelSize", pair]],
    [STRIDES, PADDING, word("outputPadding", "o", places), ACTIVATION, NO_BIAS, INITIALIZER],
  ),
  locallyConnected2d: form("k", [["filters", count], ["kernelSize", pair]], [STRIDES, PADDING, ACTIVATION, NO_BIAS, INITIALIZER]),
  globalAveragePool2d: form("ga"),
  globalMaxPool2d: form("gm"),
  reshape: form("v", [["shape", extents]]),
  batchNormalization: form("bn", [], [word("momentum", "m", real), EPSILON, AFFINE]),
  layerNormalization: form("ln", [], [word("axes", "x", count), EPSILON, AFFINE]),
  groupNormalization: form("gn", [["groups", count]], [EPSILON, AFFINE]),
  rmsNormalization: form("rms", [], [word("axes", "x", count), EPSILON, AFFINE]),
  dropout: form("o", [["rate", real]]),
  spatialDropout2d: form("os", [["rate", real]]),
  gaussianNoise: form("z", [["stddev", real]]),
  residual: form("r", [["layers", inside]], [word("shortcut", "", inside), ACTIVATION]),
  concatenate: form("j", [["branches", branches]]),
  embedding: form("e", [["vocabulary", count], ["units", count]], [INITIALIZER]),
  simpleRnn: form("rnn", [["units", count]], [ACTIVATION, SEQUENCES, BOTH_WAYS, flag("recurrentBias", "rb", true), INITIALIZER]),
  lstm: form("lstm", [["units", count]], [SEQUENCES, BOTH_WAYS, flag("recurrentBias", "rb", true), INITIALIZER]),
  gru: form(
    "gru", [["units", count]],
    [flag("resetAfter", "before", false), SEQUENCES, BOTH_WAYS, flag("recurrentBias", "norb", false), INITIALIZER],
  ),
  multiHeadAttention: form("h", [["heads", count]], [flag("causal", "causal", true), INITIALIZER]),
  // its function is too long for an address: who opens one is told that it is missing
  custom: form("own"),
};

export function layersSetting(url: string, initial: readonly LayerSpec[]): Setting<readonly LayerSpec[]> {
  return { url, initial, read: readLayers, write: writeLayers };
}

export function writeLayers(layers: readonly LayerSpec[]): string {
  return layers.map(writeLayer).join("_");
}

export function readLayers(text: string): LayerSpec[] | undefined {
  const parts = split(text, "_");
  if (text === "" || parts.length > MOST_LAYERS) return undefined;
  const layers = parts.map(readLayer);
  return layers.every((layer) => layer !== undefined) ? layers : undefined;
}

function writeLayer(layer: LayerSpec): string {
  const { code, needs, may } = FORMS[layer.type];
  const fields = layer as unknown as Record<string, unknown>;
  const needed = needs.map(([key, how]) => how.write(fields[key]));
  const words = may.map(({ key, write }) => (fields[key] === undefined ? undefined : write(fields[key])));
  return [code + (needed[0] ?? ""), ...needed.slice(1), ...words.filter((one) => one !== undefined)].join("-");
}

function readLayer(text: string): LayerSpec | undefined {
  // the longest letters that fit: `os` before `o`
  const [, letters = ""] = /^(t-|[a-z]+)/.exec(text) ?? [];
  const [type, how] = Object.entries(FORMS).find(([, one]) => one.code === letters) ?? [];
  if (type === undefined || !how) return undefined;
  const words = split(text.slice(letters.length), "-");
  const fields: Record<string, unknown> = { type };
  if (how.needs.length === 0 && words.shift() !== "") return undefined;
  for (const [key, { read }] of how.needs) {
    const value = read(words.shift() ?? "");
    if (value === undefined) return undefined;
    fields[key] = value;
  }
  for (const one of words) {
    // a word that fits no field of the layer makes the whole text invalid
    const known = how.may.find(({ key, read }) => !(key in fields) && read(one) !== undefined);
    if (!known) return undefined;
    fields[known.key] = known.read(one);
  }
  return fields as unknown as LayerSpec;
}

/** The lists in `(…)(…)`, each of which may be empty. */
function readBrackets(text: string): LayerSpec[][] | undefined {
  const lists: LayerSpec[][] = [];
  for (let rest = text; rest !== "";) {
    const end = closing(rest);
    if (end === undefined) return undefined;
    const layers = end === 1 ? [] : readLayers(rest.slice(1, end));
    if (!layers) return undefined;
    lists.push(layers);
    rest = rest.slice(end + 1);
  }
  return lists.length > 0 ? lists : undefined;
}

/** The place of the bracket that closes the one at the start. */
function closing(text: string): number | undefined {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    depth += text[i] === "(" ? 1 : text[i] === ")" ? -1 : 0;
    if (depth === 0) return i > 0 ? i : undefined;
  }
  return undefined;
}

/** The parts between separators outside of brackets. */
function split(text: string, separator: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    depth += text[i] === "(" ? 1 : text[i] === ")" ? -1 : 0;
    if (text[i] !== separator || depth !== 0) continue;
    parts.push(text.slice(start, i));
    start = i + 1;
  }
  return [...parts, text.slice(start)];
}

function whole(text: string): number | undefined {
  const value = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  return value >= 1 && value <= MOST_UNITS ? value : undefined;
}
