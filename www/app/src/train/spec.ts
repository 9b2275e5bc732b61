/** From the settings to the spec of a run and back, and what each data set starts with. */
import type { BatchSpec, DataSpec, LayerSpec, OptimizerSpec, RunSpec } from "saddlepoint";

import type { LookName } from "../marks/optimizers.ts";
import type { SetName, Settings } from "../state/table.ts";
import { table } from "../state/table.ts";
import { constantsOf, constantsOfShape, fieldsOf, gradientConstants, REGULARIZATION, STOPPING, tuningFrom, type Tuning } from "../state/tuning.ts";

export type TrainSettings = Pick<
  Settings,
  | "trainSet" | "fileHash" | "examples" | "noise" | "test" | "layers" | "loss" | "method" | "trainEta" | "decay" | "trainBatch" | "epochs"
  | "trainSeed" | "edits" | "tuning"
>;

function dataOf(settings: TrainSettings): DataSpec {
  switch (settings.trainSet) {
    case "digits": return { type: "digits" };
    case "diabetes": return { type: "diabetes" };
    case "files": return settings.fileHash === "" ? { type: "files" } : { type: "files", hash: settings.fileHash };
    default: return { type: "generated", kind: settings.trainSet, examples: settings.examples, noise: settings.noise };
  }
}

function optimizerOf({ method, trainEta: learningRate, tuning }: TrainSettings): OptimizerSpec {
  const fields = fieldsOf(tuning, [...constantsOf(method), ...gradientConstants(method)]);
  return method === "nesterov" ? { type: "momentum", learningRate, nesterov: true, ...fields } : { type: method, learningRate, ...fields };
}

/** What stands beside the optimizer; a part with nothing set is left out, so that old links keep their runs. */
function besides({ decay, tuning }: TrainSettings): Pick<RunSpec, "schedule" | "regularization" | "earlyStopping"> {
  const schedule = fieldsOf(tuning, constantsOfShape(decay));
  const regularization = fieldsOf(tuning, REGULARIZATION);
  const stopping = fieldsOf(tuning, STOPPING);
  return {
    ...(decay === "constant" && Object.keys(schedule).length === 0 ? {} : { schedule: { type: decay, ...schedule } }),
    ...(Object.keys(regularization).length === 0 ? {} : { regularization }),
    ...(stopping["patience"] === undefined ? {} : { earlyStopping: stopping }),
  };
}

function tuningOf(spec: RunSpec, method: TrainSettings["method"], decay: TrainSettings["decay"]): Tuning {
  return {
    ...tuningFrom(spec.optimizer, [...constantsOf(method), ...gradientConstants(method)]),
    ...tuningFrom(spec.schedule ?? {}, constantsOfShape(decay)),
    ...tuningFrom(spec.regularization ?? {}, REGULARIZATION),
    ...(spec.earlyStopping ? tuningFrom(spec.earlyStopping, STOPPING) : {}),
  };
}

function batchOf(batch: TrainSettings["trainBatch"]): BatchSpec {
  return batch === "full" || batch === "one" ? { type: batch } : { type: "mini", size: Number(batch) };
}

export function runSpec(settings: TrainSettings): RunSpec {
  return {
    data: dataOf(settings),
    test: settings.test,
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
  return {
    trainSet: data.type === "generated" ? data.kind : data.type,
    fileHash: data.type === "files" ? (data.hash ?? dataHash) : "",
    ...(data.type === "generated" ? { examples: data.examples, noise: data.noise } : {}),
    test: spec.test >= 1 ? spec.test : table.test.initial,
    layers: spec.layers,
    loss: typeof spec.loss === "string" ? spec.loss : spec.loss.type,
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

type Start = Pick<TrainSettings, "test" | "layers" | "loss" | "method" | "trainEta" | "decay" | "trainBatch" | "epochs">;

const dense = (units: number, activation?: "relu" | "tanh" | "softmax"): LayerSpec => ({ type: "dense", units, ...(activation ? { activation } : {}) });
const conv = (filters: number, size: number): LayerSpec => ({
  type: "conv2d", filters, kernelSize: [size, size], padding: "same", activation: "relu",
});
const pool: LayerSpec = { type: "maxPool2d", poolSize: [2, 2] };

function plane(layers: LayerSpec[], trainEta: number, epochs: number): Start {
  return {
    test: 100, layers: [...layers, dense(2, "softmax")], loss: "softmaxCrossEntropy", method: "adam", trainEta, decay: "constant", trainBatch: "32", epochs,
  };
}

/** A network and a run that suit each set: where a visitor starts, not the best there is. */
export function startFor(set: Exclude<SetName, "files">): Start {
  switch (set) {
    case "digits": return pickInitial();
    case "spiral": return { ...plane([dense(32, "relu"), dense(32, "relu"), dense(32, "relu")], 0.01, 100), decay: "linear" };
    case "circle": return plane([dense(8, "tanh")], 0.02, 40);
    case "xor": return plane([dense(8, "tanh")], 0.02, 40);
    case "gaussians": return plane([], 0.02, 10);
    case "diabetes": return {
      test: 88, layers: [dense(16, "relu"), dense(1)], loss: "meanSquaredError", method: "adam", trainEta: 0.003, decay: "constant", trainBatch: "32",
      epochs: 60,
    };
  }
}

function pickInitial(): Start {
  return {
    test: table.test.initial, layers: table.layers.initial, loss: table.loss.initial, method: table.method.initial,
    trainEta: table.trainEta.initial, decay: table.decay.initial, trainBatch: table.trainBatch.initial, epochs: table.epochs.initial,
  };
}

/** For files with images: two convolutions, as LeNet has them, and one class per unit of the last layer. */
export function startForImages(side: number, classes: number): Start {
  const size = side >= 16 ? 5 : 3;
  return {
    test: table.test.initial, layers: [conv(8, size), pool, conv(16, size), pool, dense(classes, "softmax")], loss: "softmaxCrossEntropy",
    method: "adam", trainEta: 0.002, decay: "constant", trainBatch: "32", epochs: 2,
  };
}

export function startForTable(outputs: number, classes: boolean): Start {
  return {
    test: table.test.initial, layers: [dense(32, "relu"), classes ? dense(outputs, "softmax") : dense(outputs)], loss: classes ? "softmaxCrossEntropy" : "meanSquaredError",
    method: "adam", trainEta: 0.003, decay: "constant", trainBatch: "32", epochs: 30,
  };
}
