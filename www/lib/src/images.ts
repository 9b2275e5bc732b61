/**
 * Image files become one file of images of one size before a core sees them. The module that decodes them is fetched when
 * the first image comes; in a browser it works in a worker of its own, which ends with its work.
 */
import { checkSignal, untilAborted } from "./abort.js";
import { isReport, report, SaddlepointError } from "./error.js";
import { filesOf } from "./input.js";
import type { NamedBytes, ReportMessage } from "./types.js";
import { compiledImages, newWorker, usesWorker } from "./wasm.js";

/** First message to the worker, its only one. */
export interface ImagesTask { module: WebAssembly.Module; names: string[]; contents: Uint8Array[] }

export type ImagesResult = { bytes: Uint8Array<ArrayBuffer> } | { report: ReportMessage } | { broken: string };

const PNG = [0x89, 0x50, 0x4e, 0x47];
const JPEG = [0xff, 0xd8, 0xff];

/** Whether a file begins as a PNG or a JPEG file does. */
function isImage({ bytes }: NamedBytes): boolean {
  return [PNG, JPEG].some((mark) => mark.every((byte, i) => bytes[i] === byte));
}

/**
 * The files as a run takes them: if there are PNG or JPEG files among them, all of them in one; others as they are. Names
 * are paths: the folder a file stands in is its class. `Model` does this by itself; to do it once, before several models
 * are made, saves their time.
 */
export async function readFiles(files: readonly NamedBytes[], options: { worker?: boolean | undefined; signal?: AbortSignal } = {}): Promise<NamedBytes[]> {
  const list = filesOf(files);
  if (!list.some(isImage)) return list;
  const { worker, signal } = options;
  checkSignal(signal);
  const task = { names: list.map(({ name }) => name), contents: list.map(({ bytes }) => bytes) };
  return [{ name: "images", bytes: await untilAborted(packed(task, usesWorker(worker)), signal) }];
}

async function packed(task: Omit<ImagesTask, "module">, inWorker: boolean): Promise<Uint8Array> {
  let module: WebAssembly.Module;
  try {
    module = await compiledImages();
  } catch (error) {
    throw failure("images-not-loaded", error, "reload, or check that saddlepoint_images_bg.wasm is served beside the scripts");
  }
  const result = inWorker ? await work({ module, ...task }) : (await import("./images-module.js")).pack({ module, ...task });
  if ("bytes" in result) return result.bytes;
  throw "report" in result && isReport(result.report)
    ? new SaddlepointError(result.report)
    : failure("images-broken", "broken" in result ? result.broken : "", "leave out the file that was added last");
}

function failure(code: string, error: unknown, hint: string): SaddlepointError {
  const got = error instanceof Error ? error.message : String(error);
  return new SaddlepointError(report("internal", code, "images", { expected: "the decoder of image files", got, hint }, { got }));
}

function work(task: ImagesTask): Promise<ImagesResult> {
  const worker = newWorker("images");
  return new Promise<ImagesResult>((resolve) => {
    worker.onmessage = ({ data }: MessageEvent<ImagesResult>) => resolve(data);
    worker.onerror = (event) => {
      event.preventDefault();
      resolve({ broken: event.message || "the worker could not be loaded" });
    };
    worker.postMessage(task);
  }).finally(() => worker.terminate());
}
