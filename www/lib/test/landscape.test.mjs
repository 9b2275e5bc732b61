import assert from "node:assert/strict";
import { test } from "node:test";

import { Landscape } from "../dist/index.js";

const SPEC = {
  data: { type: "diabetes", features: ["s5"] },
  layers: [{ type: "dense", units: 1, activation: "tanh", useBias: false }, { type: "dense", units: 1, useBias: false }],
  loss: "halfMeanSquaredError",
};
const arm = (id, batch) => ({ id, optimizer: { type: "sgd", learningRate: 0.1 }, batch });
const RACE = { start: [-1, 0.9], steps: 60, seed: 1, radius: 0.3, arms: [arm("gd", { type: "full" }), arm("mini", { type: "mini", size: 32 }), arm("sgd", { type: "one" })] };

test("a landscape, its critical points and descents on it", async () => {
  const landscape = await Landscape.create(SPEC);
  assert.deepEqual(landscape.info, { weights: ["dense_1.kernel", "dense_2.kernel"], examples: 442, features: ["s5"], target: "progression" });
  assert.ok(Math.abs((await landscape.loss([0, 0])) - 0.5) < 1e-12);

  const points = await landscape.criticalPoints({ x: [-2, 2], y: [-2, 2] });
  assert.deepEqual(points.map(({ type }) => type), ["saddle", "minimum", "minimum"]);
  const [saddle] = points;
  assert.ok(saddle.gradientNorm < 1e-9 && saddle.eigenvalues[0] < 0 && saddle.eigenvalues[1] > 0);

  const surface = await landscape.surface({ x: [-1, 1], y: [-2, 2] }, 5, 3);
  assert.deepEqual([surface.columns, surface.rows, surface.values.length, surface.box], [5, 3, 15, { x: [-1, 1], y: [-2, 2] }]);
  assert.equal(surface.values[0], await landscape.loss([-1, -2]));
  assert.equal(surface.values[9], await landscape.loss([1, 0]));
  assert.equal(surface.min, Math.min(...surface.values));

  const { descents, runHash } = await landscape.race(RACE);
  assert.match(runHash, /^[0-9a-f]{16}$/);
  for (const [i, { id, path, loss, gradientNorm, lambdaMax, lambdaMin, nearSaddle, divergedAt }] of descents.entries()) {
    assert.equal(id, RACE.arms[i].id);
    assert.deepEqual([path.length, loss.length, gradientNorm.length, lambdaMax.length, lambdaMin.length], [122, 61, 61, 61, 61]);
    assert.equal(loss[0], await landscape.loss([-1, 0.9]));
    assert.ok(Number.isInteger(nearSaddle));
    assert.equal(divergedAt, null);
  }
  assert.equal((await landscape.race(RACE)).runHash, runHash);

  const strip = await landscape.strip(RACE, [1, 2, 3]);
  assert.deepEqual(strip.seeds, [1, 2, 3]);
  assert.deepEqual(strip.arms.map(({ id, nearSaddle }) => [id, nearSaddle.length]), [["gd", 3], ["mini", 3], ["sgd", 3]]);
  assert.deepEqual(strip.arms.map(({ nearSaddle }) => nearSaddle[0]), descents.map(({ nearSaddle }) => nearSaddle));
  await landscape.dispose();
  await assert.rejects(landscape.loss([0, 0]), { code: "disposed" });
});

test("a network with other than two weights has no landscape", async () => {
  await assert.rejects(Landscape.create({ ...SPEC, data: { type: "diabetes" } }), { code: "landscape-parameters" });
});
