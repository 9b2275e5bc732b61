// Image files, moved images and written text, in Node: the core and the decoder run in this thread.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { Model, readFiles } from "../dist/index.js";
import { digits, files, refusal, train } from "./specs.mjs";

const fixture = (name) => Uint8Array.from(readFileSync(new URL(`../../../src/data/images/fixtures/${name}`, import.meta.url)));
const pictures = [
  { name: "pets/cat/1.jpg", bytes: fixture("colour.jpg") },
  { name: "pets/dog/1.jpg", bytes: fixture("progressive.jpg") },
  { name: "pets/dog/2.jpg", bytes: fixture("grey.jpg") },
];
const run = { ...files, test: 1 };

test("image files are a data set whose folders are its classes, with the hash that it has natively", async () => {
  const model = await Model.create(run, { files: pictures });
  const { data } = model.info;
  assert.deepEqual([data.name, data.shape, data.classes, data.train + data.test], ["pets", [8, 8, 3], ["cat", "dog"], 3]);
  // that of tests in src/data/images
  assert.equal(data.hash, "da80d3cc02b902e5");
  assert.equal((await train(model)).state, "done");
  const again = await Model.load(await model.save(), { files: [...pictures].reverse() });
  assert.equal((await again.history()).runHash, (await model.history()).runHash);
  await model.dispose();
  await again.dispose();
});

test("files that were read once are taken as they are", async () => {
  const [one, ...others] = await readFiles(pictures);
  assert.equal(others.length, 0);
  const { data } = await Model.summary(run, { files: [one] });
  assert.deepEqual(data, (await Model.summary(run, { files: pictures })).data);
  const text = [{ name: "a.txt", bytes: Uint8Array.of(97) }];
  assert.deepEqual(await readFiles(text), text);
});

test("what is wrong with an image is said with its name", async () => {
  const code = async (list) => {
    const { code, place } = await refusal(Model.create(run, { files: list }));
    return [code, place];
  };
  const [cat, dog] = pictures;
  assert.deepEqual(await code([cat, { ...cat, name: "pets/cat/2.jpg" }]), ["image-one-class", "pets/cat/1.jpg"]);
  assert.deepEqual(await code([cat, { ...dog, bytes: dog.bytes.subarray(0, 300) }]), ["image-broken", dog.name]);
  assert.deepEqual(await code([cat, { ...dog, bytes: new TextEncoder().encode("GIF89a") }]), ["image-format", dog.name]);
  assert.deepEqual(await code([cat, { ...dog, bytes: fixture("inks.jpg") }]), ["image-inks", dog.name]);
});

test("a training image is shown as the next steps would see it", async () => {
  const model = await Model.create({ ...digits, augment: { shift: 0.2, rotate: 20 } });
  const plain = await model.image(3, "train");
  const moved = await model.augmented(3);
  assert.deepEqual([moved.height, moved.width, moved.channels, moved.label, moved.pixels.length], [8, 8, 1, plain.label, 5 * 64]);
  const steps = Array.from({ length: 5 }, (_, k) => moved.pixels.slice(64 * k, 64 * k + 64).join());
  assert.equal(new Set(steps).size, 5);
  assert.deepEqual((await model.augmented(3, 1, {})).pixels, plain.pixels);
  // a step further, what was second is first
  await model.step();
  assert.equal((await model.augmented(3, 1)).pixels.join(), steps[1]);
  assert.equal((await refusal(model.augmented(3, 5, { shift: 2 }))).code, "augment-range");
  assert.equal((await refusal(model.augmented(-1))).code, "not-whole");
  await model.dispose();
});

test("a character model writes what it has learned", async () => {
  const bytes = new TextEncoder().encode("the cat sat on the mat. ".repeat(40));
  const model = await Model.create(
    {
      data: { type: "text", steps: 11 }, test: 0,
      layers: [{ type: "embedding", vocabulary: 11, units: 6 }, { type: "lstm", units: 24, returnSequences: true }, { type: "dense", units: 11 }],
      loss: "softmaxCrossEntropy", optimizer: { type: "adam", learningRate: 0.03 }, batch: { type: "mini", size: 8 }, epochs: 60, seed: 1,
    },
    { files: [{ name: "cat.txt", bytes }] },
  );
  await train(model);
  assert.equal(await model.generate({ prompt: "the cat ", length: 24, temperature: 0 }), "sat on the mat. the cat ");
  const hot = { prompt: "the", length: 50, temperature: 4, seed: 3 };
  assert.equal(await model.generate(hot), await model.generate(hot));
  assert.notEqual(await model.generate(hot), await model.generate({ ...hot, seed: 4 }));
  const { code, args } = await refusal(model.generate({ prompt: "the dog" }));
  assert.deepEqual([code, args.character, args.at], ["generate-character", "d", "5"]);
  assert.equal((await refusal(model.generate({ temperature: NaN }))).code, "number-range");
  assert.equal((await refusal(model.generate({ length: 0 }))).code, "not-whole");
  await model.dispose();
});
