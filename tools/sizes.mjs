#!/usr/bin/env node
// Size budgets of the built page, in bytes as they travel: gzipped where a server compresses.

import { readdirSync, readFileSync } from "node:fs";
import { basename, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const KB = 1024;
const gzipped = (bytes) => gzipSync(bytes, { level: 9 }).length;
const asIs = (bytes) => bytes.length;

const BUDGETS = [
  // landscapes: the page opens with it
  { name: "first WebAssembly", ends: [".wasm"], begins: "saddlepoint_lab_bg", size: gzipped, limit: 400 * KB },
  // training: fetched when a network is wanted
  { name: "WebAssembly that trains", ends: [".wasm"], begins: "saddlepoint_bg", size: gzipped, limit: 400 * KB },
  // fetched when an image file comes
  { name: "WebAssembly for image files", ends: [".wasm"], begins: "saddlepoint_images_bg", size: gzipped, limit: 150 * KB },
  { name: "scripts", ends: [".js"], size: gzipped, limit: 120 * KB },
  { name: "styles", ends: [".css"], size: gzipped, limit: 16 * KB },
  // compressed already
  { name: "fonts", ends: [".woff2"], size: asIs, limit: 200 * KB },
];

const folder = fileURLToPath(new URL("../www/app/dist", import.meta.url));
const files = readdirSync(folder, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name));

let failed = false;
for (const { name, ends, begins = "", size, limit } of BUDGETS) {
  const total = files
    .filter((file) => ends.includes(extname(file)) && basename(file).startsWith(begins))
    .reduce((sum, file) => sum + size(readFileSync(file)), 0);
  const over = total > limit;
  failed ||= over;
  const verdict = over ? `over the budget by ${total - limit} bytes` : "ok";
  console.log(`${name}: ${(total / KB).toFixed(1)} KB of ${limit / KB} KB, ${verdict}`);
}
process.exit(failed ? 1 : 0);
