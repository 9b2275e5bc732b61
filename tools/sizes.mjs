#!/usr/bin/env node
// Size budgets of the built page and of the package, in bytes as they travel: gzipped where a server compresses. What the page
// opens with is counted apart from what it fetches once it is asked for.

import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const KB = 1024;
const COMPRESSED = [".woff2"];

/** File names begin with what bundlers keep of them: `saddlepoint_bg-DSD0RM4l.wasm`. */
const FIRST = [
  { name: "training and landscapes in WebAssembly", files: /^saddlepoint_bg.*\.wasm$/, limit: 300 * KB },
  { name: "scripts", files: /\.js$/, limit: 95 * KB },
  { name: "styles", files: /\.css$/, limit: 10 * KB },
  { name: "fonts", files: /\.woff2$/, limit: 190 * KB },
  { name: "the page itself", files: /\.(html|svg)$/, limit: 2 * KB },
];
const LATER = [
  { name: "the rest of the core in WebAssembly", files: /^saddlepoint_rest.*\.wasm$/, limit: 290 * KB },
  { name: "image files in WebAssembly", files: /^saddlepoint_images_bg.*\.wasm$/, limit: 120 * KB },
  { name: "data sets", files: /\.bin$/, limit: 85 * KB },
  { name: "scripts of networks in their landscape", files: /^(Network|curvature-).*\.js$/, limit: 36 * KB },
  { name: "scripts of functions", files: /^(Function|More|spec|export).*\.js$/, limit: 20 * KB },
  { name: "speed in WebAssembly", files: /^saddlepoint_bench_bg.*\.wasm$/, limit: 400 * KB },
  { name: "scripts of speed", files: /^(Spends|Speed|rows|speed).*\.js$/, limit: 14 * KB },
  { name: "scripts of runs that are kept", files: /^autosave.*\.js$/, limit: 6 * KB },
  { name: "scripts", files: /^(?!autosave|Network|curvature-|Function|More|spec|export|Spends|Speed|rows|speed).*\.js$/, limit: 85 * KB },
  { name: "styles", files: /\.css$/, limit: 10 * KB },
];
const FIRST_LIMIT = 700 * KB;
/** The scripts of the package, bundled as any bundler would: those that a page which trains fetches, and with those for all else. */
const PACKAGE = { training: ["assets", "model", "worker"], limit: 15 * KB, others: ["index", "lab-worker", "curvature-worker", "images-worker", "slim", "all-worker", "autosave", "weights"], whole: 43 * KB };

const folder = fileURLToPath(new URL("../www/app/dist", import.meta.url));
const sizes = readdirSync(folder, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => {
    const bytes = readFileSync(join(entry.parentPath, entry.name));
    const size = COMPRESSED.includes(extname(entry.name)) ? bytes.length : gzipSync(bytes, { level: 9 }).length;
    return { name: basename(entry.name), size };
  });

/** What the page opens with: what it names itself, the core, the worker of its first figure, the faces. */
const page = readFileSync(join(folder, "index.html"), "utf8");
const isFirst = ({ name }) => page.includes(name) || /^(index\.html$|lab-worker|saddlepoint_bg)|\.woff2$/.test(name);

let failed = false;
function judge(name, total, limit) {
  const over = total > limit;
  failed ||= over;
  const verdict = over ? `over the budget by ${total - limit} bytes` : "ok";
  console.log(`${name}: ${(total / KB).toFixed(1)} KB of ${limit / KB} KB, ${verdict}`);
}

/** Judges each budget and returns their sum. A budget that no file falls under is a mistake of its own. */
function judgeAll(budgets, when, all) {
  return budgets.reduce((sum, { name, files, limit }) => {
    const chosen = all.filter((file) => files.test(file.name));
    if (chosen.length === 0) throw new Error(`sizes: no file of ${name} (${when}) in www/app/dist`);
    const total = chosen.reduce((size, file) => size + file.size, 0);
    judge(`${when}, ${name}`, total, limit);
    return sum + total;
  }, 0);
}

/** Bytes of the package's scripts, bundled and minified: of those that `training` needs, and of all. */
async function packageScripts({ training, others }) {
  const { rolldown } = createRequire(fileURLToPath(new URL("../www/app/package.json", import.meta.url)))("rolldown");
  const input = [...training, ...others].map((name) => fileURLToPath(new URL(`../www/lib/dist/${name}.js`, import.meta.url)));
  const bundle = await rolldown({ input });
  const { output } = await bundle.generate({ format: "es", minify: true });
  const needed = new Set();
  const need = (chunk) => {
    if (chunk === undefined || needed.has(chunk)) return;
    needed.add(chunk);
    chunk.imports.forEach((file) => need(output.find(({ fileName }) => fileName === file)));
  };
  output.filter(({ isEntry, name }) => isEntry && training.includes(name)).forEach(need);
  const bytes = (chunks) => chunks.reduce((sum, { code }) => sum + gzipSync(code, { level: 9 }).length, 0);
  return [bytes([...needed]), bytes(output)];
}

judge("at first, together", judgeAll(FIRST, "at first", sizes.filter(isFirst)), FIRST_LIMIT);
judgeAll(LATER, "later", sizes.filter((file) => !isFirst(file)));
const [training, whole] = await packageScripts(PACKAGE);
judge("the package, scripts of a page that trains", training, PACKAGE.limit);
judge("the package, all scripts", whole, PACKAGE.whole);
// the page does not fetch it: it is for users of the package who ask for it
const fast = readFileSync(new URL("../www/lib/pkg/saddlepoint_fast_bg.wasm", import.meta.url));
judge("package, training by relaxed SIMD", gzipSync(fast, { level: 9 }).length, 470 * KB);
process.exit(failed ? 1 : 0);
