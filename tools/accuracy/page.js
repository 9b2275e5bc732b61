// Trains a run through the npm package, in a worker of this page.

import init, { benchPeakF32 } from "./saddlepoint_bench.js";
import { Model } from "./lib/dist/index.js";

/** The multiply-add loop in short windows: the best of them, and the mean, which lies far below it where others use the machine. */
class Peak {
  best = 0;
  flop = 0;
  ms = 0;

  sample() {
    for (let window = 0; window < 10; window += 1) {
      const start = performance.now();
      const flop = benchPeakF32(1_000_000);
      const ms = performance.now() - start;
      this.best = Math.max(this.best, (1000 * flop) / ms);
      this.flop += flop;
      this.ms += ms;
    }
  }

  get mean() {
    return (1000 * this.flop) / this.ms;
  }
}

globalThis.train = async (spec, paths) => {
  const files = await Promise.all(
    paths.map(async (path) => {
      const bytes = new Uint8Array(await (await fetch(`./data/${path}`)).arrayBuffer());
      return { name: path.split("/").at(-1), bytes };
    }),
  );
  const model = await Model.create(spec, { files });
  let progress;
  let seconds = 0;
  const peak = new Peak();
  do {
    const start = performance.now();
    progress = await model.trainFor(1000);
    seconds += (performance.now() - start) / 1000;
    peak.sample();
  } while (progress.state === "running");
  const { loss, accuracy, regression } = await model.evaluate();
  const { state, runHash: hash, step: steps } = progress;
  const bytes = model.info.stepBytes;
  await model.dispose();
  return { state, hash, steps, seconds, peak: peak.best, meanPeak: peak.mean, bytes, loss, accuracy, mse: regression?.mse ?? null };
};

await init();
globalThis.document.documentElement.dataset.ready = "yes";
