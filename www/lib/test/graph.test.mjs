import assert from "node:assert/strict";
import { test } from "node:test";

import { Model } from "../dist/index.js";
import { layer, loss } from "../dist/graph.js";

const OPTIMIZER = { type: "sgd", learningRate: 0.1 };
const run = (layers, lossOf) => ({
  data: { type: "generated", kind: "circle", examples: 200, noise: 0.1 }, test: 50, layers, loss: lossOf, optimizer: OPTIMIZER,
  batch: { type: "mini", size: 25 }, epochs: 2, seed: 3,
});

/** The losses of all steps of a run. */
async function losses(spec) {
  const model = await Model.create(spec);
  const found = [];
  let progress;
  do {
    progress = await model.trainFor(50);
    found.push(...progress.loss);
  } while (progress.state === "running");
  const { accuracy } = await model.evaluate();
  const bytes = await model.save();
  await model.dispose();
  return { found, accuracy, bytes, hash: progress.runHash };
}

const END = { type: "dense", units: 2, name: "end" };

test("a layer and a loss of one's own train as the ones they are written after, and are in the file", async () => {
  const start = { type: "normal", stddev: 0.5 };
  const usual = await losses(run([{ type: "dense", units: 6, activation: "tanh", initializer: start, name: "hidden" }, END], "softmaxCrossEntropy"));
  const dense = layer(({ x, kernel, bias }) => x.matMul(kernel).add(bias).tanh(), { kernel: { shape: [2, 6], initializer: start }, bias: [6] }, { name: "hidden" });
  const entropy = loss((output, target) => output.logSoftmax().mul(target).sum().neg());
  const own = await losses(run([dense, END], entropy));
  assert.equal(own.found.length, usual.found.length);
  own.found.forEach((value, i) => assert.ok(Math.abs(value - usual.found[i]) < 1e-4, `step ${i}: ${value} and ${usual.found[i]}`));
  assert.ok(own.found.at(-1) < own.found[0]);
  const again = await Model.load(own.bytes);
  assert.equal((await again.evaluate()).accuracy, own.accuracy);
  assert.deepEqual(again.spec.loss, entropy);
  await again.dispose();
});

test("what a function of one's own may not do is refused", async () => {
  let stray;
  layer(({ x }) => (stray = x).relu());
  for (const [build, word] of [
    [() => layer(({ x }) => x.add(stray)), /another function/],
    [() => layer(({ x }) => x.add(NaN)), /NaN/],
    [() => layer(({ x }) => x.add("1")), /got 1/],
    [() => layer(() => undefined), /undefined/],
    [() => layer(({ x }) => x.reshape([-1])), /-1/],
    [() => layer(({ x }) => x.sum(0)), /got 0/],
    [() => layer(({ x }) => x, { x: [2] }), /input/],
    [() => layer(({ x, w }) => x.matMul(w), { w: [2.5, 1] }), /2\.5/],
    [() => loss(() => null), /null/],
  ]) {
    assert.throws(build, ({ name, code, message, hint }) => name === "SaddlepointError" && code === "own-argument" && hint !== "" && word.test(message));
  }
  const create = (layers, lossOf = "softmaxCrossEntropy") => Model.create(run(layers, lossOf));
  const refused = (code) => (error) => error.name === "SaddlepointError" && error.code === code && error.hint !== "";
  await assert.rejects(create([layer(({ x }) => x.sum([1])), END]), refused("own-function"));
  await assert.rejects(create([layer(({ x }) => x.sum().softmax()), END]), refused("own-function"));
  await assert.rejects(create([layer(({ w }) => w, { w: [2] }), END]), refused("own-result"));
  await assert.rejects(create([layer(({ x, "a b": w }) => x.add(w), { "a b": [2] }), END]), refused("own-parameter"));
  await assert.rejects(create([layer(({ x, w }) => x.matMul(w), { w: [3, 2] }), END]), ({ message }) => /custom_1: .*2 rows/.test(message));
  await assert.rejects(create([END], loss((output) => output.sum().mul(0).sub(output.sum().mul(0)).maximum(1).sum([0]))), refused("own-function"));
});
