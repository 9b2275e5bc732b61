// Trains a network, then draws the loss around its weights, on the plane of the most negative and the most positive curvature.

import { Curvature, Model, type RunSpec, type SlicePicture } from "saddlepoint";

const find = <E extends Element>(selector: string, kind: new () => E): E => {
  const element = document.querySelector(selector);
  if (!(element instanceof kind)) throw new Error(`no ${selector} in the page`);
  return element;
};
const canvas = find("canvas", HTMLCanvasElement);
const output = find("output", HTMLOutputElement);
const list = find("dl", HTMLDListElement);

const run: RunSpec = {
  data: { type: "digits" },
  test: 797,
  layers: [{ type: "flatten" }, { type: "dense", units: 16, activation: "tanh" }, { type: "dense", units: 10 }],
  loss: "softmaxCrossEntropy",
  optimizer: { type: "adam", learningRate: 0.01 },
  batch: { type: "mini", size: 32 },
  epochs: 5,
  seed: 1,
};

/** The colours of low and of high losses, as the page has them in its style: red, green, blue. */
function colours(): [number[], number[]] {
  const style = getComputedStyle(document.documentElement);
  const read = (name: string) => style.getPropertyValue(name).trim().split(" ").map(Number);
  return [read("--low"), read("--high")];
}

/** Losses by their logarithm, for they rise steeply; a picture that is not complete has large pixels. */
function draw({ columns, rows, values, min, max }: SlicePicture): void {
  const [low, high] = colours();
  canvas.width = columns;
  canvas.height = rows;
  const image = new ImageData(columns, rows);
  values.forEach((loss, i) => {
    // ten bands: their borders are lines of equal loss
    const share = Math.floor(10 * Math.log(loss / min) / Math.log(max / min)) / 10;
    // the first row of values is the lowest, the first of an image the highest
    const at = 4 * ((rows - 1 - Math.floor(i / columns)) * columns + (i % columns));
    for (let c = 0; c < 3; c += 1) image.data[at + c] = (low[c] ?? 0) + share * ((high[c] ?? 0) - (low[c] ?? 0));
    image.data[at + 3] = 255;
  });
  canvas.getContext("2d")?.putImageData(image, 0, 0);
}

function tell(term: string, description: string): void {
  const [dt, dd] = [document.createElement("dt"), document.createElement("dd")];
  dt.textContent = term;
  dd.textContent = description;
  list.append(dt, dd);
}

const model = await Model.create(run);
const { data, layers, loss, test, seed } = model.spec;
const spec = { data, layers, loss, test, seed, examples: 512 };

for await (const { step } of model.fit()) output.value = `Training: step ${step}`;
const { accuracy } = await model.evaluate();

const network = await Curvature.create(spec, { weights: await model.save() });
await model.dispose();
const start = await network.initial(seed);
const plane = await network.plane({ type: "eigen" });
const [from, to] = [await network.measure(start), await network.measure()];

output.value = "Computing the loss of 51 × 51 networks …";
let last: SlicePicture | undefined;
for await (const picture of network.slice(plane, { x: [-4, 4], y: [-4, 4] })) {
  draw(picture);
  last = picture;
}
output.value = `The loss around the trained weights, along the directions of most negative and most positive curvature, from ${last?.min.toPrecision(2) ?? ""} to ${last?.max.toPrecision(2) ?? ""}`;

const { verdict, index } = await network.certify();
tell("Digits recognised", accuracy === null ? "" : `${(100 * accuracy).toFixed(1)} %`);
tell("Loss", `${from.loss.toFixed(2)} at the start, ${to.loss.toFixed(3)} here`);
tell("Slope", to.gradientNorm.toPrecision(2));
const places = { critical: "a critical point", gradientFlat: "where the gradient is flat", notConverged: "still on a slope" };
tell("Where it stands", `${places[verdict]}; the loss curves down in ${String(index)} directions`);
await network.dispose();
document.documentElement.dataset["done"] = "yes";
