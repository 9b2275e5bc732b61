// What the tests of the packed package share: the archive, folders it is installed into, pages in Chromium.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));

const npm = (args, cwd) => execFileSync("npm", args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });

/** A folder for apps, with the archive that npm would publish. */
export function scratch() {
  const root = mkdtempSync(join(tmpdir(), "saddlepoint-apps-"));
  const [{ filename }] = JSON.parse(npm(["pack", "--json", "--pack-destination", root], at("lib")));
  return {
    root,
    /** A new folder into which the archive is installed. */
    install(name) {
      const folder = join(root, name);
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, "package.json"), JSON.stringify({ name: `app-${name}`, private: true, type: "module" }));
      npm(["install", "--offline", "--no-audit", "--no-fund", join(root, filename)], folder);
      return folder;
    },
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}

/** Opens a page whose errors, failed requests and breaches of the policy are collected in `faults`. */
export async function watched(browser, address, options = {}) {
  const page = await browser.newPage(options);
  const faults = [];
  const workers = new Set();
  page.on("pageerror", (error) => faults.push(error.message));
  // browsers ask for an icon by themselves
  page.on("console", (message) => message.type() === "error" && !/favicon|'data:,'/.test(message.location().url + message.text()) && faults.push(message.text()));
  page.on("requestfailed", (request) => faults.push(`${request.url()}: ${request.failure()?.errorText}`));
  page.on("worker", (worker) => workers.add(worker.url()));
  await page.goto(address);
  return { page, faults, workers };
}

/** Waits for a mark that the page sets on its root. */
export async function mark(page, name, timeout = 60_000) {
  await page.waitForFunction((key) => globalThis.document.documentElement.dataset[key] !== undefined, name, { timeout });
  return page.evaluate((key) => globalThis.document.documentElement.dataset[key], name);
}

export const sound = (faults) => assert.deepEqual(faults, []);
