/** `saddlepoint/worker`: one script for every kind of worker, for those who bundle or copy it themselves (see slim.ts). */
import type { Core, CoreName } from "./core.js";
import { CurvatureCore } from "./curvature-core.js";
import { Engine } from "./engine.js";
import { glue } from "./glue.js";
import { pack } from "./images-module.js";
import type { ImagesTask } from "./images.js";
import { Lab } from "./lab.js";
import { buffers, type Request, type Start } from "./protocol.js";
import { serve } from "./serve.js";

const MAKE: Record<CoreName, (module: WebAssembly.Module) => Core> = {
  training: (module) => new Engine(glue, module, true),
  landscape: (module) => new Lab(module),
  curvature: (module) => new CurvatureCore(module),
};

const scope = globalThis as unknown as {
  onmessage: (event: MessageEvent<Start | Request | ImagesTask>) => void;
  postMessage(result: unknown, transfer: ArrayBuffer[]): void;
};

serve((module, face) => MAKE[face](module));
const toCore = scope.onmessage;
scope.onmessage = (event) => {
  if (!("names" in event.data)) {
    toCore(event);
    return;
  }
  const result = pack(event.data);
  scope.postMessage(result, buffers(result));
};
