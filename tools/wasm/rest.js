// Fetches the rest of the core. The core asks for it when a function is first called that is not in its first file, and can
// only wait: so the file is read at once, which workers and Node can do. In a page's own thread it is handed over compiled.

let rest;

/** Hands over the rest, or says where it is, before it is asked for. */
export function provideRest(source) {
  if (!(rest instanceof WebAssembly.Module)) rest = source;
}

/** Completes the core that has started, with these exports. */
export function fetchRest(first) {
  if (!(rest instanceof WebAssembly.Module)) rest = new WebAssembly.Module(read(new URL(rest)));
  new WebAssembly.Instance(rest, { first });
}

function read(url) {
  if (url.protocol === "file:") return globalThis.process.getBuiltinModule("node:fs").readFileSync(url);
  const request = new globalThis.XMLHttpRequest();
  request.open("GET", url, false);
  request.responseType = "arraybuffer";
  request.send();
  if (request.status !== 200) throw new Error(`${url.href}: ${request.status}`);
  return request.response;
}
