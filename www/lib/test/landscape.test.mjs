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

  const { points } = await landscape.criticalPoints({ x: [-2, 2], y: [-2, 2] });
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

test("a function of x and y: all its critical points, and descents that know curvature", async () => {
  const named = await Landscape.functions();
  assert.ok(named.length >= 12);
  const { spec } = named.find(({ name }) => name === "himmelblau");
  const landscape = await Landscape.create(spec);
  assert.deepEqual(landscape.info.weights, ["x", "y"]);
  const { points, complete, undecided } = await landscape.criticalPoints(spec.box);
  assert.deepEqual([complete, undecided], [true, []]);
  const count = (kind) => points.filter(({ type, proven }) => type === kind && proven).length;
  assert.deepEqual(["saddle", "minimum", "maximum"].map(count), [4, 4, 1]);
  const { descents } = await landscape.race({ start: [0, 0], steps: 40, seed: 1, radius: 0.3, arms: [{ id: "sfn", optimizer: { type: "saddleFreeNewton" }, batch: { type: "full" } }] });
  assert.ok(descents[0].loss.at(-1) < 1e-9);
  await landscape.dispose();

  const saddle = await Landscape.create(named.find(({ name }) => name === "saddle").spec);
  const arms = [{ id: "gd", optimizer: { type: "sgd" }, batch: { type: "full" } }, { id: "newton", optimizer: { type: "newton" }, batch: { type: "full" } }];
  const { arms: [gd, newton], radius } = await saddle.escape({ arms, rates: [0.01, 0.1], most: 10000, seed: 1 });
  assert.equal(radius, 1);
  assert.deepEqual(gd.steps, [698, 76]);
  assert.deepEqual([newton.steps, newton.followsRate], [[null, null], false]);
  await saddle.dispose();
});

test("a formula's mistake is said with its column", async () => {
  const box = { x: [-1, 1], y: [-1, 1] };
  await assert.rejects(Landscape.create({ formula: "x + * y", box }), ({ code, report }) => code === "formula-operand" && report.args.column === "5");
  const landscape = await Landscape.create({ formula: "x**2 - y**2", box });
  assert.equal((await landscape.criticalPoints(box)).points[0].type, "saddle");
  await landscape.dispose();
});
