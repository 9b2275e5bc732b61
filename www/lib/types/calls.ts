// Compiled, never run: what should be a mistake while it is typed is one.
/* eslint no-console: off, @typescript-eslint/no-floating-promises: off, @typescript-eslint/no-unsafe-call: off -- wrong calls on purpose */

import { Dataset, datasets, Model, type FitProgress, type History, type ModelSpec, type Weight } from "../dist/index.js";

const net: ModelSpec = {
  inputShape: [28, 28, 1],
  layers: [
    { type: "conv2d", filters: 8, kernelSize: [3, 3], activation: "relu" },
    { type: "maxPool2d", poolSize: [2, 2] },
    { type: "flatten" },
    { type: "dense", units: 10, activation: "softmax" },
  ],
  loss: "softmaxCrossEntropy",
  optimizer: "adam",
};

export async function right(): Promise<void> {
  const model = await Model.create(net);
  const history: History = await model.fit(new Float32Array(784), [1], { epochs: 2, batchSize: 32, validationSplit: 0.2, callbacks: { onEpochEnd: (epoch, logs) => { console.log(epoch, logs.val_accuracy); } } });
  const losses: number[] | undefined = history.history.val_loss;
  for await (const slice of model.fit(datasets.digits(), { epochs: 1 })) {
    const part: FitProgress = slice;
    console.log(part.done, part.epochs[0]?.loss, losses);
  }
  const weights: Weight[] = await model.weights();
  await model.setWeights(weights);
  await model.freeze(["conv_1", 3], false);
  const label: string | undefined = (await model.classify([[0, 1]]))[0]?.[0]?.label;
  console.log(label, (await model.memory()).wasm);
  await Model.create({ data: Dataset.from({ x: [[1, 2]], y: ["a"] }), layers: [{ type: "dense", units: 1 }], loss: { type: "huber", delta: 2 } });
  await using other = await Model.create({ ...net, optimizer: { type: "momentum", learningRate: 0.1, nesterov: true } });
  await other.fit({ epochs: 1 });
}

export async function wrong(model: Model): Promise<void> {
  // @ts-expect-error a layer that is not there
  await Model.create({ ...net, layers: [{ type: "densee", units: 10 }] });
  // @ts-expect-error a layer as Keras writes it
  await Model.create({ ...net, layers: [{ type: "Dense", units: 10 }] });
  // @ts-expect-error a field that a layer does not have
  await Model.create({ ...net, layers: [{ type: "dense", unit: 10 }] });
  // @ts-expect-error a word for units
  await Model.create({ ...net, layers: [{ type: "dense", units: "10" }] });
  // @ts-expect-error an activation that is not there
  await Model.create({ ...net, layers: [{ type: "dense", units: 10, activation: "rellu" }] });
  // @ts-expect-error padding that is not there
  await Model.create({ ...net, layers: [{ type: "conv2d", filters: 8, kernelSize: [3, 3], padding: "full" }] });
  // @ts-expect-error an optimizer that is not there
  await Model.create({ ...net, optimizer: "adan" });
  // @ts-expect-error a constant of another optimizer
  await Model.create({ ...net, optimizer: { type: "sgd", beta1: 0.9 } });
  // @ts-expect-error a loss that is not there
  await Model.create({ ...net, loss: "crossEntropy" });
  // @ts-expect-error a schedule that is not there
  await Model.create({ ...net, schedule: { type: "cosin" } });
  // @ts-expect-error data that are not there
  await Model.create({ ...net, data: { type: "mnist" } });
  // @ts-expect-error features without targets
  model.fit(new Float32Array(4));
  // @ts-expect-error an option by another name
  model.fit({ epoch: 3 });
  // @ts-expect-error words are no features
  model.fit([["a"]], [1]);
  // @ts-expect-error a log that is not there
  console.log((await model.fit()).history.acc);
  // @ts-expect-error a scaling that is not there
  Dataset.from({ x: [[1]], y: [1], scaling: "minmax" });
  // @ts-expect-error a set that is not there
  datasets.mnist();
}
