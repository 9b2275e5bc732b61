/** The page's tables by themselves: every sentence in both languages, every setting to the address and back. */
import { expect, test } from "@playwright/test";
import { Model, type LayerSpec, type OptimizerSpec, type RunSpec, type ScheduleSpec } from "saddlepoint";

import { inspect } from "../../app/src/i18n/strings/inspect.js";
import { kept } from "../../app/src/i18n/strings/kept.js";
import { landscape } from "../../app/src/i18n/strings/landscape.js";
import { report } from "../../app/src/i18n/strings/report.js";
import { shell } from "../../app/src/i18n/strings/shell.js";
import { samples } from "../../app/src/i18n/strings/samples.js";
import { train } from "../../app/src/i18n/strings/train.js";
import type { Table } from "../../app/src/i18n/table.js";
import type { Setting } from "../../app/src/state/kinds.js";
import { table } from "../../app/src/state/table.js";
import {
  AUGMENT, constantsOf, constantsOfShape, fieldOf, gradientConstants, METHODS, REGULARIZATION, SHAPES, STOPPING, tuned, tuningFrom, valueOf, type Constant,
} from "../../app/src/state/tuning.js";

const parts: Table[] = [shell, landscape, train, inspect, kept, samples, report];
const names = (text: string): string[] => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? "").sort();

test("both languages fill in the same values", () => {
  for (const part of parts) {
    for (const [key, [en, zh]] of Object.entries(part)) {
      expect.soft(names(zh), key).toEqual(names(en));
      expect.soft(en.length > 0 && zh.length > 0, key).toBe(true);
    }
  }
});

test("no key stands in two parts of the table", () => {
  const keys = parts.flatMap((part) => Object.keys(part));
  expect(keys.length).toBe(new Set(keys).size);
});

test("each setting has a name of its own in the address, and reads what it writes", () => {
  const rows = Object.entries(table) as [string, Setting<unknown>][];
  expect(new Set(rows.map(([, row]) => row.url)).size).toBe(rows.length);
  for (const [name, row] of rows) expect.soft(row.read(row.write(row.initial)), name).toEqual(row.initial);
});

test("a number outside its range, or no number, is not taken from a link", () => {
  for (const text of ["", " ", "abc", "NaN", "Infinity", "1e99", "0"]) expect.soft(table.eta.read(text), text).toBeUndefined();
  expect(table.steps.read("12.5")).toBeUndefined();
  expect(table.eta.read("0.30000000000000004")).toBe(0.30000000000000004);
  expect(table.arms.read("sgd,gd")).toEqual(["gd", "sgd"]);
  expect(table.arms.read("gd,nothing")).toBeUndefined();
});

test("layers and edits are written into a link and read back whole", () => {
  const layers: LayerSpec[] = [
    { type: "conv2d", filters: 8, kernelSize: [3, 5], strides: [2, 2], padding: "same", dilation: [1, 2], groups: 2, activation: "leakyRelu", useBias: false },
    { type: "maxPool2d", poolSize: [2, 2] },
    { type: "averagePool2d", poolSize: [3, 2], strides: [1, 1], padding: "valid" },
    { type: "flatten" },
    { type: "activation", activation: "tanh" },
    { type: "activation", activation: { type: "hardTanh", min: -2, max: 0.5 } },
    { type: "batchNormalization", momentum: 0.01, epsilon: 1e-7, affine: false },
    { type: "layerNormalization" },
    { type: "groupNormalization", groups: 4 },
    { type: "rmsNormalization", axes: 3 },
    { type: "dropout", rate: 0.3 },
    { type: "spatialDropout2d", rate: 0.25 },
    { type: "gaussianNoise", stddev: 0.1 },
    { type: "prelu", slope: -0.1, shared: true },
    { type: "depthwiseConv2d", kernelSize: [3, 3], depthMultiplier: 2, activation: { type: "leakyRelu", slope: 0.2 } },
    { type: "conv2dTranspose", filters: 3, kernelSize: [2, 4], strides: [2, 3], outputPadding: [1, 0], activation: "relu" },
    { type: "locallyConnected2d", filters: 3, kernelSize: [2, 4], useBias: false },
    { type: "globalAveragePool2d" },
    { type: "globalMaxPool2d" },
    { type: "reshape", shape: [4, 2, 1] },
    { type: "embedding", vocabulary: 100, units: 8 },
    { type: "simpleRnn", units: 4, activation: "relu", returnSequences: true, recurrentBias: true },
    { type: "lstm", units: 4, bidirectional: true, initializer: { type: "heNormal" } },
    { type: "gru", units: 4, resetAfter: false, recurrentBias: false },
    { type: "multiHeadAttention", heads: 2, causal: true },
    {
      type: "residual", activation: "relu", shortcut: [{ type: "dense", units: 4 }],
      layers: [{ type: "dense", units: 4 }, { type: "residual", layers: [{ type: "batchNormalization" }] }],
    },
    { type: "concatenate", branches: [[{ type: "dense", units: 3, activation: "tanh" }, { type: "dropout", rate: 0.5 }], [], [{ type: "flatten" }]] },
    { type: "dense", units: 10, activation: "softmax", initializer: { type: "normal", stddev: 0.01 } },
  ];
  expect(table.layers.read(table.layers.write(layers))).toEqual(layers);
  for (const text of ["", "d", "d0", "c8", "c8-3-sideways", "m2-relu", "d10_", "f2", "t", "d9999999", "x1", "m2x2x2", "o", "bn2", "r(d4", "r(d4)(d4)", "r(d0)", "j", "j()x", "d4-relu-tanh", "t-relu~1", "u3-2-o1"]) expect.soft(table.layers.read(text), text).toBeUndefined();
  const edits = [{ step: 120, learningRate: 0.001, restored: false }, { step: 300, learningRate: 1e-7, restored: true }];
  expect(table.edits.read(table.edits.write(edits))).toEqual(edits);
  for (const text of ["120", "e0.1", "5e0", "-5e0.1", "5e0.1x"]) expect.soft(table.edits.read(text), text).toBeUndefined();
});

test("constants are written into a link and read back; the default is left out, what is unknown or out of range is not taken", () => {
  const [beta1] = constantsOf("adam");
  const [patience] = STOPPING;
  if (!beta1 || !patience) throw new Error("no constants");
  const tuning = tuned(tuned({}, beta1, 0.95), patience, 4);
  expect(table.tuning.read(table.tuning.write(tuning))).toEqual({ beta1: 0.95, stopPatience: 4 });
  expect(tuned(tuning, beta1, 0.9)).toEqual({ stopPatience: 4 });
  expect(table.tuning.read("clipNorm-1e-7")).toEqual({ clipNorm: 1e-7 });
  for (const text of ["beta1", "beta1-", "beta1-2", "nothing-1", "beta1-0.5_", "stopPatience-1.5"]) expect.soft(table.tuning.read(text), text).toBeUndefined();
  expect(tuningFrom({ beta1: 0.8, amsgrad: true, rho: 1 }, constantsOf("adam"))).toEqual({ beta1: 0.8, amsgrad: 1 });
});

test("the page's defaults are the core's", async () => {
  const run = (optimizer: OptimizerSpec, schedule: ScheduleSpec): RunSpec => ({
    data: { type: "generated", kind: "xor", examples: 40, noise: 0.1 }, test: 10, layers: [{ type: "dense", units: 2 }], loss: "softmaxCrossEntropy",
    optimizer, schedule, batch: { type: "full" }, epochs: 1, seed: 1, earlyStopping: {},
  });
  const agree = (part: object, constants: readonly Constant[], what: string): void => {
    const fields = new Map<string, unknown>(Object.entries(part));
    for (const one of constants) {
      const value = valueOf({}, one);
      const wanted = fieldOf(one, value);
      // what is off is not written
      expect.soft(fields.get(one.field) ?? (one.kind === "flag" ? false : 0), `${what}: ${one.key}`).toBe(wanted);
    }
  };
  for (const method of METHODS) {
    const optimizer: OptimizerSpec = method === "nesterov" ? { type: "momentum", nesterov: true } : { type: method };
    const model = await Model.create(run(optimizer, { type: "constant" }));
    agree(model.spec.optimizer, constantsOf(method), method);
    await model.dispose();
  }
  for (const shape of SHAPES) {
    const model = await Model.create(run({ type: "sgd" }, { type: shape }));
    agree(model.spec.schedule ?? {}, constantsOfShape(shape), shape);
    agree(model.spec.regularization ?? {}, REGULARIZATION, shape);
    agree(model.spec.earlyStopping ?? {}, STOPPING.filter(({ field }) => field !== "patience"), shape);
    await model.dispose();
  }
  const images: RunSpec = { ...run({ type: "sgd" }, { type: "constant" }), data: { type: "digits" }, layers: [{ type: "dense", units: 10 }], augment: {} };
  const model = await Model.create(images);
  agree(model.spec.augment ?? {}, AUGMENT, "augment");
  await model.dispose();
  expect(gradientConstants("adamW").find(({ key }) => key === "weightDecay")?.setting.initial).toBe(0.01);
});
