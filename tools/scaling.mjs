#!/usr/bin/env node
// How much faster two workers are than one, in Chromium: slices, arms of a race, seeds of a race, a strip of twenty seeds. The two
// take turns, so that a machine that grows busy hurts both; beside them stands what the machine gives two workers that have nothing to
// do with each other.
//   tools/run.sh node tools/scaling.mjs [rounds]       (after make page: it measures the package as it is built)

import { cpSync, mkdirSync } from "node:fs";
import { join, resolve } from "node:path";

import { inChromium, target } from "./browser.mjs";

const folder = resolve(target, "scaling-page");
const rounds = Number(process.argv[2] ?? 5);
mkdirSync(folder, { recursive: true });
for (const part of ["dist", "pkg"]) cpSync(join("www/lib", part), join(folder, part), { recursive: true });
for (const file of ["index.html", "page.js"]) cpSync(join("tools/scaling", file), join(folder, file));

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];
const print = (name, one, two, times) => {
  const [a, b] = [median(one), median(two)];
  const factors = one.map((value, i) => (times * value) / two[i]);
  const range = `${Math.min(...factors).toFixed(2)} to ${Math.max(...factors).toFixed(2)}`;
  console.log(`${name.padEnd(22)} ${(a * 1000).toFixed(0).padStart(6)} ms  ${(b * 1000).toFixed(0).padStart(6)} ms   ${median(factors).toFixed(2)} times (${range})`);
};

await inChromium(folder, async (page, version) => {
  const { lanczos, parameters } = await page.evaluate(() => globalThis.lanczos());
  console.log(`${version}, a network of ${parameters} weights; medians of ${rounds} rounds; 40 steps of Lanczos iteration ${lanczos.toFixed(2)} s`);
  console.log(`${"".padEnd(22)} one worker      two`);
  const machine = [];
  for (let i = 0; i < rounds; i += 1) machine.push(await page.evaluate(() => globalThis.machine()));
  print("two that are apart", machine.map(({ alone }) => alone), machine.map(({ both }) => both), 2);
  for (const name of ["slice", "arms", "seeds", "strip"]) {
    const times = { 1: [], 2: [] };
    for (let i = 0; i < rounds; i += 1) {
      for (const workers of i % 2 === 0 ? [1, 2] : [2, 1]) times[workers].push(await page.evaluate(([work, count]) => globalThis.work(work, count), [name, workers]));
    }
    print(name, times[1], times[2], 1);
  }
  const opened = { 1: [], 2: [] };
  for (let i = 0; i < rounds; i += 1) for (const workers of [1, 2]) opened[workers].push(await page.evaluate((count) => globalThis.opening(count), workers));
  console.log(`opening a network until its first picture: one worker ${median(opened[1]).toFixed(2)} s, two ${median(opened[2]).toFixed(2)} s`);
});
