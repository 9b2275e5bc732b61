// The examples, with the packed package: their types, those of Node, and those with a page in Chromium.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { transform } from "esbuild";
import { chromium } from "playwright-core";

import { serve } from "../../../tools/serve.mjs";
import { launchOptions } from "../../e2e/chromium.js";
import { BUNDLERS } from "../bundlers.js";
import { at, mark, scratch, sound, watched } from "../fresh.js";

let apps;
let folder;
let browser;

before(async () => {
  apps = scratch();
  folder = apps.install("examples");
  cpSync(at("examples"), folder, { recursive: true });
  browser = await chromium.launch(launchOptions);
});

after(async () => {
  await browser?.close();
  apps?.remove();
});

/** A picture of the page, if a folder for them is named. */
const shot = (page, name) => (process.env.SHOTS ? page.screenshot({ path: join(process.env.SHOTS, `${name}.png`), fullPage: true }) : undefined);

/** Runs an example of Node; its output. */
async function run(name) {
  const here = join(folder, name);
  const { code } = await transform(readFileSync(join(here, "main.ts"), "utf8"), { loader: "ts", format: "esm", target: "es2022" });
  writeFileSync(join(here, "main.js"), code);
  return execFileSync(process.execPath, ["main.js"], { cwd: here, encoding: "utf8" });
}

async function served(t, name) {
  await BUNDLERS.vite(join(folder, name));
  const { address, close } = await serve({ dir: join(folder, name, "dist"), port: 0 });
  t.after(close);
  return address;
}

test("all examples pass the strict checks of TypeScript", () => {
  const types = at("node_modules/@types");
  execFileSync(process.execPath, [at("node_modules/typescript/bin/tsc"), "-p", folder, "--typeRoots", types], { encoding: "utf8" });
});

test("a name of a layer that does not exist is a mistake of types", () => {
  const file = join(folder, "wrong.ts");
  const of = (type) => `import type { RunSpec } from "saddlepoint"; export const layers: RunSpec["layers"] = [{ type: "${type}", units: 2 }];\n`;
  const tsc = () => execFileSync(process.execPath, [at("node_modules/typescript/bin/tsc"), "--noEmit", "--strict", "--module", "esnext", "--moduleResolution", "bundler", "--skipLibCheck", "--typeRoots", folder, file], { encoding: "utf8" });
  writeFileSync(file, of("dense"));
  tsc();
  writeFileSync(file, of("dens"));
  assert.throws(tsc, ({ stdout }) => /wrong\.ts.*"dens"/s.test(stdout));
});

test("a table: the network explains more of rows it has not seen than a straight line", async () => {
  const output = await run("csv");
  const [, network, line] = /R² on rows it has not seen: ([\d.]+); a straight line has ([\d.]+)/.exec(output) ?? [];
  assert.ok(Number(network) > 0.9 && Number(network) >= Number(line), output);
  assert.match(output, /-> \d+/);
});

test("a text is gone on with in its own words", async () => {
  const output = await run("text");
  assert.match(output, /at temperature 0\n[^]*That [a-z]+ the [a-z]+/);
});

test("a saved model helps a network that has few examples", async () => {
  const output = await run("transfer");
  const [saved, pixels] = [...output.matchAll(/from the \w+(?: \w+)?: ([\d.]+) %/g)].map(([, percent]) => Number(percent));
  assert.ok(saved > pixels + 5, output);
});

test("a model's landscape is drawn", { timeout: 120_000 }, async (t) => {
  const address = await served(t, "landscape");
  const { page, faults, workers } = await watched(browser, address, { viewport: { width: 360, height: 740 } });
  await mark(page, "done", 90_000);
  sound(faults);
  assert.ok(workers.size > 0);
  const colours = await page.evaluate(() => {
    const canvas = globalThis.document.querySelector("canvas");
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    return [canvas.width, new Set(Array.from({ length: data.length / 4 }, (_, i) => data.slice(4 * i, 4 * i + 3).join())).size];
  });
  assert.equal(colours[0], 51);
  assert.ok(colours[1] >= 8, `${colours[1]} colours`);
  assert.match(await page.textContent("dl"), /Digits recognised(8|9)\d\.\d %/);
  await shot(page, "landscape-360");
  await page.close();
});

/** Draws a stroke through points of the board, given as shares of its sides. */
async function stroke(page, points) {
  const box = await page.locator(".board").boundingBox();
  const to = ([x, y]) => [box.x + x * box.width, box.y + y * box.height];
  await page.mouse.move(...to(points[0]));
  await page.mouse.down();
  for (const point of points.slice(1)) await page.mouse.move(...to(point));
  await page.mouse.up();
}

/** The same figure a little different each time. */
const FIGURES = {
  async circle(page, i) {
    const [r, x, y] = [0.2 + 0.02 * (i % 5), 0.45 + 0.02 * (i % 4), 0.55 - 0.02 * (i % 3)];
    await stroke(page, Array.from({ length: 17 }, (_, k) => [x + r * Math.sin((k * Math.PI) / 8 + i), y + (r + 0.01 * i) * Math.cos((k * Math.PI) / 8 + i)]));
  },
  async cross(page, i) {
    const [r, x, y] = [0.2 + 0.02 * (i % 5), 0.5 + 0.02 * (i % 3), 0.5 - 0.02 * (i % 4)];
    await stroke(page, [[x - r, y - r + 0.01 * i], [x + r, y + r]]);
    await stroke(page, [[x - r, y + r], [x + r - 0.01 * i, y - r]]);
  },
};

/** What the page says of a new drawing: shares of circle and cross. */
async function guessed(page, figure) {
  await page.click("#clear");
  await FIGURES[figure](page, 7);
  await page.waitForFunction(() => [...globalThis.document.querySelectorAll(".guess")].every((row) => !row.hidden));
  return page.locator(".guess progress").evaluateAll((bars) => bars.map((bar) => bar.value));
}

test("a classifier is taught by drawing, trained in a worker, kept, and there after a reload", { timeout: 180_000 }, async (t) => {
  const address = await served(t, "drawing");
  const { page, faults, workers } = await watched(browser, address, { viewport: { width: 360, height: 740 }, colorScheme: "dark" });
  await mark(page, "ready");
  assert.ok(await page.isDisabled("#train"), "nothing to learn yet");
  await shot(page, "drawing-empty-360");
  for (let i = 0; i < 6; i += 1) {
    for (const [place, figure] of ["circle", "cross"].entries()) {
      await FIGURES[figure](page, i);
      await page.getByRole("button", { name: `Add the drawing to ${figure}` }).nth(0).click();
      assert.equal(await page.locator(".seen").nth(place).locator("canvas").count(), i + 1);
    }
  }
  await page.click("#train");
  const hash = await mark(page, "learnt");
  assert.ok(workers.size > 0);
  let [circle, cross] = await guessed(page, "cross");
  assert.ok(cross > 0.8 && circle < 0.2, `a cross: ${circle}, ${cross}`);
  await shot(page, "drawing-360");

  await page.reload();
  assert.equal(await mark(page, "remembered"), hash);
  [circle, cross] = await guessed(page, "circle");
  assert.ok(circle > 0.8 && cross < 0.2, `a circle after a reload: ${circle}, ${cross}`);
  await page.setViewportSize({ width: 900, height: 900 });
  await page.emulateMedia({ colorScheme: "light" });
  await shot(page, "drawing-light");
  await page.click("#forget");
  await page.waitForFunction(() => globalThis.document.querySelectorAll(".seen canvas").length === 0);
  sound(faults);
  await page.close();
});
