#!/usr/bin/env node
// Speed of products and training steps, as shares of the multiply-add peak of the same run (make bench).
//   tools/run.sh node tools/bench.mjs [--only W1,W2] [--engine chromium,node] [--json file]
// A kernel that reads more than 3 % above the peak means that the peak loop is weak: the run fails.

import { spawn, spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";

import { measure } from "./bench/measure.js";

const { values: options } = parseArgs({
  options: {
    only: { type: "string", default: "W1,W1b,W2,W3,W5" },
    engine: { type: "string", default: "chromium,node" },
    json: { type: "string" },
  },
});
const names = options.only.split(",").filter(Boolean);
const target = process.env.CARGO_TARGET_DIR ?? "target";
const folder = resolve(target, "bench-page");

function build() {
  const run = (command, args) => {
    if (spawnSync(command, args, { stdio: "inherit" }).status !== 0) process.exit(1);
  };
  const triple = "wasm32-unknown-unknown";
  run("cargo", ["build", "--release", "--lib", "--no-default-features", "--features", "bench", "--target", triple]);
  mkdirSync(folder, { recursive: true });
  run("wasm-bindgen", ["--target", "web", "--out-dir", folder, join(target, triple, "release/saddlepoint.wasm")]);
  for (const file of ["index.html", "page.js", "measure.js"]) copyFileSync(join("tools/bench", file), join(folder, file));
}

async function inNode() {
  const wasm = await import(pathToFileURL(join(folder, "saddlepoint.js")).href);
  wasm.initSync({ module: readFileSync(join(folder, "saddlepoint_bg.wasm")) });
  return { version: `Node ${process.versions.node}`, ...measure(wasm, names, () => {}) };
}

async function inChromium() {
  const require = createRequire(resolve("www/e2e/package.json"));
  const { chromium } = require("playwright-core");
  const server = spawn("node", ["tools/serve.mjs", "--dir", folder, "--port", "0"], { stdio: ["ignore", "pipe", "inherit"] });
  const address = await new Promise((done) => {
    server.stdout.on("data", (text) => {
      const found = /http:\/\/\S+/.exec(String(text));
      if (found) done(found[0]);
    });
  });
  const flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"];
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM || "/usr/bin/chromium",
    args: [...flags, "--disable-component-update", "--disable-sync"],
  });
  try {
    const page = await browser.newPage();
    await page.goto(address);
    await page.waitForFunction(() => globalThis.document.documentElement.dataset.ready === "yes");
    const result = await page.evaluate((list) => globalThis.bench(list), names);
    return { version: `Chromium ${browser.version()}`, ...result };
  } finally {
    await browser.close();
    server.kill();
  }
}

const figure = (value, digits = 1) => value.toLocaleString("en", { maximumFractionDigits: digits });

function print({ version, peak, lines }) {
  console.log(`\n${version}: peak ${figure(peak.f32 / 1e9)} GFLOP/s f32x4, ${figure(peak.f64 / 1e9)} f64x2`);
  for (const line of lines) {
    const share = `${figure((100 * line.flops) / peak[line.type])} % of peak`;
    const rate = line.examples ? `${figure(line.examples, 0)} examples/s, ${figure(line.steps, 0)} steps/s, ${figure(line.bytes / 1e6)} MB` : "";
    console.log(`  ${line.name.padEnd(15)} ${figure(line.flops / 1e9).padStart(6)} GFLOP/s  ${share.padStart(17)}  ${rate}`);
  }
}

build();
const engines = { chromium: inChromium, node: inNode };
const results = [];
for (const engine of options.engine.split(",")) {
  const result = await engines[engine]();
  print(result);
  results.push(result);
}
if (options.json) writeFileSync(options.json, JSON.stringify(results, null, 2) + "\n");

const faults = results.flatMap(({ version, peak, lines }) =>
  lines.flatMap((line) => {
    if (line.flops > 1.03 * peak[line.type]) return [`${version}: ${line.name} reads above the peak`];
    return line.learned === false ? [`${version}: ${line.name} did not learn`] : [];
  }),
);
faults.forEach((fault) => console.error(fault));
process.exit(faults.length > 0 ? 1 : 0);
