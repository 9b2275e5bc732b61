// Nothing that comes in from JavaScript breaks the core: mistakes are answered with a report, and the next call works.

import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";

import { Landscape, Model } from "../dist/index.js";
import { digits, refusal, xor } from "./specs.mjs";

const HUGE = [NaN, Infinity, -Infinity, -1, -0.5, 0.5, 1e-300, 2 ** 31, 2 ** 32, 2 ** 53, 1e300, Number.MAX_SAFE_INTEGER];
const ODD = [...HUGE, null, undefined, "", "1", "\u0000", true, [], [1, 2, 3], {}, 10n, () => 1];

const show = (value) => inspect(value, { depth: 9, breakLength: Infinity });

const dense = (fields) => ({ ...xor, layers: [{ type: "dense", units: 8, ...fields }, { type: "dense", units: 2 }] });
const conv = (fields) => ({ ...digits, layers: [{ type: "conv2d", filters: 4, kernelSize: [3, 3], ...fields }, ...digits.layers.slice(3)] });

/** [name, spec, code, place] */
const WRONG = [
  ["no spec", undefined, "spec-field", "run"],
  ["a text", "digits", "spec-field", "run"],
  ["no layers", { ...xor, layers: [] }, "no-layers", "layers"],
  ["an unknown layer", { ...xor, layers: [{ type: "densee", units: 2 }] }, "spec-field", "layers[0]"],
  ["an unknown field", dense({ unit: 3 }), "spec-field", "layers[0]"],
  ["a negative number of units", dense({ units: -3 }), "spec-field", "layers[0]"],
  ["units that are no number", dense({ units: NaN }), "spec-field", "layers[0]"],
  ["no units at all", dense({ units: 0 }), "layer-count", "dense_1"],
  ["an unknown activation", dense({ activation: "swish" }), "spec-field", "layers[0]"],
  ["an unknown optimizer", { ...xor, optimizer: { type: "adan", learningRate: 1 } }, "spec-field", "optimizer"],
  ["a negative learning rate", { ...xor, optimizer: { type: "sgd", learningRate: -1 } }, "number-range", "optimizer.learningRate"],
  ["a batch of none", { ...xor, batch: { type: "mini", size: 0 } }, "run-range", "batch.size"],
  ["half an epoch", { ...xor, epochs: 0.5 }, "spec-field", "epochs"],
  ["too large a seed", { ...xor, seed: 2 ** 53 }, "run-range", "seed"],
  ["an unknown data set", { ...xor, data: { type: "cifar" } }, "spec-field", "data"],
  ["an unknown column", { ...xor, data: { type: "diabetes", features: ["s7"] } }, "feature-unknown", "data.features"],
  ["no examples", { ...xor, data: { ...xor.data, examples: 0 } }, "generated-examples", "data.examples"],
  ["all examples held out", { ...xor, test: 400 }, "split-test", "test"],
  ["a convolution of points", { ...xor, layers: conv({}).layers }, "layer-needs-images", "conv_1"],
  ["a filter larger than its image", conv({ kernelSize: [9, 9] }), "window-too-large", "conv_1"],
  ["groups that do not divide", conv({ groups: 3 }), "conv-groups", "conv_1"],
  ["too few outputs", { ...digits, layers: [{ type: "dense", units: 9 }] }, "output-count", "dense_1"],
  ["a softmax inside", { ...xor, layers: [{ type: "dense", units: 4, activation: "softmax" }, { type: "dense", units: 2 }] }, "softmax-inside", "dense_1"],
  ["two layers of one name", { ...xor, layers: [{ type: "dense", units: 2, name: "a" }, { type: "dense", units: 2, name: "a" }] }, "layer-name", "layer 2"],
  ["more weights than can be counted", { ...xor, layers: [{ type: "dense", units: 2 ** 20 }, { type: "dense", units: 2 ** 20 }, { type: "dense", units: 2 }] }, "network-too-large", "dense_2"],
  ["more outputs than memory holds", conv({ filters: 2 ** 20 }), "network-too-large", "conv_1"],
  ["a window far larger than its image", conv({ kernelSize: [1000, 1], dilation: [1000, 1], padding: "same" }), "conv-window", "conv_1"],
  ["a tower of layers", { ...xor, layers: Array.from({ length: 2000 }, () => ({ type: "dense", units: 2 })) }, "too-many-layers", "layers"],
  ["classes for a regression", { ...digits, data: { type: "diabetes" }, test: 0.2, layers: [{ type: "dense", units: 1 }] }, "loss-needs-classes", "loss"],
];

for (const [name, spec, code, place] of WRONG) {
  test(`${name} is refused in a sentence`, async () => {
    const report = await refusal(Model.create(spec));
    assert.equal(report.code, code, report.message);
    assert.equal(report.place, place, report.message);
    for (const part of [report.kind, report.expected, report.got, report.message]) assert.ok(part.length > 0, JSON.stringify(report));
    assert.deepEqual(await refusal(Model.summary(spec)), report);
  });
}

test("an unknown type is answered with those there are", async () => {
  const layer = await refusal(Model.create({ ...xor, layers: [{ type: "densee", units: 2 }] }));
  for (const name of ["densee", "dense", "conv2d", "maxPool2d", "averagePool2d", "flatten", "activation"]) assert.ok(layer.message.includes(name), layer.message);
  const optimizer = await refusal(Model.create({ ...xor, optimizer: { type: "adan", learningRate: 1 } }));
  for (const name of ["adan", "sgd", "momentum", "adam"]) assert.ok(optimizer.message.includes(name), optimizer.message);
});

/** Every way to put `value` in the place of one field, at any depth. */
function* variants(spec, value) {
  for (const [key, old] of Object.entries(spec)) {
    const put = (replacement) => (Array.isArray(spec) ? spec.map((o, i) => (String(i) === key ? replacement : o)) : { ...spec, [key]: replacement });
    yield put(value);
    if (typeof old === "object" && old !== null) for (const inner of variants(old, value)) yield put(inner);
  }
}

const FULL = {
  ...digits,
  layers: [
    {
      type: "conv2d", name: "c", filters: 4, kernelSize: [3, 3], strides: [1, 1], padding: "same", dilation: [1, 1], groups: 1, activation: "tanh", useBias: true,
      initializer: { type: "uniform", limit: 0.1 },
    },
    { type: "averagePool2d", poolSize: [2, 2], strides: [2, 2], padding: "valid" },
    { type: "activation", activation: "leakyRelu" },
    { type: "dense", units: 10, initializer: { type: "normal", stddev: 0.1 } },
  ],
  optimizer: { type: "momentum", learningRate: 0.01, momentum: 0.9, nesterov: false },
  schedule: { type: "linear" },
};

test("a field with any odd value is refused or works, and never breaks the core", async () => {
  let refused = 0;
  let accepted = 0;
  for (const spec of [FULL, xor]) {
    for (const value of ODD) {
      for (const variant of variants(spec, value)) {
        let model;
        try {
          model = await Model.create(variant);
        } catch (error) {
          assert.equal(error.name, "SaddlepointError", `${error}\n${show(variant)}`);
          assert.notEqual(error.report.kind, "internal", `${error.message}\n${show(variant)}`);
          refused += 1;
          continue;
        }
        accepted += 1;
        // a few of them are runs of millions of steps over hundreds of examples
        const { state } = await model.trainFor(0);
        assert.match(state, /running|done|stopped|diverged|stuck/);
        await model.dispose();
      }
    }
  }
  assert.ok(refused > 500 && accepted > 50, `${refused} refused, ${accepted} accepted`);
});

test("odd arguments of a call are refused, and the model goes on", async () => {
  const model = await Model.create(digits);
  const calls = {
    trainFor: ODD.filter((ms) => ms !== undefined && !(ms >= 0 && ms <= 60_000 && typeof ms === "number")),
    step: ODD.filter((n) => n !== undefined),
    setLearningRate: ODD.filter((rate) => !(rate >= 0 && rate <= 1e6 && typeof rate === "number")),
    image: ODD,
    inspect: [...ODD, new Float32Array(63), new Float32Array(65), new Float32Array(64).fill(NaN), new Float32Array(0), new DataView(new ArrayBuffer(256))],
    predict: [...ODD, new Float32Array(63), new Float32Array(0), Float32Array.from({ length: 64 }, () => Infinity)],
    restore: ODD.filter((rate) => !(rate >= 0 && rate <= 1e6 && typeof rate === "number")),
  };
  for (const field of ["from", "to", "steps"]) {
    for (const value of ODD.filter((one) => one !== undefined)) {
      // an odd number may be a rate all the same
      const outcome = await model.rangeTest({ steps: 10, [field]: value }).catch((error) => error);
      if (!(outcome instanceof Error)) assert.equal(typeof value, "number");
      else assert.match(outcome.report.code, /range-test|not-whole/, outcome.message);
    }
  }
  for (const [name, values] of Object.entries(calls)) {
    for (const value of values) {
      const report = await refusal(model[name](value)).catch((error) => assert.fail(`${name}(${String(value)}): ${error}`));
      assert.notEqual(report.kind, "internal", `${name}(${String(value)}): ${report.message}`);
    }
  }
  assert.equal((await model.step(2)).step, 2);
  for (const bytes of [...ODD, new Uint8Array(0), new Uint8Array(8).fill(255), new Uint8Array(1e6)]) {
    const report = await refusal(Model.load(bytes));
    assert.notEqual(report.kind, "internal", report.message);
  }
  await model.dispose();
});

test("a damaged model file is refused wherever the damage is", async () => {
  const model = await Model.create({ ...xor, layers: [{ type: "dense", units: 2 }] });
  await model.step(3);
  const file = await model.save();
  for (let at = 0; at < file.length; at += 7) {
    const damaged = file.slice();
    damaged[at] ^= 0x15;
    try {
      await (await Model.load(damaged)).dispose();
    } catch (error) {
      assert.equal(error.name, "SaddlepointError", String(error));
      assert.notEqual(error.report.kind, "internal", `byte ${at}: ${error.message}`);
    }
  }
  await model.dispose();
});

test("odd landscapes and questions are refused", async () => {
  const spec = {
    data: { type: "diabetes", features: ["s5"] },
    layers: [{ type: "dense", units: 1, activation: "tanh", useBias: false }, { type: "dense", units: 1, useBias: false }],
    loss: "halfMeanSquaredError",
  };
  for (const value of ODD) {
    for (const variant of variants(spec, value)) {
      try {
        await (await Landscape.create(variant)).dispose();
      } catch (error) {
        assert.equal(error.name, "SaddlepointError", String(error));
        assert.notEqual(error.report.kind, "internal", `${error.message}\n${show(variant)}`);
      }
    }
  }
  const landscape = await Landscape.create(spec);
  const box = { x: [-1, 1], y: [-1, 1] };
  const race = { start: [-1, 0.9], steps: 3, seed: 1, radius: 0.3, arms: [{ id: "a", optimizer: { type: "sgd", learningRate: 0.1 }, batch: { type: "one" } }] };
  const ask = async (promise, what) => {
    const outcome = await promise.catch((error) => error);
    if (outcome instanceof Error) {
      assert.equal(outcome.name, "SaddlepointError", `${outcome} ${what}`);
      assert.notEqual(outcome.report.kind, "internal", `${outcome.message} ${what}`);
    }
  };
  for (const value of ODD) {
    for (const variant of variants(box, value)) {
      await ask(landscape.surface(variant, 3, 3), "surface");
      await ask(landscape.criticalPoints(variant), "critical points");
    }
    for (const variant of variants(race, value)) await ask(landscape.race(variant), "race");
    await ask(landscape.surface(box, value, 3), "columns");
    await ask(landscape.loss(value), "loss");
    await ask(landscape.loss([0, value]), "loss");
    await ask(landscape.strip(race, [value]), "strip");
    await ask(landscape.strip(race, value), "strip");
  }
  assert.equal((await landscape.race(race)).descents.length, 1);
  await landscape.dispose();
});
