// Runs as text: the text is a program that does the run.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { codeOf, Model } from "../dist/index.js";
import { files, idx, known, train, xor } from "./specs.mjs";

/** Runs a module in a folder from which the package is found by its name; returns what it prints. */
async function run(text, more = []) {
  const folder = await mkdtemp(fileURLToPath(new URL("./copied-", import.meta.url)));
  try {
    await writeFile(join(folder, "copied.mjs"), text);
    for (const { name, bytes } of more) await writeFile(join(folder, name), bytes);
    return (await promisify(execFile)(process.execPath, ["copied.mjs"], { cwd: folder })).stdout;
  } finally {
    await rm(folder, { recursive: true });
  }
}

test("the text in JavaScript does the run, to the bit", async () => {
  const { hash, spec } = known.find(({ name }) => name === "digits");
  const printed = await run(codeOf(spec, "javascript"));
  assert.match(printed, /^done /);
  assert.ok(printed.includes(hash), printed);
});

test("files are read by their names", async () => {
  const given = idx();
  const model = await Model.create(files, { files: given });
  const { runHash } = await train(model);
  const text = codeOf(model.spec, "javascript", given.map(({ name }) => name));
  assert.ok((await run(text, given)).includes(runHash));
  await model.dispose();
});

/** The description inside a text in Rust. */
function embedded(text) {
  const [, , json] = /= r(#+)"([^]*?)"\1;/.exec(text);
  return JSON.parse(json);
}

test("the text in Rust holds the run, whatever its names are", () => {
  for (const { spec } of known) assert.deepEqual(embedded(codeOf(spec, "rust")), spec);
  const odd = { ...xor, layers: [{ type: "dense", units: 8, name: '"##;' }, { type: "dense", units: 2, activation: undefined }] };
  const text = codeOf(odd, "rust");
  assert.ok(text.includes('r###"'));
  assert.deepEqual(embedded(text), JSON.parse(JSON.stringify(odd)));
  assert.match(codeOf(files, "rust", ["a", "b"]), /let names = \["a", "b"\];/);
});

test("the text in Rust compiles: it is the crate's example", async () => {
  const { spec } = known.find(({ name }) => name === "digits");
  const example = await readFile(new URL("../../../examples/digits.rs", import.meta.url), "utf8");
  // if the text was changed on purpose, write it to the file
  assert.equal(codeOf(spec, "rust"), example);
});
