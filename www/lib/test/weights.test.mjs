// Weights as files that others read and write.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Model } from "../dist/index.js";
import { exportWeights, importWeights, readWeights } from "../dist/weights.js";
import { refusal } from "./specs.mjs";

const run = {
  data: { type: "generated", kind: "xor", examples: 40, noise: 0.05 }, test: 8,
  layers: [{ type: "dense", units: 3 }, { type: "batchNormalization" }, { type: "dense", units: 2 }],
  loss: "softmaxCrossEntropy", optimizer: { type: "sgd", learningRate: 0.1 }, batch: { type: "mini", size: 8 }, epochs: 5, seed: 1,
};
/** What numpy.savez_compressed (2.x) writes of two arrays, one of them float64. */
const NUMPY = Uint8Array.from(Buffer.from([
  "UEsDBC0AAAAIAAAAIQAX8JtR//////////8SABQAZGVuc2VfMS5rZXJuZWwubnB5AQAQAKAAAAAAAAAAVQAAAAAAAACb7BfqGxDJyFDGUK2eklqcXKRupaBu",
  "k2ahrqOgnpZfVFKUmBefX5SSChJ3S8wpTgWKF2ckFqQC+RpGOgpGmjoKtQpkAy4GMPhgD6FZDkDoB1A+hwMAUEsDBC0AAAAIAAAAIQBIgtrj//////////8Q",
  "ABQAZGVuc2VfMS5iaWFzLm5weQEAEACIAAAAAAAAAEwAAAAAAAAAm+wX6hsQychQxlCtnpJanFykbqWgbpNmoq6joJ6WX1RSlJgXn1+UkgoSd0vMKU4Fihdn",
  "JBakAvkaRjqaOgq1ChQALgaGBw4MDAyOAFBLAQItAy0AAAAIAAAAIQAX8JtRVQAAAKAAAAASAAAAAAAAAAAAAACAAQAAAABkZW5zZV8xLmtlcm5lbC5ucHlQ",
  "SwECLQMtAAAACAAAACEASILa40wAAACIAAAAEAAAAAAAAAAAAAAAgAGZAAAAZGVuc2VfMS5iaWFzLm5weVBLBQYAAAAAAgACAH4AAAAnAQAAAAA=",
].join(""), "base64"));

test("weights come back from both formats, running statistics among them, and from a checkpoint", async () => {
  const model = await Model.create(run);
  await model.step(9);
  const weights = await model.weights();
  for (const format of ["safetensors", "npz"]) {
    const file = await exportWeights(model, format);
    const other = await Model.create({ ...run, seed: 2 });
    assert.notDeepEqual(await other.weights(), weights);
    await importWeights(other, file);
    assert.deepEqual(await other.weights(), weights, format);
    await importWeights(other, await model.save());
    assert.deepEqual(await other.weights(), weights);
    await other.dispose();
  }
  await model.dispose();
});

test("what NumPy compressed is read, float64 as float32", async () => {
  assert.deepEqual(await readWeights(NUMPY), [
    { name: "dense_1.kernel", shape: [2, 2], values: Float32Array.of(1, -2.5, 0.5, 3) },
    { name: "dense_1.bias", shape: [2], values: Float32Array.of(7, 8) },
  ]);
});

test("other networks, other shapes and damaged files are refused, and nothing changes", async () => {
  const model = await Model.create(run);
  const weights = await model.weights();
  const small = await Model.create({ ...run, layers: [{ type: "dense", units: 2 }] });
  const wide = await Model.create({ ...run, layers: [{ type: "dense", units: 4 }, ...run.layers.slice(1)] });
  const file = await exportWeights(model, "npz");
  assert.equal((await refusal(importWeights(small, file))).code, "weights-other");
  assert.equal((await refusal(importWeights(model, await exportWeights(small)))).code, "weights-other");
  assert.equal((await refusal(importWeights(wide, file))).code, "weights-wrong");
  // in the numbers of the first tensor, and where the second begins
  const flipped = [190, 200].map((place) => file.map((byte, i) => (i === place ? byte ^ 1 : byte)));
  for (const bytes of [...flipped, file.slice(0, -30), new Uint8Array(), new Uint8Array(40), (await exportWeights(model)).slice(0, -4)]) {
    const { code, hint } = await refusal(importWeights(model, bytes));
    assert.equal(code, "weights-damaged");
    assert.ok(hint.length > 0);
  }
  assert.equal((await refusal(exportWeights(model, "csv"))).code, "weights-format");
  assert.deepEqual(await model.weights(), weights);
  await Promise.all([model.dispose(), small.dispose(), wide.dispose()]);
});
