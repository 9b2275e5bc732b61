// What a network has learnt of one task helps with another: what a saved model says of an image is what a small network begins from,
// which learns from 40 images to tell digits with a closed loop from those without. The same network on the pixels themselves stands beside it.

import { Model, type RunSpec } from "saddlepoint";

/** Digits that are drawn with a closed loop. */
const LOOPS = [0, 6, 8, 9];
/** Images that the second task may learn from. */
const FEW = 40;

async function trained(model: Model): Promise<Model> {
  await model.fit();
  return model;
}

// A model of all ten digits. Somebody else may have trained it long ago: what is left of it is the file.
const source: RunSpec = {
  data: { type: "digits" },
  test: 797,
  layers: [
    { type: "conv2d", filters: 8, kernelSize: [3, 3], padding: "same", activation: "relu" },
    { type: "maxPool2d", poolSize: [2, 2] },
    { type: "flatten" },
    { type: "dense", units: 10 },
  ],
  loss: "softmaxCrossEntropy",
  optimizer: { type: "adam", learningRate: 0.01 },
  batch: { type: "mini", size: 32 },
  epochs: 6,
  seed: 1,
};
const first = await trained(await Model.create(source));
const file = await first.save();
await first.dispose();

// The images that it never saw, as they are and as it sees them.
const saved = await Model.load(file);
const { features, width, labels } = await saved.examples(797, "test");
if (labels === null) throw new Error("digits have labels");
const outputs = await saved.predict(features);
await saved.dispose();

/** One row for each image: its numbers and whether it has a loop. */
function table(numbers: Float32Array, columns: number): Uint8Array {
  const lines = [[...Array(columns).keys()].map((column) => `x${column}`).concat("loop").join(",")];
  labels?.forEach((label, i) => lines.push([...numbers.subarray(i * columns, (i + 1) * columns), LOOPS.includes(label) ? "yes" : "no"].join(",")));
  return new TextEncoder().encode(lines.join("\n"));
}

async function accuracy(numbers: Float32Array, columns: number): Promise<number> {
  const run: RunSpec = {
    data: { type: "csv", target: "loop" },
    test: labels === null ? 0 : labels.length - FEW,
    layers: [{ type: "dense", units: 8, activation: "tanh" }, { type: "dense", units: 2 }],
    loss: "softmaxCrossEntropy",
    optimizer: { type: "adam", learningRate: 0.02 },
    batch: { type: "full" },
    epochs: 150,
    seed: 1,
  };
  const model = await trained(await Model.create(run, { files: [{ name: "loops.csv", bytes: table(numbers, columns) }] }));
  const { accuracy } = await model.evaluate();
  await model.dispose();
  return accuracy ?? NaN;
}

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
console.log(`from the saved model: ${percent(await accuracy(outputs, 10))}`);
console.log(`from the pixels: ${percent(await accuracy(features, width))}`);
