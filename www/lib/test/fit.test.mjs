// Training in the way of Keras: promise and iterator, callbacks, validation, other data, weights, frozen layers.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Dataset, datasets, Model, SaddlepointError } from "../dist/index.js";
import { digits, refusal, xor } from "./specs.mjs";

const net = (units = 2) => [{ type: "dense", units: 8, activation: "tanh" }, { type: "dense", units }];
const small = { inputShape: [2], layers: net(), loss: "softmaxCrossEntropy", optimizer: { type: "adam", learningRate: 0.05 } };
const x = Float32Array.of(0, 0, 0, 1, 1, 0, 1, 1);
const y = [0, 1, 1, 0];

test("XOR is learnt from arrays in ten lines", async () => {
  const model = await Model.create(small);
  const { history, epoch, state } = await model.fit(x, y, { epochs: 150, batchSize: 4 });
  assert.deepEqual([epoch.length, epoch.at(-1), state, Object.keys(history)], [150, 149, "done", ["loss", "accuracy"]]);
  assert.ok(history.loss[149] < 0.05 && history.accuracy[149] === 1, JSON.stringify(history.loss.slice(-1)));
  const outputs = await model.predict([[0, 1], [1, 1]]);
  assert.ok(outputs[1] > 0.9 && outputs[2] > 0.9, String(outputs));
  const [first] = await model.classify(Float32Array.of(0, 1));
  assert.deepEqual(first.map(({ label, index }) => [label, index]), [["1", 1], ["0", 0]]);
  assert.ok(Math.abs(first[0].probability + first[1].probability - 1) < 1e-6);
  assert.equal((await model.classify(x, { top: 1 })).length, 4);
  assert.equal((await model.evaluate(x, y)).accuracy, 1);
  await model.dispose();
});

test("a fit is an iterator of its slices, and its logs are those of the history", async () => {
  const model = await Model.create({ ...xor, epochs: 5 });
  const fit = model.fit();
  const seen = [];
  let done = 0;
  for await (const slice of fit) {
    seen.push(...slice.epochs);
    assert.ok(slice.done > done || slice.done === 1);
    done = slice.done;
  }
  const { epoch, history, step } = await fit;
  assert.deepEqual([done, step, epoch], [1, model.info.steps, [0, 1, 2, 3, 4]]);
  assert.deepEqual(seen.map(({ loss }) => loss), history.loss);
  assert.deepEqual(Object.keys(history), ["loss", "accuracy", "val_loss", "val_accuracy"]);
  // the loss of an epoch is the mean of its steps, the validation that of all of the test part
  const losses = (await model.history()).loss.slice(-model.info.stepsPerEpoch);
  assert.ok(Math.abs(losses.reduce((a, b) => a + b) / losses.length - history.loss[4]) < 1e-6);
  const whole = await model.evaluate();
  assert.deepEqual([history.val_loss[4], history.val_accuracy[4]], [whole.loss, whole.accuracy]);
  await model.dispose();
});

test("a fit of a whole run is that run, bit for bit, and one in parts too", async () => {
  const [plain, whole, parts] = await Promise.all([1, 2, 3].map(() => Model.create({ ...xor, epochs: 6 })));
  await plain.step(plain.info.steps);
  await whole.fit();
  await parts.fit({ epochs: 2 });
  assert.equal((await parts.history()).epoch, 3);
  await parts.fit({ epochs: 4 });
  const hashes = await Promise.all([plain, whole, parts].map(async (model) => (await model.history()).runHash));
  assert.equal(new Set(hashes).size, 1, hashes.join(" "));
  // beyond the end of the run
  const { epoch } = await parts.fit({ epochs: 3 });
  assert.deepEqual([epoch, parts.spec.epochs, parts.info.steps], [[0, 1, 2], 9, 9 * parts.info.stepsPerEpoch]);
  await Promise.all([plain, whole, parts].map((model) => model.dispose()));
});

test("callbacks are called in order and waited for", async () => {
  const calls = [];
  const log = (name) => (...args) => { calls.push([name, ...args.filter((arg) => typeof arg === "number")].join(" ")); };
  const callbacks = Object.fromEntries(["onTrainBegin", "onTrainEnd", "onEpochBegin", "onBatchEnd"].map((name) => [name, log(name)]));
  let logs;
  const slow = { onEpochEnd: async (epoch, of) => { await new Promise((done) => setTimeout(done, 5)); calls.push(`waited ${epoch}`); logs = of; } };
  const model = await Model.create(small);
  await model.fit(x, y, { epochs: 2, batchSize: 3, callbacks: [callbacks, slow] });
  assert.deepEqual(calls, [
    "onTrainBegin", "onEpochBegin 0", "onBatchEnd 0", "onBatchEnd 1", "waited 0", "onEpochBegin 1", "onBatchEnd 0", "onBatchEnd 1", "waited 1", "onTrainEnd",
  ]);
  assert.deepEqual([logs.epoch, typeof logs.loss], [1, "number"]);
  const boom = new Error("boom");
  await assert.rejects(model.fit(x, y, { callbacks: { onEpochEnd() { throw boom; } } }), boom);
  assert.equal((await model.fit(x, y)).state, "done");
  await model.dispose();
});

test("validation data are measured and not learnt from", async () => {
  const model = await Model.create(small);
  const { history } = await model.fit(x, y, { epochs: 3, validationData: [x, [1, 0, 0, 1]] });
  assert.deepEqual([model.info.data.train, model.info.data.test], [4, 4]);
  history.accuracy.forEach((share, i) => assert.ok(Math.abs(history.val_accuracy[i] - (1 - share)) < 1e-9, "the opposite labels"));
  const halves = await model.fit(x, y, { validationSplit: 0.5 });
  assert.deepEqual([model.info.data.train, halves.history.val_loss.length], [2, 1]);
  await model.dispose();
});

test("pause, stop, leaving the loop and a signal end or hold a fit after the slice under way", async () => {
  const model = await Model.create({ ...digits, epochs: 20_000 });
  const controller = new AbortController();
  const fit = model.fit({ signal: controller.signal, callbacks: { onProgress: () => controller.abort(new Error("enough")) } });
  await assert.rejects(fit, (error) => error instanceof SaddlepointError && error.name === "AbortError" && error.code === "aborted" && error.cause.message === "enough" && error.hint !== "");
  const { step } = await model.step();
  let last;
  for await (const slice of model.fit()) {
    last = slice.step;
    break;
  }
  assert.ok(last > step && (await model.step()).step === last + 1, "training ended with the loop");
  const held = model.fit();
  held.pause();
  await new Promise((done) => setTimeout(done, 200));
  const before = (await model.evaluate()).loss;
  await new Promise((done) => setTimeout(done, 200));
  assert.equal((await model.evaluate()).loss, before, "nothing is learnt in a pause");
  held.resume();
  await new Promise((done) => setTimeout(done, 100));
  held.stop();
  assert.equal((await held).state, "running");
  assert.notEqual((await model.evaluate()).loss, before);
  await model.dispose();
});

test("weights stay from fit to fit, on other data and in other batches", async () => {
  const model = await Model.create({ inputShape: [8, 8, 1], layers: [{ type: "flatten" }, { type: "dense", units: 10 }], loss: "softmaxCrossEntropy", optimizer: "sgd" });
  const set = datasets.digits();
  const first = await model.fit(set, { epochs: 2 });
  const second = await model.fit(set, { epochs: 1 });
  assert.ok(second.history.loss[0] < first.history.loss[1], "goes on");
  assert.equal(model.spec.epochs, 3);
  const third = await model.fit(datasets.digits(), { batchSize: 128 });
  assert.ok(third.history.loss[0] < second.history.loss[0]);
  await model.setLearningRate(0);
  const weights = await model.weights();
  await model.fit(set, { batchSize: 64 });
  assert.equal(model.spec.optimizer.learningRate, 0);
  assert.deepEqual(await model.weights(), weights, "a rate of 0 holds in the next fit");
  await model.dispose();
});

test("a network that was trained sees other data scaled as the first", async () => {
  const line = (from) => ({ x: Float32Array.from({ length: 20 }, (_, i) => from + i), y: Float32Array.from({ length: 20 }, (_, i) => 3 * (from + i)), shape: [1] });
  const model = await Model.create({ inputShape: [1], layers: [{ type: "dense", units: 1 }], loss: "meanSquaredError", optimizer: { type: "sgd", learningRate: 0.1 } });
  await model.fit(Dataset.from(line(0)), { epochs: 60 });
  const [before] = await model.predict([100]);
  assert.ok(Math.abs(before - 300) < 3, String(before));
  await model.setLearningRate(0);
  await model.fit(Dataset.from(line(1000)));
  const [after] = await model.predict([100]);
  assert.ok(Math.abs(after - before) < 1e-3, `${before} ${after}`);
  const { regression } = await model.evaluate(Dataset.from(line(50)));
  assert.ok(regression.r2 > 0.99, JSON.stringify(regression));
  await model.dispose();
});

test("weights are read and written by name, and frozen layers stay", async () => {
  const spec = { ...xor, layers: [{ type: "dense", units: 4 }, { type: "batchNormalization" }, { type: "dense", units: 2 }] };
  const [model, other] = [await Model.create(spec), await Model.create({ ...spec, seed: 2, data: xor.data })];
  await model.fit({ epochs: 1 });
  const weights = await model.weights();
  assert.deepEqual(weights.map(({ name, shape, trainable }) => [name, shape.join(), trainable]).slice(0, 2), [["dense_1.kernel", "2,4", true], ["dense_1.bias", "4", true]]);
  assert.ok(weights.some(({ trainable }) => !trainable), "running statistics");
  const point = Float32Array.of(0.3, -0.2);
  await other.setWeights(weights);
  assert.deepEqual(await other.weights(), weights);
  await other.setWeights({ "dense_2.bias": [0.5, -0.5] });
  assert.deepEqual([...(await other.weights()).find(({ name }) => name === "dense_2.bias").values], [0.5, -0.5]);
  await other.setWeights(weights);
  const was = await other.predict(point);
  await model.freeze("dense_1");
  await model.freeze([1, "dense_2"]);
  assert.deepEqual(model.spec.frozen, ["dense_1", "bn_1", "dense_2"]);
  await model.fit({ epochs: 1 });
  const trained = (list) => list.filter(({ trainable }) => trainable);
  assert.deepEqual(trained(await model.weights()), trained(weights), "all are frozen");
  await model.freeze("dense_2", false);
  await model.fit({ epochs: 1 });
  const after = await model.weights();
  assert.deepEqual(after[0], weights[0]);
  assert.notDeepEqual(after.find(({ name }) => name === "dense_2.kernel"), weights.find(({ name }) => name === "dense_2.kernel"));
  // what is frozen is part of a saved run
  const again = await Model.load(await model.save());
  assert.deepEqual(again.spec.frozen, ["dense_1", "bn_1"]);
  assert.equal(was.length, 2);
  const lines = [];
  await model.summary((line) => lines.push(line));
  assert.match(lines.join("\n"), /dense_1 \(dense\), frozen {2,}\(N, 4\) {2,}12/);
  await Promise.all([model, other, again].map((one) => one.dispose()));
});

test("a model is loaded without its data: it answers, learns from others, and goes on with the same as if it had never been saved", async () => {
  const settings = { epochs: 5000, batchSize: 2, validationSplit: 0.25 };
  const [whole, cut] = await Promise.all([1, 2].map(() => Model.create(small)));
  await whole.fit(x, y, settings);
  const fit = cut.fit(x, y, settings);
  for await (const { step } of fit) {
    assert.ok(step < 10_000, "it is cut before its end");
    break;
  }
  const saved = await cut.save();
  const [model, other] = await Promise.all([1, 2].map(() => Model.load(saved)));
  const { absent, train, test, classes } = model.info.data;
  assert.deepEqual([absent, train, test, classes], [true, 3, 1, ["0", "1"]]);
  assert.deepEqual(await model.predict(x), await cut.predict(x));
  assert.deepEqual(await model.classify(x), await cut.classify(x));
  assert.deepEqual(await model.evaluate(x, y), await cut.evaluate(x, y));
  for (const call of ["trainFor", "step", "fit", "evaluate", "curvature", "layerStatistics", "profile", "rangeTest", "leastSquares"]) {
    assert.equal((await refusal(model[call]())).code, "no-data", call);
  }
  // a file of it is as good as the one it came from
  const again = await Model.load(await model.save());
  const hash = async (one) => (await one.history()).runHash;
  assert.equal(await hash(again), await hash(cut));
  const before = (await again.history()).step;
  await again.fit(x, y, { validationSplit: 0.25 });
  assert.deepEqual([again.info.data.absent, (await again.history()).step > before], [false, true]);
  assert.equal(await hash(again), await hash(whole));
  assert.deepEqual(await again.weights(), await whole.weights());
  // other data: from the same weights, steps counted anew
  const { step } = await other.fit(x, [1, 0, 0, 1], { epochs: 2, batchSize: 2, validationSplit: 0 });
  assert.equal(step, 4);
  await Promise.all([whole, cut, model, other, again].map((one) => one.dispose()));
});

test("memory is told, and a model ends with its block", async () => {
  const model = await Model.create(small);
  const { wasm, step, weights, optimizer } = await model.memory();
  assert.deepEqual([weights, optimizer], [4 * 42, 8 * 42]);
  assert.ok(wasm % 65536 === 0 && wasm > step && step > 0);
  await model[Symbol.asyncDispose]();
  assert.equal((await refusal(model.memory())).code, "disposed");
});
