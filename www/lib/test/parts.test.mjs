// The core comes in two files: what a page begins with needs the first alone, all else asks for the second by itself.

import assert from "node:assert/strict";
import { test } from "node:test";

let started = 0;
const { Instance } = WebAssembly;
WebAssembly.Instance = class extends Instance {
  constructor(module, imports) {
    super(module, imports);
    started++;
  }
};

const { Curvature, Landscape, Model } = await import("../dist/index.js");
const { diabetes, digits, train, xor } = await import("./specs.mjs");

test("the first landscape and simple classifiers do without the rest, which comes once when it is needed", async () => {
  for (const spec of [xor, { ...digits, epochs: 1 }]) {
    const model = await Model.create(spec);
    assert.equal((await train(model)).state, "done");
    await model.evaluate();
    await model.dispose();
  }
  const landscape = await Landscape.create({
    data: { type: "diabetes", features: ["s5"] },
    layers: [{ type: "dense", units: 1, activation: "tanh", useBias: false }, { type: "dense", units: 1, useBias: false }],
    loss: "halfMeanSquaredError",
  });
  const box = { x: [-2, 2], y: [-1.5, 1.5] };
  assert.equal((await landscape.surface(box, 20, 20)).values.length, 400);
  assert.equal((await landscape.criticalPoints(box)).points.filter(({ type }) => type === "saddle").length, 1);
  await landscape.dispose();
  assert.equal(started, 1);

  const curvature = await Curvature.create({ data: { type: "iris" }, layers: [{ type: "dense", units: 3 }], loss: "softmaxCrossEntropy" });
  assert.ok((await curvature.certify()).loss > 0);
  await curvature.dispose();
  for (const spec of [diabetes, { ...xor, layers: [{ type: "dense", units: 8, activation: "gelu" }, { type: "dense", units: 2 }], epochs: 2 }]) {
    const network = await Model.create(spec);
    assert.equal((await train(network)).state, "done");
    await network.dispose();
  }
  assert.equal(started, 2);
});
