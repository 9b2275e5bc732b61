import assert from "node:assert/strict";
import { test } from "node:test";

import { Curvature, Model } from "../dist/index.js";
import { refusal } from "./specs.mjs";

const NETWORK = {
  data: { type: "digits" },
  layers: [{ type: "flatten" }, { type: "dense", units: 8, activation: "tanh" }, { type: "dense", units: 10 }],
  loss: "softmaxCrossEntropy",
  test: 797,
  seed: 3,
  examples: 120,
};
const arm = (id, batch) => ({ id, optimizer: { type: "sgd", learningRate: 0.1 }, batch });
const RACE = { seed: 5, equal: "examples", budget: 360, points: 6, arms: [arm("gd", { type: "full" }), arm("mini", { type: "mini", size: 32 }), arm("sgd", { type: "one" })] };
const BOX = { x: [-1, 1], y: [-2, 2] };
const all = async (pictures) => {
  const list = [];
  for await (const one of pictures) list.push(one);
  return list;
};

test("a race of a network, its planes, and what they leave out", async () => {
  const network = await Curvature.create(NETWORK);
  const { parameters, examples, weights } = network.info;
  assert.deepEqual([parameters, examples, weights.map(({ name }) => name)], [610, 120, ["dense_1.kernel", "dense_1.bias", "dense_2.kernel", "dense_2.bias"]]);

  let told = [];
  const { paths } = await network.race(RACE, { progress: (...news) => { told.push(news); } });
  assert.deepEqual(told, [[1, 3], [2, 3], [3, 3]]);
  assert.deepEqual(paths.map(({ id, divergedAt, loss }) => [id, divergedAt, loss.length]), [["gd", null, 4], ["mini", null, 7], ["sgd", null, 7]]);
  assert.deepEqual([...paths[2].updates], [0, 60, 120, 180, 240, 300, 360]);
  const { loss, gradientNorm } = await network.measure(paths[0].thetas.slice(0, parameters));
  assert.deepEqual([loss, gradientNorm], [paths[0].loss[0], paths[0].gradientNorm[0]]);

  const plane = await network.plane({ type: "principal", paths: paths.map(({ thetas }) => thetas) });
  assert.ok(plane.explained[0] >= plane.explained[1] && plane.randomWalk[0] > 0.2 && plane.randomWalk[0] < 0.61, JSON.stringify(plane.explained));
  const seen = await network.project(plane, paths[1].thetas);
  assert.deepEqual([seen.at.length, seen.off.length, seen.slice.length], [14, 7, 7]);
  // the slice is the loss of the projection, not that of the point
  assert.ok(seen.off.every((off) => off > 0) && seen.slice.every((value, i) => Number.isFinite(value) && value !== paths[1].loss[i]));

  const noise = await network.noise(plane, [1, 32, 120], paths[0].thetas.slice(0, parameters));
  const size = ([[x, y]]) => Math.hypot(x, y);
  assert.ok(size(noise.ellipses[0]) > size(noise.ellipses[1]) && size(noise.ellipses[2]) === 0, JSON.stringify(noise.ellipses));
  await network.dispose();
  await assert.rejects(network.measure(), { code: "disposed" });
});

test("a slice comes coarse and then whole, and can be called off", async () => {
  const network = await Curvature.create(NETWORK);
  const plane = await network.plane({ type: "random", seed: 2 });
  let last;
  const pictures = await all(network.slice(plane, BOX, { columns: 25, rows: 49, progress: (news) => { last = news; } }));
  assert.deepEqual(pictures.map(({ columns, rows, complete }) => [columns, rows, complete]), [[9, 17, false], [25, 49, true]]);
  assert.deepEqual([last.done, last.points], [25 * 49, 25 * 49]);
  const [coarse, whole] = pictures;
  assert.equal(whole.min, Math.min(...whole.values));
  for (let row = 0; row < 17; row++) for (let column = 0; column < 9; column++) assert.equal(coarse.values[row * 9 + column], whole.values[3 * row * 25 + 3 * column]);
  // the middle is the network itself
  assert.equal(whole.values[24 * 25 + 12], (await network.measure()).loss);

  const controller = new AbortController();
  await assert.rejects(all(network.slice(plane, BOX, { signal: controller.signal, progress: () => { controller.abort(); } })), { name: "AbortError" });
  await network.dispose();
});

test("a trained model stands in its landscape where its training left it", async () => {
  const run = { ...NETWORK, examples: undefined, optimizer: { type: "adam", learningRate: 0.01 }, batch: { type: "full" }, epochs: 50 };
  const model = await Model.create(run);
  await model.step(40);
  const network = await Curvature.create({ ...NETWORK, examples: 1000 }, { weights: await model.save() });
  // the next step begins with the loss over all training examples at these weights, in f32
  const trainLoss = (await model.step(1)).loss[0];
  const { loss } = await network.measure();
  assert.ok(Math.abs(loss - trainLoss) < 1e-5 * trainLoss, `${loss} ${trainLoss}`);
  const slice = await network.plane({ type: "weights", weights: ["dense_2.kernel[0,3]", 7] });
  assert.deepEqual([slice.axes[0].indexOf(1), slice.axes[1].indexOf(1), slice.origin.length], [523, 7, 610]);
  const other = await network.plane({ type: "interpolation", points: [network.weights, await network.initial(3), await network.initial(4)] });
  const seen = await network.project(other, network.weights);
  assert.ok(seen.off[0] < 1e-9 && Math.abs(seen.slice[0] - loss) < 1e-9);
  await assert.rejects(Curvature.create({ ...NETWORK, layers: NETWORK.layers.slice(0, 1).concat({ type: "dense", units: 10 }) }, { weights: await model.save() }), { code: "model-other-network" });
  await network.dispose();
  await model.dispose();
});

test("the eigen-plane curves as its eigenvalues say, and a certificate says what a point is", async () => {
  const network = await Curvature.create({ ...NETWORK, data: { type: "iris" }, test: 30, layers: [{ type: "dense", units: 4, activation: "tanh" }, { type: "dense", units: 3 }] });
  const plane = await network.plane({ type: "eigen", steps: 35 });
  const [low, high] = plane.eigenvalues;
  assert.ok(low < high && plane.residuals.every((residual) => residual < 1e-6) && plane.ritz[0] === low, JSON.stringify(plane.eigenvalues));
  const t = 1e-3;
  const pictures = await all(network.slice(plane, { x: [-t, t], y: [-t, t] }, { columns: 3, rows: 3 }));
  const at = (i) => pictures.at(-1).values[i];
  assert.ok(Math.abs((at(3) - 2 * at(4) + at(5)) / t ** 2 - low) < 1e-3 && Math.abs((at(1) - 2 * at(4) + at(7)) / t ** 2 - high) < 1e-2);

  const here = await network.certify();
  assert.deepEqual([here.verdict, here.parameters, here.whole, here.eigenvalues.length, here.inertiaAgrees], ["notConverged", 35, true, 35, true]);
  assert.equal(here.index, here.eigenvalues.filter((value) => value < -1e-10 * here.size).length);
  const part = await network.certify(undefined, { whole: 10, steps: 8 });
  assert.deepEqual([part.whole, part.eigenvalues.length, part.smallest], [false, 8, null]);
  const end = await network.search(network.weights, 3);
  assert.ok(end.gradientNorm < here.gradientNorm && end.theta.length === 35 && end.steps <= 3, JSON.stringify(end));
  assert.equal((await network.certify(end.theta)).loss, end.loss);
  await network.dispose();
});

test("density, trace, and index against loss", async () => {
  const network = await Curvature.create({ ...NETWORK, data: { type: "iris" }, test: 0, l2: 1e-3, layers: [{ type: "dense", units: 4, activation: "tanh" }, { type: "dense", units: 3 }] });
  const { eigenvalues } = await network.certify();
  const sum = eigenvalues.reduce((a, b) => a + b);
  const { trace, error, diagonal } = await network.trace(undefined, { probes: 60 });
  assert.ok(Math.abs(trace - sum) < 4 * error && diagonal.length === 35, `${trace} +- ${error} for ${sum}`);
  const { lambda, density, range } = await network.density(undefined, { steps: 20, points: 100 });
  const mass = density.reduce((a, b) => a + b) * (lambda[1] - lambda[0]);
  assert.ok(Math.abs(mass - 1) < 0.01 && range[0] > eigenvalues[0] - 1e-9 && range[1] < eigenvalues[34] + 1e-9, `${mass} ${range}`);

  const told = [];
  const points = await network.indexPoints(0, 6, { found: (point) => { told.push(point.number); } });
  assert.deepEqual([told.sort(), points.map(({ number }) => number)], [[0, 1, 2, 3, 4, 5], [0, 1, 2, 3, 4, 5]]);
  assert.ok(points.some(({ verdict }) => verdict === "critical") && points.every(({ index, fraction }) => index === Math.round(fraction * 35)), JSON.stringify(points));
  assert.equal((await network.indexPoints(4, 1))[0].loss, points[4].loss);
  assert.equal((await network.certify(points[4].theta)).index, points[4].index);
  await network.dispose();
});

// Two cores are to take five seconds and the first picture half a second: other work on the machine does not count against it
test("ten thousand weights on 512 examples: a slice of 51 x 51 takes two cores five seconds, and so does Lanczos' iteration", async () => {
  const dense = (units, activation) => ({ type: "dense", units, activation });
  const layers = [{ type: "flatten" }, dense(112, "tanh"), dense(20, "tanh"), dense(10, "linear")];
  const network = await Curvature.create({ ...NETWORK, layers, examples: 512 });
  assert.equal(network.info.parameters, 9750);
  const plane = await network.plane({ type: "random" });
  const seconds = (since) => process.cpuUsage(since).user / 1e6;
  let start = process.cpuUsage();
  const taken = [];
  for await (const { columns } of network.slice(plane, BOX, { columns: 51, rows: 51 })) taken.push([columns, seconds(start)]);
  const [[coarse, first], [whole, all]] = taken;
  assert.deepEqual([coarse, whole], [11, 51]);
  assert.ok(first < 1 && all < 10, `${first} s and ${all} s of one core`);
  start = process.cpuUsage();
  await network.plane({ type: "eigen", steps: 40 });
  assert.ok(seconds(start) < 5, `${seconds(start)} s`);
  await network.dispose();
});

test("what makes no sense is refused in a sentence, and the next call works", async () => {
  const network = await Curvature.create(NETWORK);
  const plane = await network.plane({ type: "random" });
  const code = async (promise) => (await refusal(promise)).code;
  assert.equal(await code(Curvature.create({ ...NETWORK, examples: 0 })), "race-range");
  assert.equal(await code(Curvature.create(undefined)), "spec-field");
  assert.equal(await code(network.race({ ...RACE, points: 0 })), "race-range");
  assert.equal(await code(network.race({ ...RACE, arms: [] })), "race-range");
  assert.equal(await code(network.race(RACE, { start: new Float64Array(3) })), "theta-length");
  assert.equal(await code(network.plane({ type: "spiral" })), "plane-unknown");
  assert.equal(await code(network.plane({ type: "weights", weights: ["dense_9.kernel[0]", 1] })), "weight-unknown");
  assert.equal(await code(network.plane({ type: "weights", weights: [4, 4] })), "plane-weights");
  assert.equal(await code(network.plane({ type: "principal", paths: [] })), "plane-points");
  assert.equal(await code(network.plane({ type: "interpolation", points: [network.weights, network.weights, network.weights] })), "plane-degenerate");
  assert.equal(await code(network.measure(new Float64Array(610).fill(NaN))), "not-finite");
  assert.equal(await code(all(network.slice(plane, { x: [1, 0], y: [0, 1] }))), "landscape-box");
  assert.equal(await code(all(network.slice(plane, BOX, { columns: 1 }))), "surface-size");
  assert.equal(await code(network.search(undefined, 0)), "not-whole");
  assert.equal(await code(network.plane({ type: "eigen", steps: 0.5 })), "not-whole");
  assert.equal(await code(network.noise(plane, [0])), "not-whole");
  assert.equal(await code(network.trace(undefined, { probes: 1 })), "not-whole");
  assert.equal(await code(network.indexPoints(-1, 1)), "not-whole");
  assert.equal(await code(Curvature.create({ ...NETWORK, l2: -1 })), "race-range");
  assert.ok((await network.measure()).loss > 0);
  await network.dispose();
});
