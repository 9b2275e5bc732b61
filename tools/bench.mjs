#!/usr/bin/env node
// Speed of products and training steps, as shares of the multiply-add peak of the same run (make bench).
//   tools/run.sh node tools/bench.mjs [--only W1,W2] [--engine chromium,node] [--json file]
// A kernel that reads more than 3 % above the peak means that the peak loop is weak: the run fails.

import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";

import { measure } from "./bench/measure.js";
import { buildBench, inChromium, target } from "./browser.mjs";

const { values: options } = parseArgs({
  options: {
    only: { type: "string", default: "W1,W1b,W2,W3,W4,W5" },
    engine: { type: "string", default: "chromium,node" },
    json: { type: "string" },
  },
});
const names = options.only.split(",").filter(Boolean);
const folder = resolve(target, "bench-page");

async function inNode() {
  const wasm = await import(pathToFileURL(join(folder, "saddlepoint.js")).href);
  wasm.initSync({ module: readFileSync(join(folder, "saddlepoint_bg.wasm")) });
  return { version: `Node ${process.versions.node}`, ...measure(wasm, names, () => {}) };
}

function inBrowser() {
  return inChromium(folder, async (page, version) => ({ version, ...(await page.evaluate((list) => globalThis.bench(list), names)) }));
}

const figure = (value, digits = 1) => value.toLocaleString("en", { maximumFractionDigits: digits });

function print({ version, peak, lines }) {
  console.log(`\n${version}: peak ${figure(peak.f32 / 1e9)} GFLOP/s f32x4, ${figure(peak.f64 / 1e9)} f64x2`);
  for (const line of lines) {
    const share = `${figure((100 * line.flops) / peak[line.type])} % of peak`;
    const rate = line.examples ? `${figure(line.examples, 0)} examples/s, ${figure(line.steps, 0)} steps/s, ${figure(line.bytes / 1e6)} MB` : "";
    console.log(`  ${line.name.padEnd(36)} ${figure(line.flops / 1e9).padStart(6)} GFLOP/s  ${share.padStart(17)}  ${rate}`);
  }
}

buildBench(folder, "tools/bench", ["index.html", "page.js", "measure.js"]);
const engines = { chromium: inBrowser, node: inNode };
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
