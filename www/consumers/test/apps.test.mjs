// The packed package in fresh apps: one of Node, one for each bundler, a page without any. All train the same runs to the same bits,
// the pages in Chromium, built for production, under a policy without eval.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

import { chromium } from "playwright-core";

import { serve } from "../../../tools/serve.mjs";
import { launchOptions } from "../../e2e/chromium.js";
import { BUNDLERS, vite } from "../bundlers.js";

const here = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const root = mkdtempSync(join(tmpdir(), "saddlepoint-apps-"));
const npm = (args, cwd) => execFileSync("npm", args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
let tarball;
let browser;
/** What the app of Node found, which all others must find too. */
let expected;

/** A folder with the sources of an app, into which the packed package is installed. */
function fresh(name) {
  const folder = join(root, name);
  cpSync(here(`apps/${name}`), folder, { recursive: true });
  cpSync(here("apps/train.js"), join(folder, "train.js"));
  if (name !== "node") cpSync(here("apps/index.html"), join(folder, "index.html"));
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: `app-${name}`, private: true, type: "module" }));
  npm(["install", "--offline", "--no-audit", "--no-fund", tarball], folder);
  return folder;
}

/** What the page at an address wrote down; fails on anything the policy forbids and on any error in the page. */
async function resultOf(address, workers) {
  const page = await browser.newPage();
  const faults = [];
  const started = new Set();
  page.on("pageerror", (error) => faults.push(error.message));
  // browsers ask for an icon by themselves
  page.on("console", (message) => message.type() === "error" && !message.location().url.endsWith("/favicon.ico") && faults.push(message.text()));
  page.on("requestfailed", (request) => faults.push(`${request.url()}: ${request.failure()?.errorText}`));
  page.on("worker", (worker) => started.add(worker.url()));
  try {
    await page.goto(address);
    await page.waitForFunction(() => globalThis.document.documentElement.dataset.result !== undefined, undefined, { timeout: 60_000 });
    assert.deepEqual(faults, []);
    assert.equal(started.size > 0, workers, `workers: ${[...started].join(", ")}`);
    return JSON.parse(await page.evaluate(() => globalThis.document.documentElement.dataset.result));
  } finally {
    await page.close();
  }
}

before(async () => {
  const [{ filename }] = JSON.parse(npm(["pack", "--json", "--pack-destination", root], here("../lib")));
  tarball = join(root, filename);
  const output = execFileSync(process.execPath, ["main.js"], { cwd: fresh("node"), encoding: "utf8" });
  const [inProcess, inThread] = JSON.parse(output);
  assert.deepEqual(inThread, inProcess);
  expected = inProcess;
  browser = await chromium.launch(launchOptions);
});

after(async () => {
  await browser?.close();
  rmSync(root, { recursive: true, force: true });
});

test("an app of Node trains XOR and digits, in its thread and in one of their own", () => {
  assert.ok(expected.xor.accuracy > 0.95, `XOR: ${expected.xor.accuracy}`);
  assert.ok(expected.digits.accuracy > 0.9, `digits: ${expected.digits.accuracy}`);
  assert.deepEqual(expected.images, ["images"]);
  assert.ok(expected.functions > 10);
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
  const folder = join(root, "vite");
  const server = await vite.createServer({
    root: folder, configFile: false, logLevel: "warn", server: { port: 0, host: "127.0.0.1" }, optimizeDeps: { exclude: ["saddlepoint"] },
  });
  t.after(() => server.close());
  await server.listen();
  assert.deepEqual(await resultOf(`http://127.0.0.1:${server.httpServer.address().port}/`, true), expected);
});
