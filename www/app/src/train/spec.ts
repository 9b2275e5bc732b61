/** From the settings to the spec of a run and back, and what each data set starts with. */
import type { BatchSpec, Column, DataSpec, LayerSpec, OptimizerSpec, RunSpec, Task } from "saddlepoint";

import type { LookName } from "../marks/optimizers.ts";
import { SETS, table, type OWN, type SetName, type Settings } from "../state/table.ts";
import { AUGMENT, constantsOf, constantsOfShape, fieldsOf, gradientConstants, REGULARIZATION, STOPPING, tuningFrom, type Tuning } from "../state/tuning.ts";

/** The settings that decide a run. */
export const RECIPE = [
  "trainSet", "fileHash", "target", "exclude", "missing", "task", "examples", "noise", "window", "test", "split", "folds", "fold", "layers", "loss", "method",
  "trainEta", "decay", "trainBatch", "epochs", "trainSeed", "edits", "tuning",
] as const satisfies readonly (keyof Settings)[];

export type TrainSettings = Pick<Settings, (typeof RECIPE)[number]>;

function dataOf(settings: TrainSettings): DataSpec {
  const { trainSet, fileHash, target, exclude, missing, task, examples, noise, window: steps } = settings;
  const hash = fileHash === "" ? {} : { hash: fileHash };
  switch (trainSet) {
    case "spiral": case "circle": case "xor": case "gaussians": case "drift": case "outliers": case "zipf":
      return { type: "generated", kind: trainSet, examples, noise };
    case "adding": case "copy": return { type: "sequences", task: trainSet, examples, steps };
    case "text": return { type: "text", steps, ...hash };
    case "files": return { type: "files", ...hash };
    case "csv": return {
      type: "csv", ...(target === "" ? {} : { target }), ...(exclude.length === 0 ? {} : { exclude: [...exclude] }),
      ...(missing === "refuse" ? {} : { missing }), ...(task === "auto" ? {} : { task }), ...hash,
    };
    default: return { type: trainSet };
  }
}

/** A random split is left out, so that old links keep their runs. */
function splitOf({ split, folds, fold }: TrainSettings): Pick<RunSpec, "split"> {
  if (split === "random") return {};
  return { split: split === "fold" ? { type: "fold", folds, fold: fold - 1 } : { type: split } };
}

/** The settings of a description of data. */
function dataSettings(data: DataSpec, hash: string): Partial<TrainSettings> {
  const own = { target: "", exclude: [], missing: "refuse", task: "auto", fileHash: "" } as const;
  switch (data.type) {
    case "generated": return { ...own, trainSet: setOf(data.kind), examples: data.examples, noise: data.noise };
    case "sequences": return { ...own, trainSet: data.task, examples: data.examples, window: data.steps };
    case "text": return { ...own, trainSet: "text", window: data.steps, fileHash: data.hash ?? hash };
    case "files": return { ...own, trainSet: "files", fileHash: data.hash ?? hash };
    case "csv": return {
      trainSet: "csv", target: data.target ?? "", exclude: data.exclude ?? [], missing: data.missing ?? "refuse", task: data.task ?? "auto",
      fileHash: data.hash ?? "",
    };
    default: return { ...own, trainSet: setOf(data.type) };
  }
}

/** The set of that name, or the one a visitor starts with if the page does not offer it. */
function setOf(name: string): SetName {
  return SETS.find((set) => set === name) ?? table.trainSet.initial;
}

function optimizerOf({ method, trainEta: learningRate, tuning }: TrainSettings): OptimizerSpec {
  const fields = fieldsOf(tuning, [...constantsOf(method), ...gradientConstants(method)]);
  return method === "nesterov" ? { type: "momentum", learningRate, nesterov: true, ...fields } : { type: method, learningRate, ...fields };
}

/** What stands beside the optimizer; a part with nothing set is left out, so that old links keep their runs. */
function besides({ decay, tuning }: TrainSettings): Pick<RunSpec, "schedule" | "regularization" | "earlyStopping" | "augment"> {
  const augment = fieldsOf(tuning, AUGMENT);
  const schedule = fieldsOf(tuning, constantsOfShape(decay));
  const regularization = fieldsOf(tuning, REGULARIZATION);
  const stopping = fieldsOf(tuning, STOPPING);
  return {
    ...(decay === "constant" && Object.keys(schedule).length === 0 ? {} : { schedule: { type: decay, ...schedule } }),
    ...(Object.keys(regularization).length === 0 ? {} : { regularization }),
    ...(stopping["patience"] === undefined ? {} : { earlyStopping: stopping }),
    ...(Object.keys(augment).length === 0 ? {} : { augment }),
  };
}

function tuningOf(spec: RunSpec, method: TrainSettings["method"], decay: TrainSettings["decay"]): Tuning {
  return {
    ...tuningFrom(spec.optimizer, [...constantsOf(method), ...gradientConstants(method)]),
    ...tuningFrom(spec.schedule ?? {}, constantsOfShape(decay)),
    ...tuningFrom(spec.regularization ?? {}, REGULARIZATION),
    ...(spec.earlyStopping ? tuningFrom(spec.earlyStopping, STOPPING) : {}),
    ...tuningFrom(spec.augment ?? {}, AUGMENT),
  };
}

function batchOf(batch: TrainSettings["trainBatch"]): BatchSpec {
  return batch === "full" || batch === "one" ? { type: batch } : { type: "mini", size: Number(batch) };
}

export function runSpec(settings: TrainSettings): RunSpec {
  return {
    data: dataOf(settings),
    test: settings.test,
    ...splitOf(settings),
    // a copy without the reactive proxy: workers clone what they are sent
    layers: JSON.parse(JSON.stringify(settings.layers)) as LayerSpec[],
    loss: settings.loss,
    optimizer: optimizerOf(settings),
    ...besides(settings),
    batch: batchOf(settings.trainBatch),
    epochs: settings.epochs,
    seed: settings.trainSeed,
  };
}

/** The settings a loaded model's spec stands for. What the page has no control for keeps its default. */
export function settingsOf(spec: RunSpec, dataHash: string): Partial<TrainSettings> {
  const { data, optimizer, batch } = spec;
  const method = optimizer.type === "momentum" && optimizer.nesterov === true ? "nesterov" : optimizer.type;
  const decay = spec.schedule?.type ?? "constant";
  const loss = typeof spec.loss === "string" ? spec.loss : spec.loss.type;
  return {
    ...dataSettings(data, dataHash),
    split: spec.split?.type ?? "random",
    ...(spec.split?.type === "fold" ? { folds: spec.split.folds, fold: spec.split.fold + 1 } : {}),
    test: spec.test >= 1 ? spec.test : table.test.initial,
    layers: spec.layers,
    loss: loss === "customLoss" ? table.loss.initial : loss,
    method,
    trainEta: optimizer.learningRate ?? table.trainEta.initial,
    decay,
    tuning: tuningOf(spec, method, decay),
    trainBatch: batch.type === "mini" ? (table.trainBatch.read(String(batch.size)) ?? table.trainBatch.initial) : batch.type,
    epochs: spec.epochs,
    trainSeed: spec.seed,
    edits: [],
  };
}

/** How the run's curves are drawn: plain SGD is three optimizers, by how many examples it sees. */
export function lookOf(settings: Pick<TrainSettings, "method" | "trainBatch">): LookName {
  if (settings.method !== "sgd") return settings.method;
  return settings.trainBatch === "full" ? "gd" : settings.trainBatch === "one" ? "sgd" : "mini";
}

type Start =
  & Pick<TrainSettings, "test" | "layers" | "loss" | "method" | "trainEta" | "decay" | "trainBatch" | "epochs">
  & Partial<Pick<TrainSettings, "examples" | "noise" | "window">>;

const dense = (units: number, activation?: "relu" | "tanh" | "softmax"): LayerSpec => ({ type: "dense", units, ...(activation ? { activation } : {}) });
const conv = (filters: number, size: number): LayerSpec => ({
  type: "conv2d", filters, kernelSize: [size, size], padding: "same", activation: "relu",
});
const pool: LayerSpec = { type: "maxPool2d", poolSize: [2, 2] };

function plane(layers: LayerSpec[], trainEta: number, epochs: number): Start {
  return {
    examples: table.examples.initial, noise: table.noise.initial, test: 100, layers: [...layers, dense(2, "softmax")], loss: "softmaxCrossEntropy", method: "adam", trainEta, decay: "constant", trainBatch: "32", epochs,
  };
}

/** A network and a run that suit each set: where a visitor starts, not the best there is. */
export function startFor(set: Exclude<SetName, (typeof OWN)[number]>): Start {
  switch (set) {
    case "digits": return pickInitial();
    case "spiral": return { ...plane([dense(32, "relu"), dense(32, "relu"), dense(32, "relu")], 0.01, 100), decay: "linear" };
    case "circle": return plane([dense(8, "tanh")], 0.02, 40);
    case "xor": return plane([dense(8, "tanh")], 0.02, 40);
    case "gaussians": return plane([], 0.02, 10);
    // the last quarter is the test part, and the line has turned by then: what was learned of the first is wrong
    case "drift": return plane([dense(8, "tanh")], 0.02, 20);
    case "outliers": return line({ examples: 500, noise: 0.1, test: 100, trainEta: 0.02, epochs: 40 });
    case "zipf": return line({ examples: 5000, noise: 0.1, test: 1000, trainEta: 0.01, epochs: 20 });
    case "adding": return {
      examples: 20000, window: 100, test: 1000, layers: [{ type: "lstm", units: 32 }, dense(1)], loss: "meanSquaredError", method: "adam", trainEta: 0.01,
      decay: "constant", trainBatch: "32", epochs: 10,
    };
    // ten blanks between what is shown and what is asked for
    case "copy": return {
      examples: 5000, window: 31, test: 500, layers: [{ type: "gru", units: 64, returnSequences: true }, dense(10, "softmax")],
      loss: "softmaxCrossEntropy", method: "adam", trainEta: 0.005, decay: "constant", trainBatch: "32", epochs: 20,
    };
    case "iris": return { ...classes(8, 3, 30), trainBatch: "16" };
    case "wine": return { ...classes(16, 3, 36), trainBatch: "16" };
    case "breastCancer": return classes(16, 2, 114);
    // so few and nearly collinear that a line is all they can tell
    case "longley": return {
      test: 4, layers: [dense(1)], loss: "meanSquaredError", method: "adam", trainEta: 0.03, decay: "linear", trainBatch: "full", epochs: 400,
    };
    case "diabetes": return {
      test: 88, layers: [dense(16, "relu"), dense(1)], loss: "meanSquaredError", method: "adam", trainEta: 0.003, decay: "constant", trainBatch: "32",
      epochs: 60,
    };
  }
}

/** A line through all features. */
function line(start: Required<Pick<Start, "examples" | "noise" | "test" | "trainEta" | "epochs">>): Start {
  return { ...start, layers: [dense(1)], loss: "meanSquaredError", method: "adam", decay: "constant", trainBatch: "32" };
}

/** A small network for a table of classes. */
function classes(hidden: number, outputs: number, test: number): Start {
  return {
    test, layers: [dense(hidden, "relu"), dense(outputs, "softmax")], loss: "softmaxCrossEntropy", method: "adam", trainEta: 0.01, decay: "linear",
    trainBatch: "32", epochs: 40,
  };
}

function pickInitial(): Start {
  return {
    test: table.test.initial, layers: table.layers.initial, loss: table.loss.initial, method: table.method.initial,
    trainEta: table.trainEta.initial, decay: table.decay.initial, trainBatch: table.trainBatch.initial, epochs: table.epochs.initial,
  };
}

/** Steps, about, that a network for a visitor's own images or text is trained for. */
const STEPS = 3000;

/** For files with images: two convolutions, as LeNet has them, and one class per unit of the last layer. */
export function startForImages(side: number, classes: number, images: number): Start {
  const size = side >= 16 ? 5 : 3;
  const small = images < 2000;
  return {
    test: small ? Math.max(1, Math.round(images / 5)) : table.test.initial,
    layers: [conv(8, size), ...(side >= 2 ? [pool] : []), conv(16, size), ...(side >= 4 ? [pool] : []), dense(classes, "softmax")],
    loss: "softmaxCrossEntropy", method: "adam", trainEta: 0.002, decay: "constant", trainBatch: small ? "16" : "32",
    epochs: small ? Math.min(200, Math.max(20, Math.round((STEPS * 2) / images))) : 2,
  };
}

/** For a text: an LSTM that predicts each next character. The last tenth of the text is its own test part. */
export function startForText(characters: number, windows: number, steps: number): Start {
  return {
    window: steps, test: table.test.initial,
    layers: [
      { type: "embedding", vocabulary: characters, units: 32 }, { type: "lstm", units: 128, returnSequences: true }, dense(characters, "softmax"),
    ],
    loss: "softmaxCrossEntropy", method: "adam", trainEta: 0.005, decay: "linear", trainBatch: "32",
    epochs: Math.min(50, Math.max(1, Math.round((STEPS * 32) / windows))),
  };
}

/** What a table is used for: classes and how many, or a number. */
export interface Aim { task: Task; outputs: number }

/** For a column that is predicted; null if it cannot be. */
export function aimAt(column: Column, wanted: Settings["task"]): Aim | null {
  const task = wanted === "auto" ? column.task : wanted;
  return task && { task, outputs: task === "classification" ? (column.distinct ?? 1) : 1 };
}

/** A fifth of the rows is held out. */
export function startForTable(rows: number, { task, outputs }: Aim): Start {
  const small = rows < 2000;
  return {
    test: Math.max(1, Math.round(rows / 5)), layers: [dense(small ? 16 : 32, "relu"), last(task, outputs)], loss: lossFor(task), method: "adam",
    trainEta: 0.003, decay: "constant", trainBatch: "32", epochs: small ? 100 : 30,
  };
}

/** The same network for another target: its last layer and the loss follow. */
export function aimed(layers: readonly LayerSpec[], { task, outputs }: Aim): Pick<TrainSettings, "layers" | "loss"> {
  return { layers: [...layers.slice(0, -1), last(task, outputs)], loss: lossFor(task) };
}

function last(task: Task, outputs: number): LayerSpec {
  return task === "classification" ? dense(outputs, "softmax") : dense(outputs);
}

function lossFor(task: Task): TrainSettings["loss"] {
  return task === "classification" ? "softmaxCrossEntropy" : "meanSquaredError";
}
