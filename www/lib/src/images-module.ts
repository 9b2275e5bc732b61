/** The side that holds the decoder of image files. */
import { initSync, packImages } from "../pkg/saddlepoint_images.js";
import { isReport } from "./error.js";
import type { ImagesResult, ImagesTask } from "./images.js";

export function pack({ module, names, contents }: ImagesTask): ImagesResult {
  try {
    initSync({ module });
    return { bytes: packImages(names, contents) as Uint8Array<ArrayBuffer> };
  } catch (error) {
    return isReport(error) ? { report: error } : { broken: error instanceof Error ? error.message : String(error) };
  }
}
