// Pictures of a page, and a fit in its worker, in Chromium.
/* global document, Image, OffscreenCanvas, createImageBitmap */

import assert from "node:assert/strict";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { crc32, deflateSync } from "node:zlib";

import { inChromium } from "../../../tools/browser.mjs";

/** A grey PNG file of these rows. */
function png(rows) {
  const word = (n) => Uint8Array.of(n >>> 24, n >>> 16, n >>> 8, n);
  const chunk = (name, data) => {
    const body = Buffer.concat([Buffer.from(name), data]);
    return [word(data.length), body, word(crc32(body))];
  };
  const head = Uint8Array.of(...word(rows[0].length), ...word(rows.length), 8, 0, 0, 0, 0);
  const body = deflateSync(Uint8Array.from(rows.flatMap((row) => [0, ...row])));
  return Buffer.concat([Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a), ...chunk("IHDR", head), ...chunk("IDAT", body), ...chunk("IEND", new Uint8Array())]);
}

/** The same eight pixels as every kind of picture, learnt from and asked about; how a fit leaves the page free. */
const draw = async () => {
  const { Dataset, Model } = await import("./dist/index.js");
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [4, 2];
  const context = canvas.getContext("2d");
  context.fillStyle = "rgb(0 0 0)";
  context.fillRect(0, 0, 4, 2);
  context.fillStyle = "rgb(200 200 200)";
  context.fillRect(2, 0, 2, 2);
  const image = new Image();
  image.src = "./picture.png";
  await image.decode();
  const offscreen = new OffscreenCanvas(4, 2);
  offscreen.getContext("2d").drawImage(canvas, 0, 0);
  const pictures = [canvas, image, offscreen, await createImageBitmap(canvas), context.getImageData(0, 0, 4, 2)];
  const data = await Dataset.images(pictures, ["a", "b", "a", "b", "a"], { size: [1, 2] });
  const net = { data, layers: [{ type: "flatten" }, { type: "dense", units: 2 }], loss: "softmaxCrossEntropy" };
  const model = await Model.create(net);
  const features = [...(await model.examples(5, "train")).features];
  const fit = model.fit({ epochs: 1_000_000 });
  let slices = 0;
  for await (const slice of fit) {
    slices += slice.loss.length > 0 ? 1 : 0;
    if (slices === 3) break;
  }
  const { state, step } = await fit;
  const one = await model.classify(image);
  const predicted = await Promise.all(pictures.map(async (picture) => (await model.classify(picture))[0][0].probability));
  const taken = await Model.create(net).then((other) => other.fit(data).then(({ history }) => history.loss.length));
  const unloaded = await model.predict(new Image()).catch(({ code }) => code);
  await model.dispose();
  return { features, slices, state, step, one: one[0].map(({ label }) => label).sort(), same: new Set(predicted).size, taken, unloaded };
};

test("Chromium draws pictures of every kind alike, and trains on them in a worker", { skip: !process.env.CHROMIUM }, async () => {
  const folder = mkdtempSync(join(tmpdir(), "saddlepoint-pictures-"));
  try {
    for (const part of ["dist", "pkg"]) cpSync(fileURLToPath(new URL(`../${part}`, import.meta.url)), join(folder, part), { recursive: true });
    writeFileSync(join(folder, "index.html"), '<!doctype html><meta charset="utf-8"><title>pictures</title><script type="module" src="./page.js"></script>');
    writeFileSync(join(folder, "picture.png"), png([[0, 0, 200, 200], [0, 0, 200, 200]]));
    writeFileSync(join(folder, "page.js"), `globalThis.draw = ${draw}; document.documentElement.dataset.ready = "yes";`);
    const { step, ...seen } = await inChromium(folder, (page) => page.evaluate(() => globalThis.draw()));
    assert.deepEqual(seen, {
      features: Array.from({ length: 5 }, () => [0, 200]).flat(), slices: 3, state: "running", one: ["a", "b"], same: 1, taken: 1, unloaded: "picture-size",
    });
    assert.ok(step > 0);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
