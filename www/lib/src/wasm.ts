/**
 * The files of the package and its workers, which an entry point names: `assets.ts` by their places beside the scripts, `slim.ts` as
 * its caller says. The core is compiled once per page: workers get the module and need not fetch and compile it again.
 */
import type { CoreName } from "./core.js";

/** A file: where it is or what is in it. */
export type File = string | URL | ArrayBuffer | Uint8Array;
/** The same, or the module that was compiled of it. */
export type Source = File | WebAssembly.Module;

/** The sets that are too large to be inside the core, which a page loads first. */
const SETS = ["digits", "wine", "breastCancer"] as const;
export type PackedSet = (typeof SETS)[number];
export type FileName = "core" | "rest" | "images" | PackedSet;
export type WorkerName = CoreName | "images";

/** The part of Node that is used; asked for at run time, so that bundlers for browsers find nothing to bundle. */
interface NodeProcess {
  versions?: { node?: string };
  getBuiltinModule?(name: "node:fs/promises"): { readFile(url: URL): Promise<Uint8Array<ArrayBuffer>> };
}

const node = (globalThis as { process?: NodeProcess }).process;

export const inNode = node?.versions?.node !== undefined;

/** The files, and what became of them. */
const files = new Map<FileName, { source: Source; value?: Promise<WebAssembly.Module | Uint8Array> | undefined }>();
let workers: Record<WorkerName, () => Worker> | undefined;

/** Names files and workers, in place of those before. */
export function provide(given: Partial<Record<FileName, Source>>, scripts: typeof workers): void {
  for (const [name, source] of Object.entries(given)) files.set(name as FileName, { source });
  workers = scripts;
}

/** Whether a core comes into a worker: as asked, else in browsers, if there is a script for one. */
export function usesWorker(asked: boolean | undefined): boolean {
  return asked ?? (!inNode && workers !== undefined && typeof Worker === "function");
}

export function newWorker(name: WorkerName): Worker {
  if (!workers) throw new Error("init was not given worker");
  return workers[name]();
}

/** What `get` gives, once. A failure is not remembered: the next call tries again. */
export function once<T>(get: () => Promise<T>): () => Promise<T> {
  let value: Promise<T> | undefined;
  return () =>
    (value ??= get().catch((error: unknown) => {
      value = undefined;
      throw error;
    }));
}

async function load<T extends WebAssembly.Module | Uint8Array>(name: FileName, make: (source: never) => Promise<T>): Promise<T> {
  const file = files.get(name);
  if (!file) throw new Error(`init was not given ${name}`);
  try {
    return await (file.value ??= make(file.source as never)) as T;
  } catch (error) {
    // not remembered: the next call tries again
    file.value = undefined;
    throw error;
  }
}

/** The core that trains and computes landscapes, compiled. It asks for its rest by itself, but not in a page's own thread. */
export const compiledCore = (): Promise<WebAssembly.Module> => load("core", compile);

/** The rest of the core: what a page seldom needs, and not at first. */
export const compiledRest = (): Promise<WebAssembly.Module> => load("rest", compile);

/** The same for a thread that may wait: where it is, to be read when it is needed; compiled where it has no place to read from. */
export async function laterRest(): Promise<WebAssembly.Module | string> {
  const source = files.get("rest")?.source;
  const url = typeof source === "string" || source instanceof URL ? urlOf(source) : undefined;
  return url && (!inNode || url.protocol === "file:") ? url.href : compiledRest();
}

/** The decoder of image files, compiled. */
export const compiledImages = (): Promise<WebAssembly.Module> => load("images", compile);

/** The name of a set that comes in a file of its own, or undefined. */
export function packedSet(name: unknown): PackedSet | undefined {
  return SETS.find((set) => set === name);
}

/** The file of such a set. */
export const packedBytes = (set: PackedSet): Promise<Uint8Array> => load(set, read);

const isBytes = (source: unknown) => source instanceof ArrayBuffer || source instanceof Uint8Array;

// the type of a module has nothing in it that would tell it from others
const isFile = (source: Source): source is File => typeof source === "string" || source instanceof URL || isBytes(source);

/** As `fetch` understands it: relative to the page. */
function urlOf(source: string | URL): URL {
  const { document, location } = globalThis as { document?: Document; location?: Location };
  return new URL(source, document?.baseURI ?? location?.href);
}

/** The bytes of a file, or the answer of a server that will send them. */
async function opened(source: File): Promise<Response | BufferSource> {
  if (isBytes(source)) return source as BufferSource;
  const url = urlOf(source);
  // bundlers put small files into the script itself; a policy may allow that and no request to such an address
  const [, inside] = /^data:[^,]*;base64,(.*)$/.exec(url.href) ?? [];
  if (inside !== undefined) return Uint8Array.from(atob(inside), (c) => c.charCodeAt(0));
  const system = inNode && url.protocol === "file:" ? node?.getBuiltinModule?.("node:fs/promises") : undefined;
  if (system) return system.readFile(url);
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url.href}: ${String(response.status)} ${response.statusText}`);
  return response;
}

async function read(source: File): Promise<Uint8Array> {
  const from = await opened(source);
  if (from instanceof Response) return new Uint8Array(await from.arrayBuffer());
  return ArrayBuffer.isView(from) ? new Uint8Array(from.buffer, from.byteOffset, from.byteLength) : new Uint8Array(from);
}

export async function compile(source: Source): Promise<WebAssembly.Module> {
  if (!isFile(source)) return source;
  const from = await opened(source);
  if (!(from instanceof Response)) return WebAssembly.compile(from);
  // a server that sends another type than application/wasm makes streaming impossible, nothing else
  if (from.headers.get("Content-Type")?.startsWith("application/wasm")) return WebAssembly.compileStreaming(from);
  return WebAssembly.compile(await from.arrayBuffer());
}
