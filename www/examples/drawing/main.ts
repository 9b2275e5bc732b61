// A classifier that its user teaches by drawing. It is trained in a worker, kept in the browser and there again after a reload.

import { Model, SaddlepointError, type Dataset, type ModelSpec } from "saddlepoint";

import { datasetOf, drawingOf, SIDE, type Kind } from "./drawings.js";
import { forget, keep, kept } from "./kept.js";

const find = <E extends Element>(selector: string, kind: new () => E): E => {
  const element = document.querySelector(selector);
  if (!(element instanceof kind)) throw new Error(`no ${selector} in the page`);
  return element;
};
const board = find(".board canvas", HTMLCanvasElement);
const list = find("ul", HTMLUListElement);
const output = find("output", HTMLOutputElement);
const [clear, train, more, reset] = ["#clear", "#train", "#more", "#forget"].map((id) => find(id, HTMLButtonElement)) as
  [HTMLButtonElement, HTMLButtonElement, HTMLButtonElement, HTMLButtonElement];

let kinds: Kind[] = [{ name: "circle", drawings: [] }, { name: "cross", drawings: [] }];
let model: Model | undefined;
/** How many kinds the model tells apart; it knows nothing of one that was added later. */
let known = 0;
let training = false;

const count = () => kinds.reduce((sum, { drawings }) => sum + drawings.length, 0);

/** Steps enough for a few drawings, each a little moved every time. */
function runOf(data: Dataset, examples: number): ModelSpec {
  const size = Math.min(16, examples);
  return {
    data,
    layers: [
      { type: "conv2d", filters: 8, kernelSize: [5, 5], padding: "same", activation: "relu" },
      { type: "maxPool2d", poolSize: [2, 2] },
      { type: "conv2d", filters: 16, kernelSize: [3, 3], padding: "same", activation: "relu" },
      { type: "maxPool2d", poolSize: [2, 2] },
      { type: "flatten" },
      { type: "dense", units: kinds.length, activation: "softmax" },
    ],
    loss: "softmaxCrossEntropy",
    optimizer: { type: "adam", learningRate: 0.005 },
    batch: { type: "mini", size },
    epochs: Math.ceil((240 * size) / examples),
    augment: { shift: 0.08, rotate: 12, zoom: 0.12 },
    seed: 1,
  };
}

async function learn(): Promise<void> {
  training = true;
  show();
  const { dataset } = document.documentElement;
  try {
    const next = await Model.create(runOf(datasetOf(kinds), count()));
    for await (const { done } of next.fit()) output.value = `Learning: ${Math.round(100 * done)} %`;
    const { step, runHash } = await next.history();
    await model?.dispose();
    [model, known] = [next, kinds.length];
    await keep(kinds, await next.save());
    output.value = `Learnt from ${count()} drawings in ${step} steps and kept in this browser. Draw something new.`;
    dataset["learnt"] = runHash;
  } catch (error) {
    output.value = error instanceof SaddlepointError ? error.message : String(error);
  }
  training = false;
  show();
  await guess();
}

/** Says of the drawing on the board what it seems to be. */
async function guess(): Promise<void> {
  const drawing = drawingOf(board);
  const shares = model && drawing ? await model.predict(Float32Array.from(drawing)) : undefined;
  list.querySelectorAll<HTMLElement>(".guess").forEach((row, i) => {
    const share = i < known ? shares?.[i] : undefined;
    row.hidden = share === undefined;
    const [bar, text] = [row.querySelector("progress"), row.querySelector("span")];
    if (bar) bar.value = share ?? 0;
    if (text) text.textContent = `${((share ?? 0) * 100).toFixed(0)} %`;
  });
}

function thumbnail(pixels: Uint8Array): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [SIDE, SIDE];
  const image = new ImageData(SIDE, SIDE);
  pixels.forEach((value, i) => image.data.set([0, 0, 0, value], 4 * i));
  canvas.getContext("2d")?.putImageData(image, 0, 0);
  return canvas;
}

function rowOf(kind: Kind, number: number): HTMLLIElement {
  const row = document.createElement("li");
  const name = document.createElement("input");
  [name.value, name.maxLength] = [kind.name, 24];
  name.setAttribute("aria-label", `Name of kind ${number}`);
  name.onchange = () => {
    kind.name = name.value;
    void keep(kinds);
    show();
  };
  const add = document.createElement("button");
  add.type = "button";
  add.textContent = "Add drawing";
  add.setAttribute("aria-label", `Add the drawing to ${kind.name}`);
  add.disabled = training;
  add.onclick = () => {
    const drawing = drawingOf(board);
    if (!drawing) {
      output.value = "Draw something first.";
      return;
    }
    kind.drawings.push(drawing);
    wipe();
    void keep(kinds);
    show();
  };
  const seen = document.createElement("div");
  seen.className = "seen";
  seen.append(...kind.drawings.map(thumbnail).reverse());
  const share = document.createElement("div");
  share.className = "guess";
  share.hidden = true;
  const bar = document.createElement("progress");
  bar.max = 1;
  bar.setAttribute("aria-label", `How much it looks like ${kind.name}`);
  share.append(bar, document.createElement("span"));
  row.append(name, add, seen, share);
  return row;
}

function show(): void {
  list.replaceChildren(...kinds.map((kind, i) => rowOf(kind, i + 1)));
  train.disabled = training || kinds.some(({ drawings }) => drawings.length === 0);
  more.disabled = training || kinds.length >= 6;
  reset.disabled = training;
}

function wipe(): void {
  board.getContext("2d")?.clearRect(0, 0, board.width, board.height);
}

/** Where a pointer is on the board, in its pixels. */
function at(event: PointerEvent): [number, number] {
  const box = board.getBoundingClientRect();
  return [((event.clientX - box.left) / box.width) * board.width, ((event.clientY - box.top) / box.height) * board.height];
}

board.onpointerdown = (event) => {
  const pen = board.getContext("2d");
  if (!pen) return;
  board.setPointerCapture(event.pointerId);
  [pen.lineWidth, pen.lineCap, pen.lineJoin] = [18, "round", "round"];
  let [x, y] = at(event);
  const line = (to: [number, number]) => {
    pen.beginPath();
    pen.moveTo(x, y);
    pen.lineTo(...to);
    pen.stroke();
    [x, y] = to;
  };
  line([x, y]);
  board.onpointermove = (move) => {
    line(at(move));
  };
};
board.onpointerup = board.onpointercancel = () => {
  board.onpointermove = null;
  void guess();
};
clear.onclick = () => {
  wipe();
  void guess();
};
train.onclick = () => void learn();
more.onclick = () => {
  kinds.push({ name: `kind ${kinds.length + 1}`, drawings: [] });
  show();
};
reset.onclick = async () => {
  await forget();
  location.reload();
};

const before = await kept();
if (before) {
  kinds = before.kinds;
  if (before.model) {
    const learnt = await Model.load(before.model).catch(() => undefined);
    if (learnt) {
      [model, known] = [learnt, learnt.info.data.classes?.length ?? kinds.length];
      output.value = "It remembers what it has learnt. Draw something.";
      document.documentElement.dataset["remembered"] = (await learnt.history()).runHash;
    }
  }
}
show();
document.documentElement.dataset["ready"] = "yes";
