// saddlepoint/slim in Node: it knows of nothing but what init gives it. saddlepoint/node: a thread of its own.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

import * as Node from "../dist/node.js";
import { init, Model, SaddlepointError } from "../dist/slim.js";
import { digits, train } from "./specs.mjs";

const file = (name) => readFile(new URL(`../pkg/${name}`, import.meta.url));
const runHash = async (model) => {
  const { runHash } = await train(model);
  await model.dispose();
  return runHash;
};

test("a thread of Node gives the bits of the calling thread, and does not keep the process", async () => {
  const hashes = [];
  for (const worker of [false, true]) hashes.push(await runHash(await Node.Model.create(digits, { worker })));
  assert.equal(hashes[1], hashes[0]);
  const script = `import { Model } from ${JSON.stringify(new URL("../dist/node.js", import.meta.url).href)}; await Model.create(${JSON.stringify(digits)}, { worker: true }); console.log("made")`;
  const output = execFileSync(process.execPath, ["--input-type=module", "--eval", script], { encoding: "utf8", timeout: 20_000 });
  assert.equal(output, "made\n");
});

test("bytes and modules do what files would, and nothing is looked for", async () => {
  const expected = await runHash(await Node.Model.create(digits));
  init({ core: await WebAssembly.compile(await file("saddlepoint_bg.wasm")), rest: await file("saddlepoint_rest.wasm") });
  // named by the entry before; the files given now take the place of the first two alone
  assert.equal(await runHash(await Model.create(digits)), expected);
  init({ core: await file("saddlepoint_bg.wasm"), rest: new URL("../pkg/saddlepoint_rest.wasm", import.meta.url), digits: (await file("digits.bin")).buffer });
  assert.equal(await runHash(await Model.create(digits)), expected);
});

test("init refuses what is no file, with a code and a hint", () => {
  for (const assets of [{}, { core: 1, rest: "" }, { core: "a", rest: null }, { core: "a", rest: "b", images: {} }, { core: "a", rest: "b", worker: 5 }]) {
    assert.throws(() => init(assets), (error) => error instanceof SaddlepointError && error.code === "asset-unusable" && error.hint.length > 0, JSON.stringify(assets));
  }
});

test("without init, a model says what is missing", () => {
  const script = `import { Model } from ${JSON.stringify(new URL("../dist/slim.js", import.meta.url).href)};
    await Model.create(${JSON.stringify(digits)}).catch(({ code, message }) => console.log(code, message))`;
  assert.match(execFileSync(process.execPath, ["--input-type=module", "--eval", script], { encoding: "utf8" }), /^core-not-loaded .*init was not given core/);
});
