#!/usr/bin/env node
// Size budgets of the built page, in bytes as they travel: gzipped where a server compresses. What the page opens with is
// counted apart from what it fetches once it is asked for.

import { readdirSync, readFileSync } from "node:fs";
import { basename, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const KB = 1024;
const COMPRESSED = [".woff2"];

/** File names begin with what bundlers keep of them: `saddlepoint_lab_bg-DSD0RM4l.wasm`. */
const FIRST = [
  { name: "landscapes in WebAssembly", files: /^saddlepoint_lab_bg.*\.wasm$/, limit: 400 * KB },
  // the bundler puts what the first screen shares with later ones into a chunk of its own, named after one of its components
  { name: "scripts", files: /^(index|Rich|lab-worker).*\.js$/, limit: 90 * KB },
  { name: "styles", files: /^index.*\.css$/, limit: 10 * KB },
  { name: "fonts", files: /\.woff2$/, limit: 190 * KB },
];
const LATER = [
  { name: "training in WebAssembly", files: /^saddlepoint_bg.*\.wasm$/, limit: 450 * KB },
  { name: "networks in their landscape in WebAssembly", files: /^saddlepoint_curvature_bg.*\.wasm$/, limit: 400 * KB },
  { name: "image files in WebAssembly", files: /^saddlepoint_images_bg.*\.wasm$/, limit: 150 * KB },
  { name: "scripts of networks in their landscape", files: /^(Network|curvature-).*\.js$/, limit: 36 * KB },
  { name: "scripts of functions", files: /^(Function|More|spec|export).*\.js$/, limit: 20 * KB },
  { name: "speed in WebAssembly", files: /^saddlepoint_bench_bg.*\.wasm$/, limit: 400 * KB },
  { name: "scripts of speed", files: /^(Spends|Speed|rows|speed).*\.js$/, limit: 14 * KB },
  { name: "scripts", files: /^(?!index|Rich|lab-worker|Network|curvature-|Function|More|spec|export|Spends|Speed|rows|speed).*\.js$/, limit: 70 * KB },
  { name: "styles", files: /^(?!index).*\.css$/, limit: 10 * KB },
];
const FIRST_LIMIT = 700 * KB;

const folder = fileURLToPath(new URL("../www/app/dist", import.meta.url));
const sizes = readdirSync(folder, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => {
    const bytes = readFileSync(join(entry.parentPath, entry.name));
    const size = COMPRESSED.includes(extname(entry.name)) ? bytes.length : gzipSync(bytes, { level: 9 }).length;
    return { name: basename(entry.name), size };
  });

let failed = false;
function judge(name, total, limit) {
  const over = total > limit;
  failed ||= over;
  const verdict = over ? `over the budget by ${total - limit} bytes` : "ok";
  console.log(`${name}: ${(total / KB).toFixed(1)} KB of ${limit / KB} KB, ${verdict}`);
}

/** Judges each budget and returns their sum. A budget that no file falls under is a mistake of its own. */
function judgeAll(budgets, when) {
  return budgets.reduce((sum, { name, files, limit }) => {
    const chosen = sizes.filter((file) => files.test(file.name));
    if (chosen.length === 0) throw new Error(`sizes: no file of ${name} (${when}) in www/app/dist`);
    const total = chosen.reduce((size, file) => size + file.size, 0);
    judge(`${when}, ${name}`, total, limit);
    return sum + total;
  }, 0);
}

judge("at first, together", judgeAll(FIRST, "at first"), FIRST_LIMIT);
judgeAll(LATER, "later");
process.exit(failed ? 1 : 0);
