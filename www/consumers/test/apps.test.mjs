// The packed package in fresh apps: one of Node, one for each bundler, a page without any. All train the same runs to the same bits,
// the pages in Chromium, built for production, under a policy without eval.

import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { chromium } from "playwright-core";

import { serve } from "../../../tools/serve.mjs";
import { launchOptions } from "../../e2e/chromium.js";
import { BUNDLERS, vite } from "../bundlers.js";
import { firefoxPath, launchFirefox } from "../firefox.js";
import { at, mark, scratch, sound, watched } from "../fresh.js";

let apps;
let browser;
/** What the app of Node found, which all others must find too. */
let expected;

/** A folder with the sources of an app, into which the packed package is installed. */
function fresh(name) {
  const folder = apps.install(name);
  cpSync(at(`consumers/apps/${name}`), folder, { recursive: true });
  cpSync(at("consumers/apps/train.js"), join(folder, "train.js"));
  if (name !== "node") cpSync(at("consumers/apps/index.html"), join(folder, "index.html"));
  return folder;
}

/** What the page at an address wrote down. */
async function resultOf(address, inWorkers) {
  const { page, faults, workers } = await watched(browser, address);
  try {
    const result = await mark(page, "result");
    sound(faults);
    assert.equal(workers.size > 0, inWorkers, `workers: ${[...workers].join(", ")}`);
    return JSON.parse(result);
  } finally {
    await page.close();
  }
}

before(async () => {
  apps = scratch();
  const output = execFileSync(process.execPath, ["main.js"], { cwd: fresh("node"), encoding: "utf8" });
  const [inProcess, inThread] = JSON.parse(output);
  assert.deepEqual(inThread, inProcess);
  expected = inProcess;
  browser = await chromium.launch(launchOptions);
});

after(async () => {
  await browser?.close();
  apps?.remove();
});

test("an app of Node trains XOR and digits, in its thread and in one of their own", () => {
  assert.ok(expected.xor.accuracy > 0.95, `XOR: ${expected.xor.accuracy}`);
  assert.ok(expected.digits.accuracy > 0.9, `digits: ${expected.digits.accuracy}`);
  assert.deepEqual(expected.images, ["images"]);
  assert.ok(expected.functions > 10);
});

const deno = process.env.DENO ?? "deno";
const hasDeno = spawnSync(deno, ["--version"]).status === 0;

test("the same app in Deno gives the same bits", { skip: !hasDeno && "no Deno here; DENO names it" }, () => {
  const output = execFileSync(deno, ["run", "--allow-all", "--node-modules-dir=manual", "main.js"], { cwd: join(apps.root, "node"), encoding: "utf8" });
  assert.deepEqual(JSON.parse(output), [expected, expected]);
});

for (const [name, build] of Object.entries(BUNDLERS)) {
  test(`an app built with ${name} trains the same in workers`, { timeout: 120_000 }, async (t) => {
    const folder = fresh(name);
    await build(folder);
    const { address, close } = await serve({ dir: join(folder, "dist"), port: 0 });
    t.after(close);
    assert.deepEqual(await resultOf(address, true), expected);
    if (name === "plain") assert.deepEqual(await resultOf(`${address}?worker=no`, false), expected);
  });
}

test("Vite's development server trains the same, once it leaves the package as it is", { timeout: 120_000 }, async (t) => {
  const server = await vite.createServer({
    root: join(apps.root, "vite"), configFile: false, logLevel: "warn", server: { port: 0, host: "127.0.0.1" }, optimizeDeps: { exclude: ["saddlepoint"] },
  });
  t.after(() => server.close());
  await server.listen();
  assert.deepEqual(await resultOf(`http://127.0.0.1:${server.httpServer.address().port}/`, true), expected);
});

test("the page without a bundler trains the same in Firefox", { timeout: 180_000, skip: firefoxPath === undefined && "no Firefox here" }, async (t) => {
  const { address, close } = await serve({ dir: join(apps.root, "plain/dist"), port: 0 });
  t.after(close);
  const firefox = await launchFirefox();
  t.after(() => firefox.close());
  for (const query of ["", "?worker=no"]) {
    const page = await firefox.newPage();
    const faults = [];
    page.on("pageerror", (error) => faults.push(error.message));
    await page.goto(`${address}${query}`);
    await page.waitForFunction(() => globalThis.document.documentElement.dataset.result !== undefined, { timeout: 90_000 });
    assert.deepEqual(JSON.parse(await page.evaluate(() => globalThis.document.documentElement.dataset.result)), expected);
    sound(faults);
    await page.close();
  }
});
