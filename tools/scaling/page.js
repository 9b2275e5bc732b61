// Work that falls into parts, through the npm package, in workers of this page.

import { Curvature, Landscape } from "./dist/index.js";

const dense = (units, activation) => ({ type: "dense", units, activation });
const NETWORK = {
  data: { type: "digits" }, test: 797, loss: "softmaxCrossEntropy", examples: 512, seed: 1,
  layers: [{ type: "flatten" }, dense(112, "tanh"), dense(20, "tanh"), dense(10, "linear")],
};
const BOX = { x: [-1, 1], y: [-1, 1] };
const mini = (size) => ({ type: "mini", size });
const arm = (id, batch, learningRate) => ({ id, optimizer: { type: "sgd", learningRate }, batch });
const RATES = [["a", 0.1], ["b", 0.05], ["c", 0.02], ["d", 0.01]];
const RACE = { seed: 1, equal: "gradients", budget: 160, points: 20, arms: RATES.map(([id, rate]) => arm(id, mini(64), rate)) };
const single = { type: "dense", units: 1, useBias: false };
const TWO_WEIGHTS = { data: { type: "diabetes", features: ["s5"] }, layers: [single, single], loss: "meanSquaredError" };
const STRIP = { start: [0.2, -0.2], arms: [arm("gd", { type: "full" }, 0.02), arm("mini", mini(16), 0.02), arm("sgd", mini(1), 0.02)], steps: 400, radius: 0.4, seed: 1 };

const seconds = (since) => (performance.now() - since) / 1000;
const timed = async (work) => {
  const start = performance.now();
  await work();
  return seconds(start);
};

async function slice(network, plane, columns = 51) {
  for await (const picture of network.slice(plane, BOX, { columns, rows: 51 })) if (picture.complete) return;
}

/** The works, each over so many workers. Workers are open and have seen their data before the clock starts. */
const worlds = new Map();
async function world(workers, name = workers) {
  if (!worlds.has(name)) {
    const network = await Curvature.create(NETWORK, { workers });
    const plane = await network.plane({ type: "random" });
    const landscape = await Landscape.create(TWO_WEIGHTS, { workers });
    await slice(network, plane, 5);
    await landscape.strip({ ...STRIP, steps: 1 }, [1, 2, 3, 4]);
    worlds.set(name, { network, plane, landscape });
  }
  return worlds.get(name);
}
const WORKS = {
  slice: ({ network, plane }) => slice(network, plane),
  arms: ({ network }) => network.race(RACE),
  seeds: ({ network }) => network.seeds({ ...RACE, budget: 40, arms: RACE.arms.slice(0, 3) }, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]),
  strip: ({ landscape }) => landscape.strip(STRIP, Array.from({ length: 20 }, (_, i) => i + 1)),
};

/** Seconds of one of the works with so many workers. */
globalThis.work = async (name, workers) => {
  const own = await world(workers);
  return timed(() => WORKS[name](own));
};

/** Seconds of one slice, and of two at once in workers that know nothing of each other: what the machine has to give. */
globalThis.machine = async () => {
  const [a, b] = await Promise.all([world(1), world(1, "another")]);
  const alone = await timed(() => slice(a.network, a.plane));
  const both = await timed(() => Promise.all([slice(a.network, a.plane), slice(b.network, b.plane)]));
  return { alone, both };
};

/** Seconds from nothing to a network that has answered, with its plane. */
globalThis.opening = (workers) => timed(async () => {
  const network = await Curvature.create(NETWORK, { workers });
  await slice(network, await network.plane({ type: "random" }), 3);
  await network.dispose();
});

/** Seconds of 40 Lanczos steps, and the number of weights. */
globalThis.lanczos = async () => {
  const { network } = await world(1);
  return { lanczos: await timed(() => network.plane({ type: "eigen", steps: 40 })), parameters: network.info.parameters };
};
globalThis.document.documentElement.dataset.ready = "yes";
