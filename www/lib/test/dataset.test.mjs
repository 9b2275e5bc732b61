// Data that a program gives: every form becomes what the core would make of files.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Dataset, datasets, Model } from "../dist/index.js";
import { files, idx, refusal } from "./specs.mjs";

const layers = (units) => [{ type: "dense", units }];
const classes = (data, units) => Model.create({ data, layers: layers(units), loss: "softmaxCrossEntropy" });
const info = async (promise) => {
  const model = await promise;
  await model.dispose();
  return model.info.data;
};

test("typed arrays, lists in lists and lists of typed arrays are the same data", async () => {
  const rows = [[1, 2, 3], [4, 5, 6], [7, 8, 9], [1, 0, 1]];
  const y = [0, 1, 0, 1];
  const forms = [rows, new Float32Array(rows.flat()), new Float64Array(rows.flat()), new Int32Array(rows.flat()), rows.map((row) => Float32Array.from(row))];
  const hashes = await Promise.all(forms.map(async (x) => (await info(classes(Dataset.from({ x, y }), 2))).hash));
  assert.equal(new Set(hashes).size, 1, hashes.join(" "));
});

test("labels are numbers, words, truths or rows with a single 1", async () => {
  const x = Float32Array.of(1, 2, 3, 4);
  const names = async (y, more = {}) => (await info(classes(Dataset.from({ x, y, ...more }), more.units ?? 2))).classes;
  assert.deepEqual(await names(["dog", "cat", "dog", "cat"]), ["cat", "dog"]);
  assert.deepEqual(await names([true, false, true, false]), ["0", "1"]);
  assert.deepEqual(await names(Uint8Array.of(0, 1, 2, 1), { units: 3 }), ["0", "1", "2"]);
  assert.deepEqual(await names([[1, 0], [0, 1], [1, 0], [0, 1]]), ["0", "1"]);
  assert.deepEqual(await names([0, 1, 0, 1], { classes: ["no", "yes"] }), ["no", "yes"]);
  assert.deepEqual(await names([0, 1, 0, 1], { classes: 4, units: 4 }), ["0", "1", "2", "3"]);
  // the loss says that these are numbers
  const data = Dataset.from({ x, y: [0, 1, 0, 1] });
  const { classes: none } = await info(Model.create({ data, layers: layers(1), loss: "meanSquaredError" }));
  assert.equal(none, null);
});

test("a network keeps its classes where other data have fewer", async () => {
  const model = await Model.create({ inputShape: [1], layers: layers(3), loss: "softmaxCrossEntropy" });
  await model.fit([[1], [2]], ["b", "a"]);
  assert.deepEqual(model.info.data.classes, ["a", "b", "2"]);
  await model.fit([[1], [2]], ["b", "b"]);
  assert.deepEqual(model.info.data.classes, ["a", "b", "2"]);
  assert.equal((await refusal(model.fit([[1], [2]], ["c", "b"]))).code, "label-unknown");
  await model.dispose();
});

test("images of bytes are images, floats stay as they are", async () => {
  const pixels = Uint8Array.from({ length: 4 * 6 }, (_, i) => 10 * i);
  const y = [0, 1, 0, 1];
  const bytes = await info(classes(Dataset.from({ x: pixels, y, shape: [2, 3] }), 2));
  assert.deepEqual([bytes.shape, bytes.scaling.features], [[2, 3, 1], { type: "unit", max: 255 }]);
  const floats = await info(classes(Dataset.from({ x: Float32Array.from(pixels), y, shape: [2, 3, 1] }), 2));
  assert.deepEqual([floats.shape, floats.scaling.features], [[2, 3, 1], { type: "none" }]);
  const table = await info(classes(Dataset.from({ x: pixels, y }), 2));
  assert.deepEqual([table.shape, table.scaling.features.type], [[6], "standard"]);
});

test("a class at each step of a sequence, and several numbers to predict", async () => {
  const x = Float32Array.from({ length: 4 * 3 * 2 }, (_, i) => i % 5);
  const steps = Dataset.from({ x, shape: [3, 2], y: [[0, 1, 0], [1, 1, 0], [0, 0, 1], [1, 0, 1]], classes: 2 });
  const lstm = await Model.create({ data: steps, layers: [{ type: "gru", units: 4, returnSequences: true }, { type: "dense", units: 2 }], loss: "softmaxCrossEntropy" });
  assert.equal((await lstm.fit()).state, "done");
  const two = Dataset.from({ x, shape: [6], y: Float32Array.from({ length: 8 }, (_, i) => i) });
  const model = await Model.create({ data: two, layers: layers(2), loss: "meanSquaredError" });
  assert.equal((await model.fit()).state, "done");
  assert.equal((await model.predict(x)).length, 8);
  await Promise.all([lstm.dispose(), model.dispose()]);
});

test("tables, texts, IDX files and blobs are read by the core", async () => {
  const csv = Dataset.csv("a,b,kind\n1,2,x\n3,4,y\n5,6,x\n7,8,y\n", { target: "kind" });
  const table = await info(classes(csv, 2));
  assert.deepEqual([table.features, table.classes], [["a", "b"], ["x", "y"]]);
  const blobs = idx().map(({ name, bytes }) => new File([bytes], name));
  const images = await info(Model.create({ ...files, data: await Dataset.files(blobs) }));
  assert.deepEqual(images.shape, [3, 4, 1]);
  const same = await info(Model.create({ ...files, data: await Dataset.files(idx()) }));
  assert.equal(same.hash, images.hash);
  const text = await Model.create({
    data: Dataset.text("round and round the garden like a teddy bear ".repeat(8), { steps: 16 }), loss: "softmaxCrossEntropy",
    layers: [{ type: "embedding", vocabulary: 16, units: 4 }, { type: "gru", units: 4, returnSequences: true }, { type: "dense", units: 16 }],
  });
  assert.equal((await text.fit()).state, "done");
  assert.equal((await text.generate({ prompt: "the", length: 5 })).length, 5);
  await text.dispose();
});

test("pictures are drawn to one size, each pixel the mean of what lies under it", async () => {
  const picture = (values, width, height) => ({ width, height, data: Uint8ClampedArray.from(values.flatMap((v) => [v, v, v, 255])) });
  // 4 x 2 to 2 x 1: means of squares of four pixels
  const wide = picture([0, 100, 200, 200, 100, 200, 0, 0], 4, 2);
  const plain = picture([100, 100], 2, 1);
  const set = await Dataset.images([wide, plain], ["a", "b"], { size: [1, 2] });
  const model = await classes(set, 2);
  assert.deepEqual([model.info.data.shape, (await model.examples(2, "train")).features], [[1, 2, 1], Float32Array.of(100, 100, 100, 100)]);
  assert.deepEqual(await model.predict(wide), await model.predict(Float32Array.of(100, 100)));
  assert.equal((await model.classify([wide, plain])).length, 2);
  const clear = { width: 1, height: 1, data: Uint8ClampedArray.of(200, 200, 200, 0) };
  const grey = await classes(await Dataset.images([clear, clear], [0, 1], { size: [1, 1] }), 2);
  assert.deepEqual([...(await grey.examples(2, "train")).features], [0, 0], "black shows through");
  await Promise.all([model.dispose(), grey.dispose()]);
});

test("the sets of the package have names", async () => {
  const counts = { digits: 10, iris: 3, wine: 3, breastCancer: 2, xor: 2, circle: 2, spiral: 2, gaussians: 2 };
  for (const [name, units] of Object.entries(counts)) assert.equal((await info(classes(datasets[name](), units))).classes.length, units, name);
  const { features } = await info(Model.create({ data: datasets.diabetes({ features: ["s5"] }), layers: layers(1), loss: "meanSquaredError" }));
  assert.deepEqual(features, ["s5"]);
});
