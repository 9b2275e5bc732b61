#!/usr/bin/env node
// The two files of the core, from what wasm-bindgen made of it:
//   tools/run.sh node tools/wasm/parts.mjs FOLDER NAME OUT OPTION...
// FOLDER/NAME_bg.wasm becomes OUT/NAME_bg.wasm and OUT/NAME_rest.wasm; the options are for wasm-opt.
// Which functions a page needs first is measured: an instrumented core does what first.mjs says.

import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { spawnSync } from "node:child_process";
import { fileURLToPath, pathToFileURL } from "node:url";

import { Binary } from "./binary.mjs";
import { first } from "./first.mjs";
import { called, instrumented, split, withoutPanics } from "./split.mjs";

/** Functions that loops call once for each element or row: a way across, though short, would show. */
const OFTEN = /^(saddlepoint::kernels|libm)::|^<\w+ as saddlepoint::kernels::/;
/** Bytes of a function that costs no more in both files than the way from one to the other. */
const SHORT = 48;

/** Types of rest.js. */
const REST_TYPES = `export function provideRest(source: WebAssembly.Module | string): void;
export function fetchRest(first: object): void;
`;
const here = (file) => fileURLToPath(new URL(file, import.meta.url));

const [folder, name, out, ...features] = process.argv.slice(2);
const scratch = join(folder, "part.wasm");

function optimised(bytes, ...options) {
  writeFileSync(scratch, bytes);
  const { status } = spawnSync("wasm-opt", [...features, ...options, scratch, "-o", scratch], { stdio: "inherit" });
  if (status !== 0) process.exit(1);
  return readFileSync(scratch);
}

/** Names of the functions that something still calls. */
const survivors = (module) => new Binary(optimised(module, "--remove-unused-module-elements", "-g")).names;

const whole = withoutPanics(readFileSync(join(folder, `${name}_bg.wasm`)));
for (const place of [folder, out]) copyFileSync(here("rest.js"), join(place, `${name}_rest.js`));
writeFileSync(join(out, `${name}_rest.d.ts`), REST_TYPES);

const core = await import(pathToFileURL(resolve(folder, `${name}.js`)).href);
const exported = core.initSync({ module: instrumented(whole) });
first(core, readFileSync(here("../../src/data/embedded/digits.bin")));

const { names, bodies, imported } = new Binary(whole);
const often = (i) => OFTEN.test(names.get(i) ?? "");
const used = called(exported);
const inFirst = (i) => used.has(i);
const inRest = (i) => !inFirst(i) || often(i) || (bodies[i - imported]?.length ?? 0) < SHORT;
const parts = split(whole, inFirst, inRest, survivors);
for (const [part, file] of [["first", `${name}_bg`], ["rest", `${name}_rest`]]) {
  writeFileSync(join(out, `${file}.wasm`), optimised(parts[part], "-O3"));
}
const [to, from] = parts.crossings;
console.log(`${name}: ${used.size} of ${bodies.length} functions first, ${to} ways to the rest, ${from} back`);
