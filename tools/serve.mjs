#!/usr/bin/env node
// Serves a folder of static files on localhost, with the page's content security policy as a header.
//   node tools/serve.mjs [--dir www/app/dist] [--port 8080] [--host 127.0.0.1]
// A port that is taken is an error if it was asked for; without --port the next free one is used. Port 0: any.

import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, resolve, sep } from "node:path";
import { pipeline } from "node:stream";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import { CONTENT_SECURITY_POLICY } from "../www/app/csp.js";

const FIRST_PORT = 8080;

// a module script or a wasm file under another type is refused by browsers
const TYPES = {
  ".css": "text/css; charset=utf-8",
  ".gz": "application/gzip",
  ".html": "text/html; charset=utf-8",
  ".ico": "image/x-icon",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json; charset=utf-8",
  ".map": "application/json; charset=utf-8",
  ".md": "text/plain; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".png": "image/png",
  ".safetensors": "application/octet-stream",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
  ".wasm": "application/wasm",
  ".webmanifest": "application/manifest+json",
  ".woff2": "font/woff2",
};

/** Files of the built page whose names change with their contents: they may be kept for ever. */
const NAMED_BY_CONTENT = /^\/assets\/[^/]+-[\w-]{8}\.\w+$/;

/** The file that an address names, or null if it lies outside the folder or is not there. */
async function fileOf(folder, address) {
  let path;
  try {
    path = resolve(folder, "." + decodeURIComponent(new URL(address, "http://localhost").pathname));
  } catch {
    return null;
  }
  if (path !== folder && !path.startsWith(folder + sep)) return null;
  for (const candidate of [path, join(path, "index.html")]) {
    const info = await stat(candidate).catch(() => null);
    if (info?.isFile()) return { path: candidate, size: info.size };
  }
  return null;
}

function respond(folder) {
  return async (request, response) => {
    const headers = {
      "Content-Security-Policy": CONTENT_SECURITY_POLICY,
      "X-Content-Type-Options": "nosniff",
      // yesterday's build must never be shown
      "Cache-Control": "no-store",
    };
    const finish = (status, text) => {
      response.writeHead(status, { ...headers, "Content-Type": "text/plain; charset=utf-8" });
      response.end(request.method === "HEAD" ? undefined : text + "\n");
    };
    if (request.method !== "GET" && request.method !== "HEAD") return finish(405, "only GET and HEAD");
    const file = await fileOf(folder, request.url ?? "/");
    if (!file) return finish(404, "no such file");
    response.writeHead(200, {
      ...headers,
      ...(NAMED_BY_CONTENT.test(request.url ?? "") ? { "Cache-Control": "public, max-age=31536000, immutable" } : {}),
      "Content-Type": TYPES[extname(file.path)] ?? "application/octet-stream",
      "Content-Length": file.size,
    });
    if (request.method === "HEAD") return response.end();
    // a reader that leaves early is no error of the server
    pipeline(createReadStream(file.path), response, () => {});
  };
}

/** Resolves with the port: `port` itself if `strict`, or else the first free one from there on. */
function listen(server, port, host, strict) {
  return new Promise((done, fail) => {
    server.once("error", (error) => {
      if (error.code === "EADDRINUSE" && !strict) listen(server, port + 1, host, strict).then(done, fail);
      else fail(error);
    });
    server.listen(port, host, () => done(server.address().port));
  });
}

/** Serves `dir` and resolves with its address and a function that stops the server. */
export async function serve({ dir, port, host = "127.0.0.1" }) {
  const folder = resolve(dir ?? fileURLToPath(new URL("../www/app/dist", import.meta.url)));
  if (!(await fileOf(folder, "/"))) throw new Error(`${folder} has no index.html; run make page first`);
  const server = createServer(respond(folder));
  const chosen = await listen(server, Number(port ?? FIRST_PORT), host, port !== undefined);
  return { address: `http://localhost:${chosen}/`, close: () => server.close() };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const text = { type: "string" };
  const { values } = parseArgs({ options: { dir: text, port: text, host: text } });
  try {
    const { address } = await serve(values);
    console.log(`saddlepoint is served at ${address} (Ctrl-C ends it)`);
  } catch (error) {
    console.error(`serve: ${error.message}`);
    process.exit(1);
  }
}
