// A page of a folder in headless Chromium, for the scripts that measure there.

import { copyFileSync, mkdirSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { basename, join, resolve } from "node:path";

import { launchOptions } from "../www/e2e/chromium.js";
import { serve } from "./serve.mjs";

/** Where cargo puts what it builds. */
export const target = process.env.CARGO_TARGET_DIR ?? "target";

/** Runs a command whose output is shown; a failure ends the script. */
export function run(command, args) {
  if (spawnSync(command, args, { stdio: "inherit" }).status !== 0) process.exit(1);
}

/** Builds the WebAssembly for measuring, and puts it and `files` into `folder`. */
export function buildBench(folder, files, name = "saddlepoint_bench") {
  run("tools/wasm.sh", [name]);
  mkdirSync(folder, { recursive: true });
  // a script knows the name of its module; pages know that of the usual script
  copyFileSync(join("www/lib/pkg", `${name}.js`), join(folder, "saddlepoint_bench.js"));
  for (const file of [join("www/lib/pkg", `${name}_bg.wasm`), ...files]) copyFileSync(file, join(folder, basename(file)));
}

/** What `use` makes of the page at the top of `folder`, once that says that it is ready, and of the browser's version. */
export async function inChromium(folder, use) {
  const { chromium } = createRequire(resolve("www/e2e/package.json"))("playwright-core");
  const server = await serve({ dir: folder, port: 0 });
  const browser = await chromium.launch(launchOptions);
  try {
    const page = await browser.newPage();
    await page.goto(server.address);
    await page.waitForFunction(() => globalThis.document.documentElement.dataset.ready === "yes");
    return await use(page, `Chromium ${browser.version()}`);
  } finally {
    await browser.close();
    server.close();
  }
}
