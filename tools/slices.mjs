#!/usr/bin/env node
// How long a slice of 51 x 51 points of a network of 9,750 weights on 512 digits takes one worker and two, in f64 in Chromium.
//   tools/run.sh node tools/slices.mjs        (after make page: it measures the package as it is built)

import { cpSync, mkdirSync } from "node:fs";
import { join, resolve } from "node:path";

import { inChromium, target } from "./browser.mjs";

const folder = resolve(target, "slices-page");
mkdirSync(folder, { recursive: true });
for (const part of ["dist", "pkg"]) cpSync(join("www/lib", part), join(folder, part), { recursive: true });
for (const file of ["index.html", "page.js"]) cpSync(join("tools/slices", file), join(folder, file));

const wholes = [];
for (const workers of [1, 2]) {
  const { parameters, slices, lanczos } = await inChromium(folder, (page) => page.evaluate((count) => globalThis.slices(count), workers));
  const times = slices.map(({ whole, first }) => `${whole.toFixed(2)} s, first picture ${first.toFixed(2)} s`);
  console.log(`${workers} worker${workers > 1 ? "s" : ""}, ${parameters} weights: ${times.join("; ")}; Lanczos, 40 steps, ${lanczos.toFixed(2)} s`);
  wholes.push(Math.min(...slices.map(({ whole }) => whole)));
}
console.log(`two workers are ${(wholes[0] / wholes[1]).toFixed(2)} times as fast`);
