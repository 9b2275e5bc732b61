// Nothing that comes in from JavaScript breaks the core: mistakes are answered with a report, and the next call works.

import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";

import { Dataset, datasets, Landscape, Model, SaddlepointError } from "../dist/index.js";
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

test("a typing mistake is answered with the name that was meant", async () => {
  const meant = [
    [{ ...xor, layers: [{ type: "densee", units: 2 }] }, "dense"],
    [dense({ unit: 3 }), "units"],
    [dense({ activation: "Relu" }), "relu"],
    [dense({ activation: "sigmoïd" }), "sigmoid"],
    [{ ...xor, optimizer: { type: "adan" } }, "adam"],
    [{ ...xor, optimizer: { type: "adam", learningrate: 0.1 } }, "learningRate"],
    [{ ...xor, loss: "softmaxCrossEntropi" }, "softmaxCrossEntropy"],
    [{ ...xor, epoch: 3 }, "epochs"],
    [{ ...xor, data: { type: "digit" } }, "digits"],
    [{ ...xor, schedule: { type: "cosin" } }, "cosine"],
  ];
  for (const [spec, name] of meant) {
    const report = await refusal(Model.create(spec));
    assert.equal(report.hint, `did you mean \`${name}\`?`, report.message);
  }
});

test("an unknown type is answered with those there are", async () => {
  const layer = await refusal(Model.create({ ...xor, layers: [{ type: "densee", units: 2 }] }));
  for (const name of ["densee", "dense", "conv2d", "maxPool2d", "averagePool2d", "flatten", "activation"]) assert.ok(layer.message.includes(name), layer.message);
  const optimizer = await refusal(Model.create({ ...xor, optimizer: { type: "adan", learningRate: 1 } }));
  for (const name of ["adan", "sgd", "momentum", "adam"]) assert.ok(optimizer.message.includes(name), optimizer.message);
});

const net = { inputShape: [2], layers: [{ type: "dense", units: 4 }, { type: "dense", units: 2 }], loss: "softmaxCrossEntropy" };
const x = Float32Array.of(0, 0, 0, 1, 1, 0, 1, 1);
const y = [0, 1, 1, 0];
const given = (more) => () => Dataset.from({ x, y, ...more });
const picture = { width: 2, height: 2, data: new Uint8ClampedArray(16) };

/** [what is wrong, the call on a model of two features and two classes, code] */
const CALLS = [
  ["no input shape at all", () => Model.create({ layers: net.layers, loss: net.loss }), "spec-field"],
  ["a negative input shape", () => Model.create({ ...net, inputShape: [-2] }), "shape-wrong"],
  ["an input shape that is no list", () => Model.create({ ...net, inputShape: 2 }), "shape-wrong"],
  ["an empty input shape", () => Model.create({ ...net, inputShape: [] }), "shape-wrong"],
  ["half a feature", () => Model.create({ ...net, inputShape: [2.5] }), "shape-wrong"],
  ["an input larger than memory", () => Model.create({ ...net, inputShape: [2 ** 20, 2 ** 20] }), "shape-wrong"],
  ["an input shape beside data", () => Model.create({ ...net, data: datasets.xor() }), "input-shape-twice"],
  ["a last layer that does not say what it puts out", () => Model.create({ ...net, layers: [{ type: "flatten" }] }), "outputs-unknown"],
  ["an optimizer by another name", () => Model.create({ ...net, optimizer: "adan" }), "spec-field"],
  ["training without data", async () => (await Model.create(net)).trainFor(10), "no-data"],
  ["a fit without data", async () => (await Model.create(net)).fit(), "no-data"],
  ["validation data alone", (model) => model.fit({ validationData: [x, y] }), "validation-alone"],
  ["features without targets", (model) => model.fit(x), "not-numbers"],
  ["no features", (model) => model.fit(null, y), "not-numbers"],
  ["a word for features", (model) => model.fit("digits", y), "not-numbers"],
  ["no examples", (model) => model.fit(new Float32Array(0), []), "no-examples"],
  ["fewer targets than examples", (model) => model.fit(x, [0, 1, 1]), "counts-differ"],
  ["half an example", (model) => model.fit(new Float32Array(7), y), "counts-differ"],
  ["examples of another shape", (model) => model.fit([[1, 2, 3], [4, 5, 6]], [0, 1]), "counts-differ"],
  ["rows of different lengths", (model) => model.fit([[1, 2], [3]], [0, 1]), "ragged"],
  ["a missing number", (model) => model.fit(Float32Array.of(0, NaN, 1, 1), [0, 1]), "not-finite"],
  ["an infinite number", (model) => model.fit([[1, Infinity], [2, 3]], [0, 1]), "not-finite"],
  ["a number beyond f32", (model) => model.fit(Float64Array.of(0, 1e300, 1, 1), [0, 1]), "not-finite"],
  ["null in a row", (model) => model.fit([[1, null], [2, 3]], [0, 1]), "not-numbers"],
  ["words in a row", (model) => model.fit([["1", "2"], ["3", "4"]], [0, 1]), "not-numbers"],
  ["64-bit integers", (model) => model.fit(BigInt64Array.of(1n, 2n), [0]), "not-numbers"],
  ["a view of bytes", (model) => model.fit(new DataView(new ArrayBuffer(32)), y), "not-numbers"],
  ["a label too large", (model) => model.fit(x, [0, 1, 2, 0]), "label-range"],
  ["a negative label", (model) => model.fit(x, [0, -1, 1, 0]), "label-range"],
  ["half a label", (model) => model.fit(x, [0, 0.5, 1, 0]), "label-range"],
  ["a missing label", (model) => model.fit(x, [0, NaN, 1, 0]), "not-finite"],
  ["three columns for two classes", (model) => model.fit(x, [[1, 0, 0], [0, 1, 0], [0, 1, 0], [0, 0, 2]]), "label-range"],
  ["a dataset and targets", (model) => model.fit(given()(), y), "fit-options"],
  ["a dataset of other features", (model) => model.fit(datasets.iris()), "fit-other-shape"],
  ["a dataset of a regression", (model) => model.fit(datasets.diabetes()), "fit-other-shape"],
  ["a file that is none", (model) => Dataset.files([{ name: "a.npy", bytes: new Uint8Array(9) }]).then((set) => model.fit(set)), null],
  ["a table with a ragged line", (model) => model.fit(Dataset.csv("a,b,y\n1,2,0\n3,4\n")), "table-ragged"],
  ["no epochs", (model) => model.fit(x, y, { epochs: 0 }), "fit-number"],
  ["negative epochs", (model) => model.fit(x, y, { epochs: -3 }), "fit-number"],
  ["half an epoch", (model) => model.fit({ epochs: 0.5 }), "fit-number"],
  ["epochs without end", (model) => model.fit(x, y, { epochs: Infinity }), "fit-number"],
  ["a word for epochs", (model) => model.fit(x, y, { epochs: "10" }), "fit-number"],
  ["a batch of none", (model) => model.fit(x, y, { batchSize: 0 }), "fit-number"],
  ["a negative batch", (model) => model.fit(x, y, { batchSize: -1 }), "fit-number"],
  ["a huge batch", (model) => model.fit(x, y, { batchSize: 2 ** 40 }), "fit-number"],
  ["all of it for validation", (model) => model.fit(x, y, { validationSplit: 1 }), "fit-split"],
  ["a negative share for validation", (model) => model.fit(x, y, { validationSplit: -0.2 }), "fit-split"],
  ["no example left to learn from", (model) => model.fit([[1, 2]], [0], { validationSplit: 0.5 }), "split-test"],
  ["validation data of another shape", (model) => model.fit(x, y, { validationData: [[[1, 2, 3]], [0]] }), "counts-differ"],
  ["validation data that are no pair", (model) => model.fit(x, y, { validationData: x }), "validation-kind"],
  ["validation data that the core reads", (model) => model.fit(x, y, { validationData: datasets.xor() }), "validation-kind"],
  ["an option by another name", (model) => model.fit(x, y, { epoch: 3 }), "fit-options"],
  ["options that are a number", (model) => model.fit(x, y, 3), "fit-options"],
  ["a callback by another name", (model) => model.fit(x, y, { callbacks: { onEpoch() {} } }), "fit-callbacks"],
  ["a callback that is none", (model) => model.fit(x, y, { callbacks: { onEpochEnd: 1 } }), "fit-callbacks"],
  ["callbacks that are a function", (model) => model.fit(x, y, { callbacks: () => 1 }), "fit-callbacks"],
  ["a signal that is none", (model) => model.fit(x, y, { signal: {} }), "fit-signal"],
  ["a signal that was aborted before", (model) => model.fit(x, y, { signal: AbortSignal.abort() }), "aborted"],
  ["a signal that is aborted meanwhile", (model) => {
    const controller = new AbortController();
    return model.fit(x, y, { epochs: 1_000_000, signal: controller.signal, callbacks: { onProgress: () => controller.abort() } });
  }, "aborted"],
  ["a model created with an aborted signal", () => Model.create(net, { signal: AbortSignal.abort() }), "aborted"],
  ["two fits at once", async (model) => {
    const first = model.fit(x, y, { epochs: 1_000_000 });
    await new Promise((done) => setTimeout(done, 5));
    try {
      return await model.fit(x, y);
    } finally {
      first.stop();
      await first;
    }
  }, "fit-under-way"],
  ["steps while a fit is under way", async (model) => {
    const fit = model.fit(x, y, { epochs: 1_000_000 });
    await new Promise((done) => setTimeout(done, 5));
    try {
      return await model.step();
    } finally {
      fit.stop();
      await fit;
    }
  }, "fit-under-way"],
  ["half an example to predict", (model) => model.predict([1, 2, 3]), "scaling-rows"],
  ["a missing number to predict", (model) => model.predict([[1, NaN]]), "not-finite"],
  ["nothing to predict", (model) => model.predict([]), null],
  ["a picture for a table", (model) => model.predict(picture), "no-images"],
  ["a picture without its pixels", () => Dataset.images([{ ...picture, data: new Uint8ClampedArray(3) }], [0], { size: [2, 2] }), "picture-size"],
  ["no picture", () => Dataset.images([null], [0], { size: [2, 2] }), "picture-kind"],
  ["pictures of no size", () => Dataset.images([picture], [0], { size: [0, 2] }), "shape-wrong"],
  ["no classes asked for", (model) => model.classify(x, { top: 0 }), "not-whole"],
  ["classes of numbers", async () => {
    const model = await Model.create({ ...net, loss: "meanSquaredError" });
    return model.classify(x);
  }, "no-classes"],
  ["an evaluation of fewer targets", (model) => model.evaluate(x, [0]), "counts-differ"],
  ["an evaluation of another set", (model) => model.evaluate(datasets.iris()), "fit-other-shape"],
  ["weights that are none", (model) => model.setWeights(3), "weights-wrong"],
  ["weights by another name", (model) => model.setWeights({ "dense_9.kernel": [1] }), "weights-wrong"],
  ["weights of another length", (model) => model.setWeights({ "dense_1.bias": [1, 2, 3] }), "weights-wrong"],
  ["weights of another shape", (model) => model.setWeights([{ name: "dense_1.kernel", shape: [4, 2], values: new Float32Array(8) }]), "weights-wrong"],
  ["missing weights", (model) => model.setWeights({ "dense_1.bias": [1, 2, NaN, 4] }), "not-finite"],
  ["a layer that is not there", (model) => model.freeze("dense_3"), "layer-unknown"],
  ["a layer beyond the last", (model) => model.freeze(2), "layer-unknown"],
  ["a word for true", (model) => model.freeze("dense_1", "yes"), "freeze-flag"],
  ["data that are a number", () => Dataset.from(3), "arrays-missing"],
  ["data without targets", () => Dataset.from({ x }), "arrays-missing"],
  ["a table that is no text", () => Dataset.csv(new Uint8Array(3)), "not-text"],
  ["files that are none", () => Dataset.files([{ name: "a" }]), "file-no-bytes"],
  ["no files", () => Dataset.files([]), "files-missing"],
  ["a shape that does not fit", given({ shape: [3] }), "counts-differ"],
  ["a scaling by another name", given({ scaling: "minmax" }), "scaling-unknown"],
  ["a class twice", (model) => model.fit(given({ classes: ["a", "a"] })()), "classes-wrong"],
  ["no classes", (model) => model.fit(given({ classes: 0 })()), "classes-wrong"],
  ["a model that was disposed of", async () => {
    const model = await Model.create(net);
    await model.dispose();
    return model.fit(x, y);
  }, "disposed"],
  ["weights of a model that was disposed of", async () => {
    const model = await Model.create(net);
    await model.dispose();
    return model.weights();
  }, "disposed"],
  ["a model that is disposed of while it trains", async () => {
    const model = await Model.create(net);
    const fit = model.fit(x, y, { epochs: 1_000_000 });
    setTimeout(() => model.dispose(), 5);
    return fit;
  }, "disposed"],
];

test(`${CALLS.length} wrong calls are refused with a code and a hint, and the model still trains`, async (context) => {
  assert.ok(CALLS.length >= 60);
  const model = await Model.create(net);
  await model.fit(x, y);
  for (const [name, call, code] of CALLS) {
    await context.test(name, async () => {
      const error = await Promise.resolve().then(() => call(model)).then(() => assert.fail("it was not refused"), (reason) => reason);
      assert.ok(error instanceof SaddlepointError, String(error?.stack));
      assert.notEqual(error.report.kind, "internal", error.message);
      if (code !== null) assert.equal(error.code, code, error.message);
      assert.ok(error.hint !== "" && error.message.includes(error.hint), error.message);
      const { state, history } = await model.fit(x, y, { epochs: 2 });
      assert.deepEqual([state, history.loss.length], ["done", 2]);
    });
  }
  await model.dispose();
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
