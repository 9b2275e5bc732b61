// Slices of a network's landscape and Lanczos' iteration, through the npm package, in workers of this page.

import { Curvature } from "./dist/index.js";

const dense = (units, activation) => ({ type: "dense", units, activation });
const NETWORK = {
  data: { type: "digits" }, test: 797, loss: "softmaxCrossEntropy", examples: 512, seed: 1,
  layers: [{ type: "flatten" }, dense(112, "tanh"), dense(20, "tanh"), dense(10, "linear")],
};
const SLICES = 3;

/** Seconds of each slice of 51 x 51 points and of its first picture, and of 40 Lanczos steps. */
globalThis.slices = async (workers) => {
  const network = await Curvature.create(NETWORK, { workers });
  const plane = await network.plane({ type: "random" });
  const seconds = (since) => (performance.now() - since) / 1000;
  const slices = [];
  for (let i = 0; i < SLICES; i += 1) {
    const start = performance.now();
    let first;
    for await (const picture of network.slice(plane, { x: [-1, 1], y: [-1, 1] }, { columns: 51, rows: 51 })) first ??= picture && seconds(start);
    slices.push({ first, whole: seconds(start) });
  }
  const start = performance.now();
  await network.plane({ type: "eigen", steps: 40 });
  const result = { parameters: network.info.parameters, slices, lanczos: seconds(start) };
  await network.dispose();
  return result;
};
globalThis.document.documentElement.dataset.ready = "yes";
