#!/usr/bin/env node
// Speed of products and training steps beside the multiply-add peak of the same run (make bench): in one page of headless
// Chromium, in Node, and natively.
//   tools/run.sh node tools/bench.mjs [--only W1,W2] [--engine chromium,node,native,fast] [--json file] [--save]
// What is measured is compared with the run of the same machine line (processor and engine) that was committed last, in
// benches/results; --save puts this run in its place. Hosts are noisy: a change is printed, never a fault. Faults are a
// direct kernel that reads more than 3 % above the peak (then the peak loop is weak), a step that allocates, a loss that
// does not fall. The engine `fast`, only when it is named, is Chromium with the kernels of saddlepoint/fast: a fused multiply-add may
// pass the peak, which is that of separate ones.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";

import { measure } from "../www/app/src/speed/measure.js";
import { compared, earlier, placeOf } from "./bench/history.mjs";
import { measureNative } from "./bench/native.mjs";
import { buildBench, inChromium, target } from "./browser.mjs";

const { values: options } = parseArgs({
  options: {
    only: { type: "string" },
    engine: { type: "string", default: "chromium,node,native" },
    json: { type: "string" },
    save: { type: "boolean", default: false },
  },
});
const only = options.only?.split(",");
const chosen = options.engine.split(",");
const folder = resolve(target, "bench-page");
const fastFolder = resolve(target, "bench-fast-page");

const inPage = (of) => inChromium(of, async (page, engine) => ({ engine, ...(await page.evaluate((list) => globalThis.bench(list), only)) }));

const ENGINES = {
  chromium: () => inPage(folder),
  async fast() {
    const result = await inPage(fastFolder);
    return { ...result, engine: `${result.engine}, relaxed SIMD` };
  },
  async node() {
    const wasm = await import(pathToFileURL(join(folder, "saddlepoint_bench.js")).href);
    wasm.initSync({ module: readFileSync(join(folder, "saddlepoint_bench_bg.wasm")) });
    return { engine: `Node ${process.versions.node}`, ...measure(wasm, { only }) };
  },
  native: () => measureNative(only),
};

const figure = (value, digits = 1) => value.toLocaleString("en", { maximumFractionDigits: digits });
const percent = (share) => `${figure(100 * share)} %`;

function print({ engine, peak, lines, curvature }, before) {
  console.log(`\n${engine}: peak ${figure(peak.f32 / 1e9)} GFLOP/s f32, ${figure(peak.f64 / 1e9)} f64`);
  for (const line of lines) {
    const share = `${percent(line.flops / peak[line.type])} of peak${line.effective ? ", effective" : ""}`;
    const others = line.best ? `beside ${percent(line.beside)}, best ${percent(line.best / peak[line.type])}` : "";
    console.log(`  ${line.name.padEnd(38)} ${figure(line.flops / 1e9).padStart(6)} GFLOP/s  ${share.padEnd(26)} ${others.padEnd(30)} ${compared(line, peak, before)}`);
    if (line.training) printTraining(line.training);
  }
  if (curvature) console.log(`  Hessian-vector product in f64: ${figure(curvature.product / curvature.gradient, 2)} gradients`);
  console.log(before ? `  changes of the share of the peak since the run of ${before.date}` : "  no earlier run of this machine line");
}

function printTraining({ examples, steps, bytes, allocations, spent }) {
  const memory = bytes === undefined ? "" : `, ${figure(bytes / 2 ** 20)} MiB`;
  console.log(`    ${figure(examples, 0)} examples/s, ${figure(steps, 0)} steps/s${memory}, ${allocations} allocations`);
  if (!spent) return;
  const whole = Object.values(spent).reduce((sum, ms) => sum + ms, 0);
  const kinds = Object.entries(spent).sort((a, b) => b[1] - a[1]).filter(([, ms]) => ms >= 0.005 * whole);
  console.log(`    ${figure(1000 * whole, 0)} µs in a run: ${kinds.map(([kind, ms]) => `${kind} ${percent(ms / whole)}`).join(", ")}`);
}

function faultsOf({ engine, peak, lines }) {
  return lines.flatMap((line) => [
    ...(!line.effective && !engine.endsWith("relaxed SIMD") && line.flops > 1.03 * peak[line.type] ? [`${engine}: ${line.name} reads above the peak`] : []),
    ...(line.training?.learned === false ? [`${engine}: ${line.name} did not learn`] : []),
    ...(line.training?.allocations > 0 ? [`${engine}: ${line.name} allocates in its steps`] : []),
  ]);
}

const PAGE = ["tools/bench/index.html", "tools/bench/page.js", "www/app/src/speed/measure.js"];
if (chosen.includes("chromium") || chosen.includes("node")) buildBench(folder, PAGE);
if (chosen.includes("fast")) buildBench(fastFolder, PAGE, "saddlepoint_bench_fast");
const results = [];
for (const name of chosen) {
  const measured = { machine: cpus()[0]?.model ?? "unknown", date: new Date().toISOString().slice(0, 10), ...(await ENGINES[name]()) };
  print(measured, earlier(measured));
  results.push(measured);
}
if (options.json) writeFileSync(options.json, JSON.stringify(results, null, 1) + "\n");
if (options.save) {
  for (const measured of results) {
    const place = placeOf(measured);
    mkdirSync(dirname(place), { recursive: true });
    writeFileSync(place, JSON.stringify(measured, rounded, 1) + "\n");
    console.log(`saved ${place}`);
  }
}

/** Four digits tell more than a noisy host can. */
function rounded(_key, value) {
  return typeof value === "number" ? Number(value.toPrecision(4)) : value;
}

const faults = results.flatMap(faultsOf);
faults.forEach((fault) => console.error(fault));
process.exit(faults.length > 0 ? 1 : 0);
