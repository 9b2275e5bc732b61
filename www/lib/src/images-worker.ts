/** A worker that decodes the image files of its only message. */
import type { ImagesResult, ImagesTask } from "./images.js";
import { pack } from "./images-module.js";

const scope = globalThis as unknown as {
  onmessage: (event: MessageEvent<ImagesTask>) => void;
  postMessage(result: ImagesResult, transfer: ArrayBuffer[]): void;
};

scope.onmessage = ({ data }) => {
  const result = pack(data);
  scope.postMessage(result, "bytes" in result ? [result.bytes.buffer] : []);
};
