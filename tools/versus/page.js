// The same training by this package, in a worker, and by TensorFlow.js layers; whichever is asked, on examples that both are given.

import * as saddlepoint from "saddlepoint/slim";
import core from "saddlepoint/core.wasm";
import rest from "saddlepoint/rest.wasm";
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import * as layers from "@tensorflow/tfjs-layers";

saddlepoint.init({ core, rest, worker: new URL("./worker.js", import.meta.url) });
setWasmPaths("./");

const SIDE = 28;
const BATCH = 32;

/** Grey images of noise whose label is the brightest of ten rows, so that there is something to learn. */
function examples(count) {
  let state = 1;
  const next = () => (state = (state * 1103515245 + 12345) % 2147483648) / 2147483648;
  const labels = Uint8Array.from({ length: count }, () => Math.floor(10 * next()));
  const pixels = new Uint8Array(count * SIDE * SIDE).map((_, i) => {
    const row = Math.floor(i / SIDE) % SIDE;
    return 160 * next() + (row === 2 * labels[Math.floor(i / SIDE / SIDE)] ? 90 : 0);
  });
  return { pixels, labels };
}

const NETWORKS = {
  mlp: {
    examples: 1024,
    saddlepoint: [{ type: "flatten" }, { type: "dense", units: 128, activation: "relu" }, { type: "dense", units: 10 }],
    optimizer: { type: "sgd", learningRate: 0.1 },
    tf: () => [layers.layers.flatten({ inputShape: [SIDE, SIDE, 1] }), layers.layers.dense({ units: 128, activation: "relu" }), layers.layers.dense({ units: 10, activation: "softmax" })],
    train: () => tf.train.sgd(0.1),
  },
  conv: {
    // the slowest takes seconds for these
    examples: 64,
    saddlepoint: [8, 16].flatMap((filters) => [
      { type: "conv2d", filters, kernelSize: [5, 5], padding: "same", activation: "relu" },
      { type: "maxPool2d", poolSize: [2, 2] },
    ]).concat({ type: "flatten" }, { type: "dense", units: 10 }),
    optimizer: { type: "momentum", learningRate: 0.01, momentum: 0.9 },
    tf: () => [8, 16].flatMap((filters, i) => [
      layers.layers.conv2d({ ...(i === 0 ? { inputShape: [SIDE, SIDE, 1] } : {}), filters, kernelSize: 5, padding: "same", activation: "relu" }),
      layers.layers.maxPooling2d({ poolSize: 2 }),
    ]).concat(layers.layers.flatten(), layers.layers.dense({ units: 10, activation: "softmax" })),
    train: () => tf.train.momentum(0.01, 0.9),
  },
};

function idx({ pixels, labels }) {
  const header = (...words) => words.flatMap((word) => [word >>> 24, (word >>> 16) & 255, (word >>> 8) & 255, word & 255]);
  return [
    { name: "images-idx3-ubyte", bytes: Uint8Array.from([...header(2051, labels.length, SIDE, SIDE), ...pixels]) },
    { name: "labels-idx1-ubyte", bytes: Uint8Array.from([...header(2049, labels.length), ...labels]) },
  ];
}

/** A trainer of one network: `epoch` trains all examples once and resolves with the loss of the last batch or of the epoch. */
async function trainer(library, network) {
  const { pixels, labels } = examples(network.examples);
  const count = labels.length;
  if (library === "saddlepoint") {
    const model = await saddlepoint.Model.create(
      { data: { type: "files" }, test: 0, layers: network.saddlepoint, loss: "softmaxCrossEntropy", optimizer: network.optimizer, batch: { type: "mini", size: BATCH }, epochs: 100_000, seed: 1 },
      { files: idx({ pixels, labels }) },
    );
    return async () => (await model.step(count / BATCH)).loss.at(-1);
  }
  await tf.setBackend(library);
  await tf.ready();
  const model = layers.sequential({ layers: network.tf() });
  model.compile({ optimizer: network.train(), loss: "categoricalCrossentropy" });
  const x = tf.tensor4d(Float32Array.from(pixels, (value) => value / 255), [count, SIDE, SIDE, 1]);
  const y = tf.tensor2d(Float32Array.from({ length: 10 * count }, (_, i) => (labels[Math.floor(i / 10)] === i % 10 ? 1 : 0)), [count, 10]);
  return async () => {
    await tf.setBackend(library);
    // it would give the page a turn between batches
    const { history } = await model.fit(x, y, { batchSize: BATCH, epochs: 1, verbose: 0, yieldEvery: "never" });
    return history.loss[0];
  };
}

/** Examples a second of each library, in turns: medians of `windows` windows of at least `ms`; or why it does not train. */
globalThis.measure = async (name, libraries, windows, ms) => {
  const network = NETWORKS[name];
  const runs = new Map();
  const failed = {};
  for (const library of libraries) {
    try {
      const epoch = await trainer(library, network);
      const first = await epoch();
      await epoch();
      runs.set(library, { epoch, first, last: first, rates: [] });
    } catch (error) {
      failed[library] = String(error).split("\n")[0];
    }
  }
  for (let i = 0; i < windows; i += 1) {
    for (const run of runs.values()) {
      const start = performance.now();
      let epochs = 0;
      do {
        run.last = await run.epoch();
        epochs += 1;
      } while (performance.now() - start < ms);
      run.rates.push((1000 * epochs * network.examples) / (performance.now() - start));
    }
  }
  const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];
  return { failed, rates: Object.fromEntries([...runs].map(([library, { rates, first, last }]) => [library, { rate: median(rates), first, last }])) };
};
document.documentElement.dataset.ready = "yes";
