/** Measures in a worker, so that the page stays free and the measuring can be ended at any time. */
import init, * as wasm from "../../../lib/pkg/saddlepoint_bench.js";

import { measure, type Line, type Peak, type Result } from "./measure.js";

export type Told = { line: Line; peak: Peak; done: number; all: number } | { result: Result } | { fault: string };

/** Milliseconds of a window: shorter than those of `make bench`, because somebody waits. */
const WINDOW = 30;

const scope = globalThis as unknown as { postMessage(told: Told): void };

try {
  await init();
  const report = (line: Line, peak: Peak, done: number, all: number): void => { scope.postMessage({ line, peak, done, all }); };
  scope.postMessage({ result: measure(wasm, { window: WINDOW, report }) });
} catch (error) {
  scope.postMessage({ fault: error instanceof Error ? error.message : String(error) });
}
