// What npm would publish: exactly the files a user needs, none forgotten by an ignore file and none too many.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const folder = new URL("..", import.meta.url);

function packed() {
  const report = execFileSync("npm", ["pack", "--dry-run", "--json"], { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  return JSON.parse(report)[0].files.map((file) => file.path);
}

test("the packed package holds the compiled face, the core and nothing else", () => {
  const files = packed();
  for (const needed of ["package.json", "README.md", "CHANGELOG.md", "LICENSE-MIT", "LICENSE-APACHE", "dist/index.js", "dist/index.d.ts", "pkg/saddlepoint.js", "pkg/saddlepoint_bg.wasm", "pkg/digits.bin", "pkg/breast_cancer.bin", "pkg/wine.bin"]) {
    assert.ok(files.includes(needed), `${needed} is missing among ${files.join(", ")}`);
  }
  const strange = files.filter((file) => !/^(package\.json|README\.md|CHANGELOG\.md|LICENSE-(MIT|APACHE)|(dist|pkg)\/[\w./-]+\.(js|d\.ts|wasm|bin))$/.test(file));
  assert.deepEqual(strange, []);
});

test("what package.json exports is there", () => {
  const { exports } = JSON.parse(readFileSync(new URL("package.json", folder), "utf8"));
  const targets = Object.values(exports).flatMap((entry) => (typeof entry === "string" ? [entry] : Object.values(entry)));
  const files = packed();
  assert.ok(targets.length > 0);
  for (const target of targets) assert.ok(files.includes(target.replace("./", "")), `${target} is not packed`);
});
