#!/usr/bin/env node
// All tests, stage after stage (make test). A stage that fails does not stop the next, unless that one needs it.
// The last line is the sum: "N passed, N failed".
//   tools/run.sh node tools/test.mjs [stage ...]      stages: native node chromium firefox bits build package apps page

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

// The first option that wasm-pack does not know, and all that follow, go to cargo.
// --profile test: without it everything is compiled once more in another profile.
const wasmTest = (engine, features = []) => [
  ...["wasm-pack", "test", ...engine, "--mode", "no-install"],
  ...["--test", "wasm", "--profile", "test", ...features, "--", "--nocapture"],
];

const BROWSER = ["--features", "browser-tests"];

const STAGES = [
  { name: "native", run: [["cargo", "test", "--no-fail-fast", "--", "--show-output"]] },
  { name: "node", run: [wasmTest(["--node"])] },
  {
    name: "chromium",
    run: [
      wasmTest(
        ["--headless", "--chrome", "--chromedriver", process.env.CHROMEDRIVER ?? ""],
        BROWSER,
      ),
    ],
  },
  {
    name: "firefox",
    run: [
      ["node", "tools/firefox.mjs", "cargo", "test", "--target", "wasm32-unknown-unknown", "--test", "wasm", "--profile", "test", ...BROWSER, "--", "--nocapture"],
    ],
  },
  { name: "bits", compare: ["native", "node", "chromium", "firefox"] },
  { name: "build", run: [["tools/wasm.sh"], ["npm", "run", "build", "--prefix", "www"]], counts: false },
  { name: "package", run: [["node", "--test", "--test-reporter=spec", "www/lib/test/"]], needs: "build" },
  { name: "apps", run: [["node", "--test", "--test-reporter=spec", "www/consumers/test/"]], needs: "build" },
  { name: "page", run: [["npm", "test", "--prefix", "www", "-w", "e2e"]], needs: "build" },
];

/** How the test runners state their results: cargo and wasm-bindgen, the reference cases, node --test, Playwright. */
const COUNTS = [
  [/^test result: \w+\. (\d+) passed; (\d+) failed/, (m) => [Number(m[1]), Number(m[2])]],
  [/^oracle: (\d+) passed, (\d+) failed/, (m) => [Number(m[1]), Number(m[2])]],
  [/^ℹ pass (\d+)/, (m) => [Number(m[1]), 0]],
  [/^ℹ (?:fail|cancelled) (\d+)/, (m) => [0, Number(m[1])]],
  [/^ +(\d+) passed/, (m) => [Number(m[1]), 0]],
  // a test that passed only when repeated has failed
  [/^ +(\d+) (?:failed|flaky|interrupted|did not run)/, (m) => [0, Number(m[1])]],
];
/** How a stage says that it cannot run here. */
const SKIPPED = /^no Firefox here: skipped/;
// the page's colours would stand between the start of a line and its words
const COLOUR = new RegExp(String.fromCharCode(27) + "\\[[0-9;]*m", "g");

/** Runs a command, shows what it prints, and collects counts and case hashes. */
function execute(command, result) {
  return new Promise((done) => {
    const child = spawn(command[0], command.slice(1), { stdio: ["ignore", "pipe", "pipe"] });
    const read = (line) => {
      const plain = line.replace(COLOUR, "");
      result.skipped ||= SKIPPED.test(plain);
      const hash = /^case hash (\S+) ([0-9a-f]{16})$/.exec(plain);
      if (hash) {
        result.hashes.set(hash[1], hash[2]);
        return;
      }
      for (const [pattern, counts] of COUNTS) {
        const match = pattern.exec(plain);
        if (!match) continue;
        const [passed, failed] = counts(match);
        result.passed += passed;
        result.failed += failed;
      }
      console.log(line);
    };
    const streams = [child.stdout, child.stderr].map((stream) => {
      const lines = createInterface({ input: stream });
      lines.on("line", read);
      return new Promise((closed) => lines.on("close", closed));
    });
    let broken = false;
    child.on("error", (error) => {
      console.log(`${command[0]}: ${error.message}`);
      broken = true;
      done(false);
    });
    child.on("close", (code) => {
      if (!broken) Promise.all(streams).then(() => done(code === 0));
    });
  });
}

/** One case is one test: every engine must have it, with the same hash. */
function compare(all, results, result) {
  const engines = all.filter((engine) => !results.get(engine)?.skipped);
  const lists = engines.map((engine) => results.get(engine)?.hashes ?? new Map());
  for (const name of new Set(lists.flatMap((list) => [...list.keys()]))) {
    const hashes = lists.map((list) => list.get(name) ?? "missing");
    if (hashes.every((hash) => hash === hashes[0])) {
      result.passed += 1;
    } else {
      result.failed += 1;
      console.log(`${name}: ${engines.map((engine, i) => `${engine} ${hashes[i]}`).join(", ")}`);
    }
  }
  console.log(`case hashes of ${engines.join(", ")}: ${result.passed} the same, ${result.failed} different`);
  return result.failed === 0;
}

const chosen = process.argv.slice(2);
const stages = STAGES.filter(({ name }) => chosen.length === 0 || chosen.includes(name));
const unknown = chosen.filter((name) => !STAGES.some((stage) => stage.name === name));
if (unknown.length > 0) {
  console.error(`test: no stage ${unknown.join(", ")}; expected ${STAGES.map(({ name }) => name).join(", ")}`);
  process.exit(2);
}

const results = new Map();
for (const stage of stages) {
  console.log(`\n==> ${stage.name}`);
  const start = Date.now();
  const result = { passed: 0, failed: 0, skipped: false, hashes: new Map() };
  results.set(stage.name, result);
  let ok;
  if (stage.needs && results.has(stage.needs) && results.get(stage.needs).failed > 0) {
    console.log(`not run: ${stage.needs} failed`);
    ok = false;
  } else if (stage.compare) {
    ok = compare(stage.compare, results, result);
  } else {
    ok = true;
    for (const command of stage.run) ok &&= await execute(command, result);
  }
  // a runner that stops without a count, or finds no tests, has failed too
  if (stage.counts !== false && !result.skipped && result.passed + result.failed === 0) ok = false;
  if (!ok && result.failed === 0) result.failed = 1;
  result.seconds = (Date.now() - start) / 1000;
}

console.log();
let passed = 0;
let failed = 0;
for (const [name, result] of results) {
  console.log(`${name}: ${result.passed} passed, ${result.failed} failed, ${result.seconds.toFixed(0)} s${result.skipped ? ", skipped" : ""}`);
  passed += result.passed;
  failed += result.failed;
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);
