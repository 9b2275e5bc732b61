// The package in Node: the core runs in this thread.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Model, SaddlepointError } from "../dist/index.js";
import { diabetes, digits, files, idx, known, refusal, train, xor } from "./specs.mjs";

test("XOR is learnt", async () => {
  const model = await Model.create(xor);
  const progress = await train(model);
  assert.equal(progress.state, "done");
  assert.equal(progress.step, model.info.steps);
  const { accuracy, confusion } = await model.evaluate();
  assert.ok(accuracy > 0.95, `accuracy ${accuracy}`);
  assert.equal(confusion.flat().reduce((a, b) => a + b), 100);
  const [a, b] = await model.predict(Float32Array.of(0.8, 0.8));
  const [c, d] = await model.predict(Float32Array.of(-0.8, 0.8));
  assert.ok(a > b === d > c, `opposite corners differ: ${a} ${b}, ${c} ${d}`);
  await model.dispose();
});

test("an early stop ends a run with its best weights, and says so", async () => {
  const spec = { ...xor, optimizer: { type: "nadam", learningRate: 0.05, clipNorm: 1 }, epochs: 200, earlyStopping: { patience: 2, minDelta: 0.05 } };
  const model = await Model.create(spec);
  const progress = await train(model);
  assert.equal(progress.state, "stopped");
  assert.equal(progress.report.code, "stopped");
  assert.ok(progress.step < model.info.steps && Number(progress.report.args.bestStep) < progress.step);
  assert.equal((await model.trainFor(10)).step, progress.step);
  const again = await Model.load(await model.save());
  assert.equal((await again.history()).runHash, progress.runHash);
  await model.dispose();
  await again.dispose();
});

test("digits are recognised", async () => {
  const model = await Model.create(digits);
  await train(model);
  const { accuracy, mistakes } = await model.evaluate();
  assert.ok(accuracy > 0.95, `accuracy ${accuracy}`);
  assert.ok(mistakes.length <= 24 && mistakes.every(({ label, predicted }) => label !== predicted));

  const { index, predicted, probability } = mistakes[0];
  const image = await model.image(index);
  assert.deepEqual([image.height, image.width, image.channels, image.pixels.length], [8, 8, 1, 64]);
  assert.equal(image.label, mistakes[0].label);
  const { probabilities, output, filters, maps } = await model.inspect(Float32Array.from(image.pixels));
  assert.ok(Math.abs(probabilities[predicted] - probability) < 1e-6);
  assert.deepEqual(probabilities, output);
  assert.deepEqual([filters.layer, filters.count, filters.height, filters.width, filters.values.length], ["conv_1", 8, 3, 3, 72]);
  assert.deepEqual(
    maps.map(({ layer, count, height, width, values }) => [layer, count, height, width, values.length]),
    [["conv_1", 8, 8, 8, 512], ["pool_1", 8, 4, 4, 128], ["conv_2", 16, 4, 4, 256]],
  );
  // a plane of the pool holds the largest of each 2 x 2 of the same plane before it
  const [before, after] = maps;
  for (let plane = 0; plane < 8; plane++) {
    const at = (y, x) => before.values[plane * 64 + y * 8 + x];
    assert.equal(after.values[plane * 16 + 4 + 2], Math.max(at(2, 4), at(2, 5), at(3, 4), at(3, 5)));
  }
  await model.dispose();
});

test("a regression predicts in the units of its data", async () => {
  const model = await Model.create(diabetes);
  await train(model);
  const { loss, accuracy, confusion } = await model.evaluate();
  assert.ok(loss < 0.7, `loss ${loss}`);
  assert.deepEqual([accuracy, confusion], [null, null]);
  const middling = Float32Array.of(48.5, 1.5, 26.4, 94.6, 189, 115, 49.8, 4.07, 4.64, 91.3);
  const [value] = await model.predict(middling);
  assert.ok(value > 100 && value < 200, `a mean patient is not far from the mean of 152: ${value}`);
  const inspection = await model.inspect(middling);
  assert.deepEqual([inspection.probabilities, inspection.filters, inspection.maps], [null, null, []]);
  assert.equal((await refusal(model.image(0))).code, "no-images");
  await model.dispose();
});

test("a progress holds what is new, the history all of it", async () => {
  const model = await Model.create(xor);
  const first = await model.step(3);
  const second = await model.step();
  assert.deepEqual([first.from, first.loss.length, first.step, first.state], [0, 3, 3, "running"]);
  assert.deepEqual([second.from, second.loss.length, second.step], [3, 1, 4]);
  assert.deepEqual(first.gradientNorms.map(({ layer, norms }) => [layer, norms.length]), [["dense_1", 3], ["dense_2", 3]]);
  assert.equal(first.evaluations.length, 1, "before the first step");
  assert.deepEqual(Object.keys(first.evaluations[0]).sort(), ["step", "testAccuracy", "testExamples", "testLoss", "testR2", "trainAccuracy", "trainExamples", "trainLoss", "trainR2"]);
  const all = await model.history();
  assert.deepEqual([...all.loss], [...first.loss, ...second.loss]);
  assert.deepEqual([all.from, all.epoch], [0, 1]);
  assert.ok(all.stepsPerSecond > 0 && all.secondsLeft > 0);
  assert.ok(Math.abs(all.examplesPerSecond / all.stepsPerSecond - 30) < 1e-9);
  assert.equal((await model.step()).from, 4, "the history was told");
  await model.reset();
  const again = await model.step(3);
  assert.deepEqual([again.from, again.runHash], [0, first.runHash]);
  await model.dispose();
});

test("layers are looked into, and nothing changes", async () => {
  const sigmoids = { ...digits, layers: [...Array.from({ length: 10 }, () => ({ type: "dense", units: 16, activation: "sigmoid" })), { type: "dense", units: 10 }] };
  const [model, plain] = [await Model.create(sigmoids), await Model.create(sigmoids)];
  const before = await model.layerStatistics();
  assert.deepEqual([before.step, before.examples, before.layers.length, before.flow], [0, 256, 11, null]);
  assert.equal(before.layers[0].gradient, null);
  const [a, b] = [await model.step(20), await plain.step(20)];
  const { layers, flow } = await model.layerStatistics();
  assert.equal(a.runHash, b.runHash);
  const [first] = layers;
  assert.deepEqual([first.layer, first.units, first.dead], ["dense_1", 16, null]);
  assert.ok(first.saturated >= 0 && first.saturated <= 1);
  const sum = ({ counts }) => counts.reduce((x, y) => x + y);
  assert.deepEqual([sum(first.weights), sum(first.gradient), sum(first.activations)], [64 * 16, 64 * 16, 256 * 16]);
  assert.ok(first.weights.low < first.weights.mean && first.weights.mean < first.weights.high && first.weights.counts.length === 40);
  assert.deepEqual([flow.first, flow.last, flow.steps, flow.starved, flow.limit], ["dense_1", "dense_11", 20, true, 100]);
  assert.ok(flow.ratio > 1e4 && Math.abs(flow.lastNorm / flow.firstNorm / flow.ratio - 1) < 1e-9, JSON.stringify(flow));
  assert.ok(layers[0].gradientNorm * flow.limit < layers[10].gradientNorm);
  await Promise.all([model.dispose(), plain.dispose()]);
});

test("a profile says what a step spends, and nothing changes", async () => {
  const [model, plain] = [await Model.create(digits), await Model.create(digits)];
  await Promise.all([model.step(3), plain.step(3)]);
  const { steps, ms, flop, peak, rows } = await model.profile(60);
  assert.ok(steps > 1 && ms > 0 && peak > 1e8 && flop > 0, JSON.stringify({ steps, ms, flop, peak }));
  const sum = (field) => rows.reduce((total, row) => total + row[field], 0);
  assert.ok(Math.abs(sum("ms") - ms) < 1e-9 + 1e-6 * ms && Math.abs(sum("flop") - flop) < 1);
  const classes = new Set(rows.map((row) => row.class));
  for (const kind of ["matrixProduct", "elementwise", "batch", "update", "record", "clock"]) assert.ok(classes.has(kind), kind);
  const [first] = rows.filter((row) => row.class === "matrixProduct");
  assert.ok(first.layer === "dense_1" && first.bytes > 0 && first.op === "MatMul", JSON.stringify(first));
  assert.equal((await model.step(5)).runHash, (await plain.step(5)).runHash);
  await assert.rejects(model.profile(-1), ({ report }) => report.code === "slice-range");
  await Promise.all([model.dispose(), plain.dispose()]);
});

test("an activation is drawn with its derivative", async () => {
  const { x, y, derivative, steepest } = await Model.activationCurve("sigmoid");
  assert.deepEqual([x.length, x[0], x[60], x[120], y[60], derivative[60], steepest], [121, -6, 0, 6, 0.5, 0.25, 0.25]);
  const leaky = await Model.activationCurve({ type: "leakyRelu", slope: 0.2 }, { from: -1, to: 1, points: 3 });
  assert.deepEqual([leaky.x, leaky.y, leaky.derivative], [[-1, 0, 1], [-0.2, 0, 1], [0.2, 0.2, 1]]);
  assert.equal((await refusal(Model.activationCurve("sigmoidal"))).place, "activation");
  assert.equal((await refusal(Model.activationCurve("tanh", { from: 1, to: 1 }))).code, "curve-range");
});

test("curvature is that of the loss, known for least squares, and leaves the run as it is", async () => {
  const model = await Model.create({
    data: { type: "diabetes" }, test: 0, layers: [{ type: "dense", units: 1, useBias: false }], loss: "halfMeanSquaredError",
    optimizer: { type: "sgd", learningRate: 0.1 }, batch: { type: "full" }, epochs: 20, seed: 1,
  });
  const { runHash } = await model.step(3);
  const point = await model.curvature();
  assert.ok(Math.abs(point.lambdaMax - 4.02421) < 1e-3 && Math.abs(point.lambdaMin - 0.0086) < 1e-3, JSON.stringify(point));
  assert.deepEqual([point.step, point.examples, point.indexAtLeast], [3, 442, 0]);
  assert.ok(Math.abs(point.stableBelow - 20) < 1e-9 && point.gradientNorm > 0);
  assert.equal((await model.step(1)).step, 4);
  await model.reset();
  assert.equal((await model.step(3)).runHash, runHash);
  await model.dispose();
});

test("a range test finds a rate that trains, and leaves the run as it is", async () => {
  const model = await Model.create(digits);
  const hash = (await model.step(5)).runHash;
  const { rates, losses, smoothed, suggested } = await model.rangeTest({ from: 1e-5, to: 1, steps: 80 });
  assert.ok(rates.length > 40 && losses.length === rates.length && smoothed.length === rates.length);
  assert.ok(Math.abs(rates[0] - 1e-5) < 1e-12 && rates.at(-1) <= 1 + 1e-9);
  assert.ok(suggested > 3e-4 && suggested < 0.1, `suggested ${suggested}`);
  const after = await model.step(1);
  assert.deepEqual([after.step, after.from], [6, 5]);
  const plain = await Model.create(digits);
  assert.equal((await plain.step(5)).runHash, hash);
  assert.equal((await plain.step(1)).runHash, after.runHash);
  assert.equal((await refusal(model.rangeTest({ from: 1, to: 0.1 }))).code, "range-test");
  // in pieces beside a run that goes on: the same test
  await plain.step(1);
  const [whole] = [await plain.rangeTest({ steps: 4000 }), await model.step(1)];
  let pieces = 0;
  const [test] = await Promise.all([model.rangeTest({ steps: 4000 }, { progress: () => { pieces += 1; } }), model.step(3)]);
  assert.ok(pieces > 0, "in pieces");
  assert.deepEqual(test, whole);
  const [first, second] = await Promise.allSettled([model.rangeTest({ steps: 4000 }), model.rangeTest({ steps: 10 })]);
  assert.deepEqual([first.reason?.report.code, second.value?.rates.length], ["range-test-replaced", 10]);
  const controller = new AbortController();
  await assert.rejects(model.rangeTest({ steps: 4000 }, { signal: controller.signal, progress: () => { controller.abort(); } }), { name: "AbortError" });
  await Promise.all([model.dispose(), plain.dispose()]);
});

test("least squares on the same split: coefficients, their inflation, and R² to hold a network against", async () => {
  const model = await Model.create({
    data: { type: "diabetes" }, test: 0.25, layers: [{ type: "dense", units: 1 }], loss: "meanSquaredError",
    optimizer: { type: "sgd", learningRate: 0.1 }, batch: { type: "full" }, epochs: 1, seed: 1,
  });
  const { fit, testR2 } = await model.leastSquares();
  assert.ok(fit.r2 > 0.4 && fit.r2 < 0.6 && testR2 > 0.3 && testR2 < 0.6, `${fit.r2} ${testR2}`);
  const of = (name) => fit.coefficients.find((c) => c.name === name);
  assert.ok(of("s1").inflation > 20 && of("bmi").value > 0 && of("bmi").error > 0, JSON.stringify(fit.coefficients));
  const ridge = await model.leastSquares({ ridge: 0.1 });
  assert.ok(ridge.fit.coefficients.every((c) => c.inflation < 10) && ridge.fit.r2 < fit.r2);
  assert.equal((await refusal(model.leastSquares({ ridge: -1 }))).code, "ridge-range");
  const images = await Model.create(digits);
  assert.equal((await refusal(images.leastSquares())).code, "least-squares-table");
  await Promise.all([model.dispose(), images.dispose()]);
});

for (const { name, hash, spec, files } of known) {
  test(`the run ${name} has the hash it has everywhere`, async () => {
    const model = await Model.create(spec, { files });
    assert.equal((await train(model)).runHash, hash);
    await model.dispose();
  });
}

test("stop, save, load and go on equals never having stopped", async () => {
  const whole = await Model.create(digits);
  await whole.step(50);
  const file = await whole.save();
  const loaded = await Model.load(file);
  assert.deepEqual(loaded.spec, whole.spec);
  assert.deepEqual(loaded.info, whole.info);
  const [a, b] = [await whole.step(30), await loaded.step(30)];
  assert.equal(a.runHash, b.runHash);
  assert.deepEqual([b.from, b.loss], [50, a.loss]);
  assert.deepEqual((await loaded.history()).loss, (await whole.history()).loss);

  const cut = await refusal(Model.load(file.subarray(0, file.length - 9)));
  assert.equal(cut.kind, "file");
  assert.equal((await refusal(Model.load(new Uint8Array(3)))).code, "model-foreign");
  await Promise.all([whole.dispose(), loaded.dispose()]);
});

test("a diverged run says where, and goes back to the kept weights", async () => {
  const model = await Model.create({ ...diabetes, layers: [{ type: "dense", units: 8 }, { type: "dense", units: 1 }], optimizer: { type: "sgd", learningRate: 30 } });
  const stopped = await train(model);
  assert.equal(stopped.state, "diverged");
  const { code, args, message } = stopped.report;
  assert.equal(code, "diverged");
  for (const name of ["step", "layer", "what", "rate", "kept"]) assert.ok(args[name], name);
  assert.ok(message.includes(args.layer));
  assert.deepEqual((await model.trainFor()).loss.length, 0, "it stays where it is");

  const wrong = await refusal(model.restore(-1));
  assert.equal(wrong.code, "number-range");
  const back = await model.restore(0.01);
  assert.deepEqual([back.state === "diverged", back.step, back.learningRate, back.report], [false, Number(args.kept), 0.01, null]);
  assert.equal((await train(model)).state, "done");
  await model.dispose();
});

test("files are read, named by their hash, and asked for again", async () => {
  const model = await Model.create(files, { files: idx() });
  const { data } = model.spec;
  assert.match(data.hash, /^[0-9a-f]{16}$/);
  assert.equal(data.hash, model.info.data.hash);
  assert.deepEqual([model.info.data.train, model.info.data.test, model.info.data.shape], [30, 10, [3, 4, 1]]);
  const { accuracy } = await train(model).then(() => model.evaluate());
  assert.equal(accuracy, 1);
  // pixels are 0..255 whichever way they come
  const image = await model.image(0, "train");
  const inspection = await model.inspect(Float32Array.from(image.pixels));
  assert.ok(inspection.probabilities[image.label] > 0.5);

  const named = { ...files, data };
  const again = await Model.create(named, { files: idx().reverse() });
  assert.equal((await train(again)).runHash, (await model.history()).runHash);
  assert.equal((await refusal(Model.create(named, { files: idx(44) }))).code, "files-differ");
  assert.equal((await refusal(Model.create(named))).code, "files-missing");

  const saved = await model.save();
  const bare = await Model.load(saved);
  assert.equal(bare.info.data.absent, true);
  assert.equal((await refusal(bare.image(0, "train"))).code, "no-data");
  assert.equal((await refusal(bare.trainFor(10))).code, "no-data");
  const loaded = await Model.load(saved, { files: idx() });
  assert.equal((await loaded.history()).runHash, (await model.history()).runHash);
  await Promise.all([model, again, loaded, bare].map((m) => m.dispose()));
});

test("files that cannot be used say why", async () => {
  const [images, labels] = idx();
  const code = async (...given) => (await refusal(Model.create(files, { files: given }))).code;
  assert.equal(await code(), "files-missing");
  assert.equal(await code({ ...images, bytes: new Uint8Array() }, labels), "file-empty");
  assert.equal(await code({ ...images, bytes: images.bytes.subarray(0, 90) }, labels), "idx-truncated");
  assert.equal(await code(images, idx(30)[1]), "idx-counts-differ");
  assert.equal(await code({ name: "zeros", bytes: new Uint8Array(500_000_000) }, labels), "idx-magic");
  assert.equal(await code({ name: "text" }), "file-no-bytes");
  assert.equal((await refusal(Model.create(files, { files: 3 }))).code, "files-no-list");
  // a view into a larger buffer is the view alone
  const large = new Uint8Array(5000);
  large.set(images.bytes, 1000);
  const view = { ...images, bytes: large.subarray(1000, 1000 + images.bytes.length) };
  const model = await Model.create(files, { files: [view, labels] });
  assert.equal(model.info.data.train, 30);
  await model.dispose();
});

test("the summary is that of the model, over the data given last", async () => {
  const model = await Model.create(digits);
  assert.deepEqual(await Model.summary(digits), model.info);
  await model.dispose();
  const given = idx();
  const [a, b] = await Promise.all([Model.summary(files, { files: given }), Model.summary({ ...files, seed: 2 }, { files: [...given] })]);
  assert.equal(a.data.hash, b.data.hash);
  const other = await Model.summary(files, { files: idx(44) });
  assert.equal(other.data.train, 33);
  assert.equal((await refusal(Model.summary(files))).code, "files-missing");
  const narrow = { ...digits, layers: [...digits.layers.slice(0, -1), { type: "dense", units: 9 }] };
  assert.deepEqual([(await refusal(Model.summary(narrow))).code, (await refusal(Model.summary(narrow))).place], ["output-count", "dense_1"]);
});

test("what is disposed of or aborted is over", async () => {
  const model = await Model.create(xor);
  const pending = model.step(5);
  await model.dispose();
  assert.equal((await refusal(pending)).code, "disposed");
  assert.equal((await refusal(model.evaluate())).code, "disposed");
  await model.dispose();
  await assert.rejects(Model.create(xor, { signal: AbortSignal.abort() }), { name: "AbortError" });
  const controller = new AbortController();
  const creating = Model.create(xor, { signal: controller.signal });
  controller.abort();
  await assert.rejects(creating, { name: "AbortError" });
});

test("an error carries its report", async () => {
  const error = await Model.create({ ...xor, epochs: 0 }).catch((e) => e);
  assert.ok(error instanceof SaddlepointError && error instanceof Error);
  assert.equal(error.code, "run-range");
  assert.equal(error.report.place, "epochs");
  assert.equal(error.hint, error.report.hint);
  assert.equal(error.message, "epochs: expected 1 to 1000000 passes, got 0; choose a number in this range");
});
