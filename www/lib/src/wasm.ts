/** The compiled core, once per page: workers get the module and need not fetch and compile it again. */

/** The part of Node that is used; asked for at run time, so that bundlers for browsers find nothing to bundle. */
interface NodeProcess {
  versions?: { node?: string };
  getBuiltinModule?(name: "node:fs/promises"): { readFile(url: URL): Promise<Uint8Array<ArrayBuffer>> };
}

const node = (globalThis as { process?: NodeProcess }).process;

export const inNode = node?.versions?.node !== undefined;

/** What `get` gives, once. A failure is not remembered: the next call tries again. */
export function once<T>(get: () => Promise<T>): () => Promise<T> {
  let value: Promise<T> | undefined;
  return () =>
    (value ??= get().catch((error: unknown) => {
      value = undefined;
      throw error;
    }));
}

/** The core that trains and computes landscapes, compiled. It asks for its rest by itself, but not in a page's own thread. */
export const compiledCore = once(() => compile(new URL("../pkg/saddlepoint_bg.wasm", import.meta.url)));

/** The rest of the core: what a page seldom needs, and not at first. */
export const compiledRest = once(() => compile(new URL("../pkg/saddlepoint_rest.wasm", import.meta.url)));

/** The decoder of image files, compiled. */
export const compiledImages = once(() => compile(new URL("../pkg/saddlepoint_images_bg.wasm", import.meta.url)));

/** The sets that are too large to be inside the core, which a page loads first. Bundlers look for these very expressions. */
const SETS = {
  digits: new URL("../pkg/digits.bin", import.meta.url),
  wine: new URL("../pkg/wine.bin", import.meta.url),
  breastCancer: new URL("../pkg/breast_cancer.bin", import.meta.url),
};
export type PackedSet = keyof typeof SETS;
const packed = new Map(Object.entries(SETS).map(([set, url]) => [set, once(() => bytesAt(url))]));

/** The name of a set that comes in a file of its own, or undefined. */
export function packedSet(name: unknown): PackedSet | undefined {
  return Object.keys(SETS).find((set): set is PackedSet => set === name);
}

/** The file of such a set. */
export function packedBytes(set: PackedSet): Promise<Uint8Array> {
  return packed.get(set)?.() ?? Promise.reject(new Error(`no set ${set}`));
}

async function bytesAt(url: URL): Promise<Uint8Array> {
  const files = fileSystem(url);
  return files ? files.readFile(url) : new Uint8Array(await (await fetched(url)).arrayBuffer());
}

const fileSystem = (url: URL) => (inNode && url.protocol === "file:" ? node?.getBuiltinModule?.("node:fs/promises") : undefined);

async function fetched(url: URL): Promise<Response> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url.href}: ${String(response.status)} ${response.statusText}`);
  return response;
}

export async function compile(url: URL): Promise<WebAssembly.Module> {
  const files = fileSystem(url);
  if (files) return WebAssembly.compile(await files.readFile(url));
  const response = await fetched(url);
  // a server that sends another type than application/wasm makes streaming impossible, nothing else
  if (response.headers.get("Content-Type")?.startsWith("application/wasm")) return WebAssembly.compileStreaming(response);
  return WebAssembly.compile(await response.arrayBuffer());
}
