// saddlepoint/fast: relaxed SIMD where the engine has it, and word of it where it has not.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { inChromium } from "../../../tools/browser.mjs";
import { Model as Usual } from "../dist/index.js";
import { Model, relaxedSimd, SaddlepointError } from "../dist/fast.js";
import { digits, train, xor } from "./specs.mjs";

test("an engine without relaxed SIMD trains by the usual build, to the bit, and is told so once", { skip: relaxedSimd }, async () => {
  const model = await Model.create(xor);
  assert.equal(model.info.reproducible, true);
  assert.equal((await model.step()).report.code, "fast-unavailable");
  assert.equal((await model.step()).report, null);
  const usual = await Usual.create(xor);
  assert.equal((await train(model)).runHash, (await train(usual)).runHash);
  await Promise.all([model.dispose(), usual.dispose()]);
  assert.equal((await Model.summary(xor)).reproducible, true);
  await assert.rejects(Model.create({ ...xor, layers: [] }), SaddlepointError);
});

/** Trains with both builds side by side, in workers or in this thread; what they say of it. */
const compare = async ([spec, worker, fast, usual]) => {
  const runs = [];
  for (const { Model } of await Promise.all([import(usual), import(fast)])) {
    const model = await Model.create(spec, { worker });
    const progress = await model.step(20);
    const again = await Model.load(await model.save(), { worker });
    const { reproducible } = await Model.summary(spec, { worker });
    runs.push({ reproducible, info: model.info.reproducible, report: progress.report, hash: progress.runHash, again: (await again.history()).runHash, loss: [...progress.loss] });
    await model.dispose();
    await again.dispose();
  }
  return runs;
};

function check([usual, fast]) {
  assert.deepEqual([usual.reproducible, usual.info, fast.reproducible, fast.info], [true, true, false, false]);
  assert.deepEqual([usual.report, fast.report], [null, null]);
  assert.match(usual.hash, /^[0-9a-f]{16}$/);
  assert.match(fast.hash, /^fast-[0-9a-f]{16}$/);
  assert.notEqual(fast.hash.slice(5), usual.hash, "not even where the machine rounds as the usual build does");
  assert.deepEqual([usual.again, fast.again], [usual.hash, fast.hash], "a file keeps the mark");
  assert.equal(fast.loss.length, 20);
  fast.loss.forEach((loss, step) => assert.ok(Math.abs(loss - usual.loss[step]) < 1e-3 * Math.abs(usual.loss[step]), `step ${step}: ${loss} for ${usual.loss[step]}`));
}

test("Node with relaxed SIMD trains both builds in one thread", async (t) => {
  const flag = relaxedSimd ? [] : ["--experimental-wasm-relaxed-simd"];
  const at = (name) => new URL(`../dist/${name}.js`, import.meta.url).href;
  const text = `const compare = ${compare}; console.log(JSON.stringify(await compare(${JSON.stringify([digits, false, at("fast"), at("index")])})))`;
  let output;
  try {
    output = execFileSync(process.execPath, [...flag, "--input-type=module", "--eval", text], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  } catch (error) {
    if (!/bad option/.test(String(error.stderr))) throw error;
    t.skip("this Node has neither relaxed SIMD nor an option for it");
    return;
  }
  check(JSON.parse(output));
});

test("Chromium trains both builds in workers", { skip: !process.env.CHROMIUM }, async () => {
  const folder = mkdtempSync(join(tmpdir(), "saddlepoint-fast-"));
  try {
    for (const part of ["dist", "pkg"]) cpSync(fileURLToPath(new URL(`../${part}`, import.meta.url)), join(folder, part), { recursive: true });
    writeFileSync(join(folder, "index.html"), '<!doctype html><meta charset="utf-8"><title>fast</title><script type="module" src="./page.js"></script>');
    writeFileSync(join(folder, "page.js"), `globalThis.compare = ${compare}; document.documentElement.dataset.ready = "yes";`);
    check(await inChromium(folder, (page) => page.evaluate((asked) => globalThis.compare(asked), [digits, true, "./dist/fast.js", "./dist/index.js"])));
  } finally {
    rmSync(folder, { recursive: true });
  }
});
