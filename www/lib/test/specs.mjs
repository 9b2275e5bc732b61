// Runs that the tests share.

import { readFileSync } from "node:fs";

const fixture = (name) => readFileSync(new URL(`../../../tests/fixtures/${name}`, import.meta.url));
const runsOf = (name) => JSON.parse(fixture(name).toString("utf8")).runs;

/** Runs with the hash they have on every machine: the known ones, and the short forms of the long ones. */
export const known = [
  ...runsOf("run-hash.json").map((run) => ({ ...run, files: [] })),
  ...runsOf("learning.json").map(({ name, spec, short: { change, hash, file } }) => {
    return { name, hash, spec: { ...spec, ...change }, files: file ? [{ name: file, bytes: new Uint8Array(fixture(file)) }] : [] };
  }),
];

export const xor = {
  data: { type: "generated", kind: "xor", examples: 400, noise: 0 },
  test: 100,
  layers: [{ type: "dense", units: 8, activation: "tanh" }, { type: "dense", units: 2 }],
  loss: "softmaxCrossEntropy",
  optimizer: { type: "adam", learningRate: 0.03 },
  batch: { type: "mini", size: 30 },
  epochs: 30,
  seed: 1,
};

export const digits = {
  data: { type: "digits" },
  test: 797,
  layers: [
    { type: "conv2d", filters: 8, kernelSize: [3, 3], padding: "same", activation: "relu" },
    { type: "maxPool2d", poolSize: [2, 2] },
    { type: "conv2d", filters: 16, kernelSize: [3, 3], padding: "same", activation: "relu" },
    { type: "flatten" },
    { type: "dense", units: 10 },
  ],
  loss: "softmaxCrossEntropy",
  optimizer: { type: "adam", learningRate: 0.005 },
  batch: { type: "mini", size: 32 },
  epochs: 12,
  seed: 1,
};

export const diabetes = {
  data: { type: "diabetes" },
  test: 0.2,
  layers: [{ type: "dense", units: 8, activation: "tanh" }, { type: "dense", units: 1 }],
  loss: "meanSquaredError",
  optimizer: { type: "sgd", learningRate: 0.05 },
  batch: { type: "full" },
  epochs: 60,
  seed: 1,
};

export const files = {
  data: { type: "files" },
  test: 0.25,
  layers: [{ type: "dense", units: 2 }],
  loss: "softmaxCrossEntropy",
  optimizer: { type: "sgd", learningRate: 0.1 },
  batch: { type: "mini", size: 4 },
  epochs: 2,
  seed: 1,
};

/** Two IDX files: `count` images of 3 x 4, the first half dark and labelled 0, the others bright and labelled 1. */
export function idx(count = 40) {
  const header = (...words) => words.flatMap((word) => [word >>> 24, (word >>> 16) & 255, (word >>> 8) & 255, word & 255]);
  const labels = Array.from({ length: count }, (_, i) => (2 * i < count ? 0 : 1));
  const pixels = labels.flatMap((label, i) => Array.from({ length: 12 }, (_, j) => 200 * label + ((i + j) % 5)));
  return [
    { name: "images-idx3-ubyte", bytes: Uint8Array.from([...header(2051, count, 3, 4), ...pixels]) },
    { name: "labels-idx1-ubyte", bytes: Uint8Array.from([...header(2049, count), ...labels]) },
  ];
}

/** Trains to the end. */
export async function train(model) {
  let progress;
  do progress = await model.trainFor();
  while (progress.state === "running");
  return progress;
}

/** The report that a promise rejects with. */
export async function refusal(promise) {
  try {
    await promise;
  } catch (error) {
    if (error?.name !== "SaddlepointError") throw error;
    return error.report;
  }
  throw new Error("it was not refused");
}
