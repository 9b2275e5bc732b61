// What the first file must do without the rest: the landscape that the page opens with, and training of simple networks. All
// functions that are called here are in the first file; everything else is fetched when it is first called.

/** The first figure, as www/app/src/landscape/race.ts asks for it. */
const LANDSCAPE = {
  data: { type: "diabetes", features: ["s5"] },
  layers: [
    { type: "dense", units: 1, activation: "tanh", useBias: false },
    { type: "dense", units: 1, activation: "linear", useBias: false },
  ],
  loss: "halfMeanSquaredError",
};
const rate = { learningRate: 0.1 };
const RACE = {
  start: [-1, 1.276], steps: 240, seed: 7, radius: 0.3,
  arms: [
    { id: "gd", optimizer: { type: "sgd", ...rate }, batch: { type: "full" } },
    { id: "mini", optimizer: { type: "sgd", ...rate }, batch: { type: "mini", size: 32 } },
    { id: "sgd", optimizer: { type: "sgd", ...rate }, batch: { type: "one" } },
    { id: "momentum", optimizer: { type: "momentum", ...rate }, batch: { type: "full" } },
    { id: "nesterov", optimizer: { type: "momentum", ...rate, nesterov: true }, batch: { type: "full" } },
    { id: "adam", optimizer: { type: "adam", ...rate }, batch: { type: "full" } },
  ],
};
const BOX = JSON.stringify({ x: [-2.34, 2.34], y: [-1.75, 1.75] });

function landscape(core) {
  const session = new core.LandscapeSession(JSON.stringify(LANDSCAPE), [], []);
  session.info();
  session.race(JSON.stringify(RACE));
  session.criticalPoints(BOX);
  session.surface(BOX, 56, 42);
  session.strip(JSON.stringify(RACE), new Float64Array([1, 2]));
  session.loss(1, 2);
  session.free();
}

const dense = (units, activation) => ({ type: "dense", units, activation });
const plane = (kind, layers, decay) => ({
  data: { type: "generated", kind, examples: 200, noise: 0.05 }, test: 50, layers: [...layers, dense(2, "softmax")], loss: "softmaxCrossEntropy",
  optimizer: { type: "adam", learningRate: 0.01 }, schedule: { type: decay }, batch: { type: "mini", size: 32 }, epochs: 3, seed: 1,
});
const conv = (filters, size) => ({ type: "conv2d", filters, kernelSize: [size, size], padding: "same", activation: "relu" });
const pool = { type: "maxPool2d", poolSize: [2, 2] };

const RUNS = [
  // the run that the Train view begins with
  {
    data: { type: "digits" }, test: 797, layers: [conv(8, 3), conv(16, 3), pool, conv(20, 3), pool, dense(10, "softmax")],
    loss: "softmaxCrossEntropy", optimizer: { type: "adam", learningRate: 0.01 }, schedule: { type: "linear" }, batch: { type: "mini", size: 32 }, epochs: 1, seed: 11,
  },
  {
    data: { type: "digits" }, test: 0.2, layers: [conv(4, 5), pool, { type: "flatten" }, dense(16, "relu"), { type: "dense", units: 10 }],
    loss: "softmaxCrossEntropy", optimizer: { type: "adam", learningRate: 0.01 }, batch: { type: "mini", size: 64 }, epochs: 1, seed: 2,
  },
  plane("spiral", [dense(8, "relu"), dense(8, "relu")], "linear"),
  plane("circle", [dense(8, "tanh")], "constant"),
  // nothing to learn from: whoever looks for the reason finds no dead unit
  { ...plane("xor", [dense(8, "tanh")], "constant"), data: { type: "generated", kind: "xor", examples: 400, noise: 0 }, epochs: 30 },
  plane("gaussians", [], "constant"),
  {
    data: { type: "iris" }, test: 30, layers: [dense(8, "relu"), dense(3, "softmax")], loss: "softmaxCrossEntropy",
    optimizer: { type: "momentum", learningRate: 0.05 }, batch: { type: "one" }, epochs: 2, seed: 1,
  },
];

function train(core, store, run) {
  const text = JSON.stringify(run);
  store.summary(text);
  const session = new core.Session(text, store);
  session.info();
  session.spec();
  while (session.trainFor(20).state === "running");
  session.step(1);
  session.progress();
  session.history();
  session.evaluate();
  session.setLearningRate(0.02);
  session.reset();
  session.step(3);
  const example = new Float32Array(session.info().data.shape.reduce((a, b) => a * b));
  session.predict(example);
  session.inspect(example);
  if (run.data.type === "digits") session.image(0, true);
  // the worker keeps a file of the run, now and then, to go back to
  session.save();
  session.free();
}

/** What is told of a set that is not there yet, and of a mistake in a description while it is typed. */
function refused(core, store, run) {
  for (const ask of [() => store.summary(JSON.stringify(run)), () => new core.Session(JSON.stringify(run), store)]) {
    try {
      ask();
    } catch (error) {
      if (error.code === undefined) throw error;
      continue;
    }
    throw new Error("first: a run was taken that should not be");
  }
}

/** Does all of it with a core that has started; `digits` is the packed set of that name. */
export function first(core, digits) {
  landscape(core);
  const store = new core.Store();
  refused(core, store, RUNS[0]);
  core.provideSet("digits", digits);
  for (const run of RUNS) train(core, store, run);
  refused(core, store, { ...RUNS[0], layers: [{ type: "dense" }] });
  store.free();
}
