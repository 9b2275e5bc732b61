/**
 * `saddlepoint/slim`: the same package, which looks for no file by itself. The caller says once, by `init`, where its WebAssembly
 * and its data sets are or what is in them: for bundlers that do not understand `new URL(..., import.meta.url)`, for files on another
 * host, for bytes that are there already.
 */
import { refused } from "./input.js";
import { provide, type File, type FileName, type Source, type WorkerName } from "./wasm.js";

export type { File, Source };

/** The files of the package, each by its address (relative to the page), its bytes, or its compiled module. */
export interface Assets {
  /** `saddlepoint/core.wasm` */
  core: Source;
  /** `saddlepoint/rest.wasm`; of an address, a worker fetches it when something in it is first called. */
  rest: Source;
  /** `saddlepoint/images.wasm`, if PNG or JPEG files will be read. */
  images?: Source;
  /** `saddlepoint/digits.bin`, if `{ type: "digits" }` will be trained on; so with the others. */
  digits?: File;
  /** `saddlepoint/wine.bin` */
  wine?: File;
  /** `saddlepoint/breast_cancer.bin` */
  breastCancer?: File;
  /**
   * The script `saddlepoint/worker`, bundled or copied: its address, on any host, or a function that makes a worker of it. Without it,
   * cores run in the calling thread.
   */
  worker?: string | URL | (() => Worker);
}

const REQUIRED: readonly FileName[] = ["core", "rest"];
const FILES: readonly FileName[] = [...REQUIRED, "images", "digits", "wine", "breastCancer"];

/** Says where the files are. Nothing is fetched before it is needed. Throws a `SaddlepointError` if something is no address and no bytes. */
export function init(assets: Assets): void {
  const { worker } = assets;
  const files = Object.fromEntries(FILES.filter((name) => assets[name] !== undefined || REQUIRED.includes(name)).map((name) => [name, sourceOf(name, assets[name])]));
  if (worker !== undefined && typeof worker !== "function") addressOf("worker", worker);
  const make = typeof worker === "function" ? worker : worker === undefined ? undefined : () => workerAt(worker);
  provide(files, make && ({ training: make, landscape: make, curvature: make, images: make } satisfies Record<WorkerName, () => Worker>));
}

function sourceOf(name: FileName, value: unknown): Source {
  if (value instanceof ArrayBuffer || value instanceof Uint8Array || value instanceof WebAssembly.Module) return value;
  return addressOf(name, value);
}

function addressOf(name: string, value: unknown): string | URL {
  if (typeof value === "string" || value instanceof URL) return value;
  throw refused("asset-unusable", `init: ${name}`, "an address, bytes or a WebAssembly.Module", value === null ? "null" : typeof value,
    "pass the URL of the file of that name in the package, or a Uint8Array of what is in it");
}

/** Browsers start no worker from another host's script; one of this page's own may import it. */
function workerAt(address: string | URL): Worker {
  const url = new URL(address, document.baseURI);
  if (url.origin === location.origin || url.protocol === "blob:") return new Worker(url, { type: "module" });
  const script = URL.createObjectURL(new Blob([`import ${JSON.stringify(url.href)};`], { type: "text/javascript" }));
  return new Worker(script, { type: "module" });
}

export * from "./face.js";
