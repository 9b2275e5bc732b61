#!/usr/bin/env node
// The long runs of tests/fixtures/learning.json, whole: natively and in a page's worker in Chromium (make accuracy).
//   tools/run.sh node tools/accuracy.mjs [--only mnist,text] [--seeds 1] [--engine native,chromium] [--json file]
// A fault is a mean over the seeds that misses the goal, a run in Chromium that takes longer than it may, or one that has
// another hash in the other engine.
// The files lie beside the project, in the folder DATA_DIR or ../shared/data; a run whose files are not there is skipped.

import { spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";

import { buildBench, inChromium, run, target } from "./browser.mjs";

const text = { type: "string" };
const { values: options } = parseArgs({ options: { only: text, seeds: text, engine: { ...text, default: "native,chromium" }, json: text } });
const engines = options.engine.split(",");
const data = resolve(process.env.DATA_DIR ?? "../shared/data");
const folder = resolve(target, "accuracy");

const all = JSON.parse(readFileSync("tests/fixtures/learning.json", "utf8")).runs;
const chosen = all.filter(({ name }) => !options.only || options.only.split(",").includes(name));
const runs = chosen.filter(({ name, files }) => {
  const missing = files.filter((file) => !existsSync(join(data, file)));
  if (missing.length > 0) console.log(`${name}: skipped, because ${data} has no ${missing.join(", ")}`);
  return missing.length === 0;
});

/** What an engine is prepared with, and how it trains one run: resolves with what examples/train.rs prints last. */
const ENGINES = {
  native: {
    prepare: () => run("cargo", ["build", "--release", "--example", "train"]),
    train(spec, files) {
      const path = join(folder, "run.json");
      writeFileSync(path, JSON.stringify(spec));
      const child = spawn(join(target, "release/examples/train"), [path, ...files.map((file) => join(data, file))], { stdio: ["ignore", "pipe", "inherit"] });
      let last = "";
      const lines = createInterface({ input: child.stdout });
      lines.on("line", (line) => {
        if (last) console.log(`    ${last}`);
        last = line;
      });
      const closed = new Promise((done) => lines.on("close", done));
      return new Promise((done, fail) => {
        child.on("close", (code) => (code === 0 ? closed.then(() => done(JSON.parse(last))) : fail(new Error(`the native run ended with ${code}`))));
      });
    },
  },
  chromium: {
    prepare() {
      buildBench(folder, ["tools/accuracy/index.html", "tools/accuracy/page.js"]);
      run("tools/wasm.sh", []);
      run("npm", ["run", "--silent", "build", "--prefix", "www", "-w", "lib"]);
      for (const part of ["dist", "pkg"]) cpSync(join("www/lib", part), join(folder, "lib", part), { recursive: true });
      for (const file of runs.flatMap(({ files }) => files)) {
        mkdirSync(join(folder, "data", dirname(file)), { recursive: true });
        cpSync(join(data, file), join(folder, "data", file));
      }
    },
    train: (spec, files) => inChromium(folder, (page) => page.evaluate(([run, paths]) => globalThis.train(run, paths), [spec, files])),
  },
};

/** What is wrong with one outcome, in words. */
function faultsOf({ goal }, engine, { state, seconds }) {
  const words = [];
  if (state.toLowerCase() !== "done") words.push(`it ended as ${state}`);
  if (engine === "chromium" && seconds > (goal.seconds ?? Infinity)) words.push(`${seconds.toFixed(0)} s are more than ${goal.seconds}`);
  return words;
}

/** What is wrong with the mean over the seeds; a mean that is no number misses every goal. */
function missed({ measure, least = -Infinity, most = Infinity }, mean) {
  if (mean >= least && mean <= most) return [];
  return [`a mean ${measure} of ${mean} instead of ${Number.isFinite(least) ? `at least ${least}` : `at most ${most}`}`];
}

rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
for (const engine of engines) ENGINES[engine].prepare();

const results = [];
const failures = [];
for (const one of runs) {
  console.log(`\n${one.title}`);
  const { measure } = one.goal;
  const seeds = options.seeds ? options.seeds.split(",").map(Number) : one.seeds;
  const sums = Object.fromEntries(engines.map((engine) => [engine, 0]));
  for (const seed of seeds) {
    const hashes = new Set();
    for (const engine of engines) {
      const outcome = await ENGINES[engine].train({ ...one.spec, seed }, one.files);
      const { hash, seconds, steps, peak, meanPeak, bytes } = outcome;
      hashes.add(hash);
      sums[engine] += outcome[measure];
      results.push({ name: one.name, seed, engine, ...outcome });
      const rate = (steps * one.spec.batch.size) / seconds;
      console.log(
        `  seed ${seed}, ${engine}: ${measure} ${outcome[measure].toFixed(4)}, ${seconds.toFixed(1)} s, ` +
          `${rate.toFixed(0)} examples/s, peak ${(peak / 1e9).toFixed(1)} GFLOP/s (mean ${(meanPeak / 1e9).toFixed(1)}), ${bytes} bytes a step, run ${hash}`,
      );
      failures.push(...faultsOf(one, engine, outcome).map((words) => `${one.name}, seed ${seed}, ${engine}: ${words}`));
    }
    if (hashes.size > 1) failures.push(`${one.name}, seed ${seed}: ${[...hashes].join(" and ")} are different runs`);
  }
  for (const engine of engines) {
    const mean = sums[engine] / seeds.length;
    console.log(`  mean, ${engine}: ${measure} ${mean.toFixed(4)}`);
    failures.push(...missed(one.goal, mean).map((words) => `${one.name}, ${engine}: ${words}`));
  }
}
if (options.json) writeFileSync(options.json, JSON.stringify(results, null, 2) + "\n");

console.log();
failures.forEach((failure) => console.error(failure));
console.log(`${results.length} runs, ${failures.length} faults`);
process.exit(failures.length > 0 ? 1 : 0);
