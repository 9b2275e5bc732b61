import init, * as wasm from "./saddlepoint_bench.js";
import { measure } from "./measure.js";

globalThis.bench = async (only) => {
  await init();
  return measure(wasm, { only });
};
globalThis.document.documentElement.dataset.ready = "yes";
