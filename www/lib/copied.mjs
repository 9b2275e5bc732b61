// Copies what the package has of others into dist, under their licence: a page without a build step cannot look up a package's name.

import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL, URL } from "node:url";

const resolve = createRequire(import.meta.url).resolve;
const at = pathToFileURL(resolve("idb/package.json"));
const read = (path) => readFileSync(new URL(path, at), "utf8");
if (JSON.parse(read("package.json")).license !== "ISC") throw new Error("copied: idb has another licence than it had");
writeFileSync(new URL("dist/idb.js", import.meta.url), `/*! idb\n${read("LICENSE")}*/\n${read("build/index.js")}`);
