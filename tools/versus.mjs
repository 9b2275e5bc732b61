#!/usr/bin/env node
// Speed and size of this package beside TensorFlow.js layers: the same networks on the same examples, in turns on one page of Chromium.
//   tools/run.sh node tools/versus.mjs [FOLDER]
// FOLDER (or TFJS) holds node_modules with @tensorflow/tfjs-core, -layers, -backend-wasm and -backend-cpu; without them nothing is measured.

import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { gzipSync } from "node:zlib";

import { inChromium, target } from "./browser.mjs";

const WINDOWS = 5;
const WINDOW = 500;

const modules = join(resolve(process.argv[2] ?? process.env.TFJS ?? "."), "node_modules");
const tensorflow = join(modules, "@tensorflow");
if (!existsSync(tensorflow)) {
  console.log(`no TensorFlow.js in ${modules}: skipped (npm install @tensorflow/tfjs-{core,layers,backend-wasm,backend-cpu} in a folder of its own, and name that)`);
  process.exit(0);
}
const esbuild = createRequire(resolve("www/consumers/package.json"))("esbuild");
const folder = join(target, "versus");
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });

const options = {
  bundle: true, minify: true, format: "esm", target: "es2022", logLevel: "error", outdir: folder, nodePaths: [modules, resolve("www/node_modules")],
  loader: { ".wasm": "file", ".bin": "file" }, define: { "process.env.NODE_ENV": '"production"' },
};
await esbuild.build({ ...options, entryPoints: { page: "tools/versus/page.js", worker: "saddlepoint/worker" } });
const wasm = join(tensorflow, "tfjs-backend-wasm/dist");
for (const file of readdirSync(wasm).filter((name) => name.endsWith(".wasm"))) copyFileSync(join(wasm, file), join(folder, file));
writeFileSync(join(folder, "index.html"), '<!doctype html><meta charset="utf-8"><title>versus</title><script type="module" src="./page.js"></script>');

const gz = (bytes) => gzipSync(bytes, { level: 9 }).length;
/** Kilobytes of the scripts that a page which trains has of a library, gzipped. */
async function scripts(entries) {
  const { outputFiles } = await esbuild.build({ ...options, entryPoints: undefined, outdir: undefined, write: false, outfile: "out.js", stdin: { contents: entries, resolveDir: resolve("tools") } });
  return outputFiles.reduce((sum, { path, contents }) => sum + (path.endsWith(".js") ? gz(contents) : 0), 0);
}
const kb = (bytes) => `${(bytes / 1024).toFixed(0)} KB`;
const version = (name) => JSON.parse(readFileSync(join(tensorflow, name, "package.json"), "utf8")).version;

console.log(`TensorFlow.js ${version("tfjs-core")}`);
const ours = (await scripts('export { Model, init } from "saddlepoint/slim";')) + (await scripts('import "saddlepoint/worker";'));
const theirs = await scripts('import "@tensorflow/tfjs-backend-wasm"; export * from "@tensorflow/tfjs-layers";');
const cpu = await scripts('import "@tensorflow/tfjs-backend-cpu"; export * from "@tensorflow/tfjs-layers";');
console.log(`saddlepoint: scripts ${kb(ours)}, WebAssembly ${kb(gz(readFileSync("www/lib/pkg/saddlepoint_bg.wasm")))}`);
console.log(`tfjs-layers, backend wasm: scripts ${kb(theirs)}, WebAssembly ${kb(gz(readFileSync(join(wasm, "tfjs-backend-wasm-simd.wasm"))))}`);
console.log(`tfjs-layers, backend cpu: scripts ${kb(cpu)}`);

const NETWORKS = { mlp: "784-128-10, batch 32, SGD", conv: "conv 5x5x8, pool, conv 5x5x16, pool, dense 10; batch 32, momentum" };
await inChromium(folder, async (page, browser) => {
  console.log(browser);
  for (const [name, title] of Object.entries(NETWORKS)) {
    const { rates, failed } = await page.evaluate(([network, windows, ms]) => globalThis.measure(network, ["saddlepoint", "wasm", "cpu"], windows, ms), [name, WINDOWS, WINDOW]);
    console.log(title);
    const { rate: base } = rates.saddlepoint;
    for (const [library, { rate, first, last }] of Object.entries(rates)) {
      console.log(`  ${library.padEnd(12)} ${rate.toFixed(0).padStart(7)} examples/s, 1/${(base / rate).toFixed(1)}; loss ${first.toFixed(2)} -> ${last.toFixed(2)}`);
    }
    for (const [library, reason] of Object.entries(failed)) console.log(`  ${library.padEnd(12)} does not train: ${reason}`);
  }
});
