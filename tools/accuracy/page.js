// Trains a run through the npm package, in a worker of this page.

import init, { benchPeakF32 } from "./saddlepoint.js";
import { Model } from "./lib/dist/index.js";

/** FLOP a second of the multiply-add loop, the best of ten short windows. */
function peak() {
  const windows = Array.from({ length: 10 }, () => {
    const start = performance.now();
    const flop = benchPeakF32(400_000);
    return (1000 * flop) / (performance.now() - start);
  });
  return Math.max(...windows);
}

globalThis.train = async (spec, paths) => {
  const files = await Promise.all(
    paths.map(async (path) => {
      const bytes = new Uint8Array(await (await fetch(`./data/${path}`)).arrayBuffer());
      return { name: path.split("/").at(-1), bytes };
    }),
  );
  const before = peak();
  const model = await Model.create(spec, { files });
  const start = performance.now();
  let progress;
  do progress = await model.trainFor(1000);
  while (progress.state === "running");
  const seconds = (performance.now() - start) / 1000;
  const { loss, accuracy, regression } = await model.evaluate();
  const { state, runHash: hash, step: steps } = progress;
  const bytes = model.info.stepBytes;
  await model.dispose();
  return { state, hash, steps, seconds, peak: Math.max(before, peak()), bytes, loss, accuracy, mse: regression?.mse ?? null };
};

await init();
globalThis.document.documentElement.dataset.ready = "yes";
