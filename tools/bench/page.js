import init, * as wasm from "./saddlepoint.js";
import { measure } from "./measure.js";

globalThis.bench = async (names) => {
  await init();
  return measure(wasm, names, () => {});
};
globalThis.document.documentElement.dataset.ready = "yes";
