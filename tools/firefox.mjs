#!/usr/bin/env node
// Runs a command whose tests wait for a browser (wasm-bindgen's runner under NO_HEADLESS) and opens the page it serves in Firefox, which
// speaks WebDriver BiDi by itself. Prints what the page prints; skips where there is no Firefox.
//   tools/run.sh node tools/firefox.mjs COMMAND ARGUMENT...

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

import { firefoxPath, launchFirefox } from "../www/consumers/firefox.js";

/** Longest time without an end, in milliseconds. */
const LIMIT = 600_000;

if (firefoxPath === undefined) {
  console.log("no Firefox here: skipped (Debian: apt-get install firefox-esr, or set FIREFOX to its path)");
  process.exit(0);
}

const [command, ...args] = process.argv.slice(2);
const runner = spawn(command, args, {
  // any free port
  env: { ...process.env, NO_HEADLESS: "1", WASM_BINDGEN_TEST_ADDRESS: "127.0.0.1:0", CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER: "wasm-bindgen-test-runner" },
  stdio: ["ignore", "pipe", "inherit"],
  detached: true,
});
const address = await new Promise((resolve, reject) => {
  createInterface({ input: runner.stdout }).on("line", (line) => {
    console.log(line);
    const [url] = /http:\/\/[\d.:]+/.exec(line) ?? [];
    if (url) resolve(url);
  });
  runner.on("exit", (code) => reject(new Error(`${command} ended with ${code} before it served a page`)));
});
const browser = await launchFirefox();
let passed;
try {
  const page = await browser.newPage();
  // hashes of cases, for one
  page.on("console", (message) => console.log(message.text()));
  await page.goto(address);
  const output = await page.waitForFunction(
    () => {
      const text = globalThis.document.querySelector("#output")?.textContent ?? "";
      return /^test result: .*$/m.test(text) ? text : undefined;
    },
    { timeout: LIMIT, polling: 500 },
  );
  const text = await output.jsonValue();
  console.log(text);
  console.log(`in Firefox ${await browser.version()}`);
  passed = /^test result: ok/m.test(text);
} finally {
  await browser.close();
  // the runner waits for ever, and cargo for it
  process.kill(-runner.pid);
}
process.exit(passed ? 0 : 1);
