/**
 * How each bundler makes an app of `main.js` and `index.html` in a folder, for production, into its `dist`. What stands here is all that an
 * app has to say about the package.
 */
import { copyFile, cp } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";

import { nodeResolve } from "@rollup/plugin-node-resolve";
import esbuild from "esbuild";
import { rollup } from "rollup";
import webpack from "webpack";

// that of the page
const vitePath = createRequire(new URL("../app/package.json", import.meta.url)).resolve("vite");
export const vite = await import(pathToFileURL(vitePath).href);

const page = (folder) => copyFile(join(folder, "index.html"), join(folder, "dist/index.html"));

export const BUNDLERS = {
  async vite(folder) {
    await vite.build({ root: folder, base: "./", configFile: false, logLevel: "warn" });
  },

  async webpack(folder) {
    const stats = await promisify(webpack)({
      mode: "production", context: folder, entry: "./main.js",
      output: { path: join(folder, "dist"), filename: "main.js", module: true },
      experiments: { outputModule: true },
      performance: { hints: false },
    });
    if (stats.hasErrors() || stats.hasWarnings()) throw new Error(stats.toString("errors-warnings"));
    await page(folder);
  },

  async esbuild(folder) {
    const { warnings } = await esbuild.build({
      absWorkingDir: folder, outdir: "dist", bundle: true, minify: true, format: "esm", target: "es2022", logLevel: "silent",
      entryPoints: { main: "main.js", worker: "saddlepoint/worker" },
      loader: { ".wasm": "file", ".bin": "file" },
    });
    if (warnings.length > 0) throw new Error(JSON.stringify(warnings));
    await page(folder);
  },

  async rollup(folder) {
    const warnings = [];
    const bundle = await rollup({
      input: { main: join(folder, "main.js"), worker: "saddlepoint/worker" },
      plugins: [nodeResolve({ rootDir: folder })],
      onwarn: ({ message }) => warnings.push(message),
    });
    await bundle.write({ dir: join(folder, "dist"), format: "es" });
    if (warnings.length > 0) throw new Error(warnings.join("\n"));
    await cp(join(folder, "node_modules/saddlepoint/pkg"), join(folder, "dist/pkg"), { recursive: true });
    await page(folder);
  },

  /** No bundler: the package itself beside the page. */
  async plain(folder) {
    for (const file of ["index.html", "main.js", "train.js"]) await cp(join(folder, file), join(folder, "dist", file));
    await cp(join(folder, "node_modules/saddlepoint"), join(folder, "dist/saddlepoint"), { recursive: true });
  },
};
