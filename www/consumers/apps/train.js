// What every app does: XOR and the digits, each to its end; then a little of all that the package fetches only when it is asked.

const xor = {
  data: { type: "generated", kind: "xor", examples: 400, noise: 0 }, test: 100,
  layers: [{ type: "dense", units: 8, activation: "tanh" }, { type: "dense", units: 2 }],
  loss: "softmaxCrossEntropy", optimizer: { type: "adam", learningRate: 0.03 },
  batch: { type: "mini", size: 30 }, epochs: 30, seed: 1,
};

const digits = {
  data: { type: "digits" }, test: 797,
  layers: [
    { type: "conv2d", filters: 8, kernelSize: [3, 3], padding: "same", activation: "relu" },
    { type: "maxPool2d", poolSize: [2, 2] },
    { type: "flatten" },
    { type: "dense", units: 10 },
  ],
  loss: "softmaxCrossEntropy", optimizer: { type: "adam", learningRate: 0.01 },
  batch: { type: "mini", size: 32 }, epochs: 6, seed: 1,
};

const wine = {
  data: { type: "wine" }, test: 40, layers: [{ type: "dense", units: 3 }],
  loss: "softmaxCrossEntropy", optimizer: { type: "adam", learningRate: 0.05 }, batch: { type: "full" }, epochs: 30, seed: 1,
};

/** Two images of four pixels, each in the folder of its class. */
const IMAGES = {
  "dark/1.png": "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAAAAABX3VL4AAAADklEQVR4nGPQ0GDQ0AAAAeYAoZL04XoAAAAASUVORK5CYII=",
  "light/1.png": "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAAAAABX3VL4AAAADklEQVR4nGO4c4fhzh0AClYDcRq0lsQAAAAASUVORK5CYII=",
};
const bytesOf = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));

async function run(Model, spec, options) {
  const model = await Model.create(spec, options);
  let progress;
  do progress = await model.trainFor(50);
  while (progress.state === "running");
  const { accuracy } = await model.evaluate();
  return { model, result: { hash: progress.runHash, accuracy } };
}

/** `saddlepoint` is the package, as any of its entries exports it. Resolves with run hashes and accuracies. */
export async function train({ Model, Landscape, Curvature, readFiles }, options = {}) {
  const result = {};
  for (const [name, spec] of Object.entries({ xor, digits, wine })) {
    const trained = await run(Model, spec, options);
    result[name] = trained.result;
    if (name === "digits") {
      const { data, layers, loss, test, seed } = spec;
      const network = await Curvature.create({ data, layers, loss, test, seed, examples: 64 }, { weights: await trained.model.save(), ...options });
      result.loss = (await network.measure()).loss;
      await network.dispose();
    }
    await trained.model.dispose();
  }
  result.functions = (await Landscape.functions(options)).length;
  const files = Object.entries(IMAGES).map(([name, text]) => ({ name, bytes: bytesOf(text) }));
  result.images = (await readFiles(files, options)).map(({ name }) => name);
  return result;
}

/** Does it and writes what came of it into the page. */
export async function trainInPage(saddlepoint, options) {
  const { dataset } = document.documentElement;
  try {
    dataset.result = JSON.stringify(await train(saddlepoint, options));
  } catch (error) {
    dataset.result = JSON.stringify({ error: String(error) });
  }
}
