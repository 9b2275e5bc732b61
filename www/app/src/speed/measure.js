/**
 * What is measured, in a page's worker, in a page and in Node: the same code over the WebAssembly module for measuring.
 *
 * Rates are medians over windows; the peak is the best window before and after everything else, since it says what the machine
 * could do during this run.
 *
 * @typedef {typeof import("../../../lib/pkg/saddlepoint_bench.js")} Module
 * @typedef {"f32" | "f64"} Real
 * @typedef {Record<Real, number>} Peak FLOP per second.
 * @typedef {object} Line
 * @property {string} name
 * @property {"product" | "convolution" | "workload"} kind
 * @property {Real} type
 * @property {number} flops FLOP per second, as if convolutions were done directly.
 * @property {boolean} effective Whether fewer are done, because a convolution goes another way.
 * @property {Training} [training] Of a workload.
 * @typedef {object} Training
 * @property {number} examples Examples a second.
 * @property {number} steps Steps a second.
 * @property {number} bytes Memory of a step.
 * @property {number} allocations Calls for memory in all steps after the first ones.
 * @property {boolean} learned Whether the loss fell.
 * @property {Record<string, number>} spent Milliseconds of a step of a whole run, by kind of work.
 * @typedef {object} Result
 * @property {Peak} peak
 * @property {Line[]} lines
 * @typedef {object} Options
 * @property {number} [window] Milliseconds of a window; 300 if left out.
 * @property {readonly string[]} [only] Names of workloads; all if left out.
 * @property {(line: Line, peak: Peak, done: number, all: number) => void} [report] Told each line as soon as it is known,
 * with the peak as it was before.
 */

const WINDOWS = 5;
/** Extents of the square products. @type {readonly [Real, number][]} */
const PRODUCTS = [["f32", 256], ["f32", 512], ["f32", 1024], ["f64", 256], ["f64", 512]];

/** @param {number[]} values */
const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN;

/**
 * Units a second of `work`, which returns the units it did: one value a window, after a warm-up. `steady` is called between.
 *
 * @param {() => number} work
 * @param {number} ms
 * @param {() => void} [steady]
 */
function rates(work, ms, steady) {
  const run = () => {
    const start = performance.now();
    let units = 0;
    let now;
    do {
      units += work();
      now = performance.now();
    } while (now - start < ms);
    return (1000 * units) / (now - start);
  };
  run();
  steady?.();
  return Array.from({ length: WINDOWS }, run);
}

/**
 * @param {Module} wasm
 * @param {Options} [options]
 * @returns {Result}
 */
export function measure(wasm, { window = 300, only, report } = {}) {
  /** @returns {Peak} */
  const peaks = () => ({
    f32: Math.max(...rates(() => wasm.benchPeakF32(200_000), window)),
    f64: Math.max(...rates(() => wasm.benchPeakF64(200_000), window)),
  });
  const before = peaks();
  const names = wasm.workloads().filter((name) => only?.includes(name) ?? true);
  const convolutions = wasm.convolutions();
  const all = PRODUCTS.length + convolutions + names.length;
  /** @type {Line[]} */
  const lines = [];
  /** @param {Line} line */
  const add = (line) => {
    lines.push(line);
    report?.(line, before, lines.length, all);
  };
  for (const [type, n] of PRODUCTS) {
    const bench = new wasm.GemmBench(n, type === "f64");
    add({ name: `GEMM ${n}³ ${type}`, kind: "product", type, flops: median(rates(() => bench.run(), window)), effective: false });
    bench.free();
  }
  for (let i = 0; i < convolutions; i += 1) {
    const bench = new wasm.ConvBench(i);
    const { name, effective } = bench;
    add({ name, kind: "convolution", type: "f32", flops: median(rates(() => bench.run(), window)), effective });
    bench.free();
  }
  for (const name of names) add(workload(wasm, name, window));
  const after = peaks();
  return { peak: { f32: Math.max(before.f32, after.f32), f64: Math.max(before.f64, after.f64) }, lines };
}

/**
 * @param {Module} wasm
 * @param {string} name
 * @param {number} window
 * @returns {Line}
 */
function workload(wasm, name, window) {
  const bench = new wasm.WorkloadBench(name);
  let before = 0;
  const rate = median(rates(() => bench.step(), window, () => { before = wasm.allocations(); }));
  const allocations = wasm.allocations() - before;
  const { flop, batch, bytes, effective } = bench;
  const learned = bench.last < bench.first;
  /** @type {import("saddlepoint").StepProfile} */
  const profile = bench.profile(window);
  /** @type {Record<string, number>} */
  const spent = {};
  for (const row of profile.rows) spent[row.class] = (spent[row.class] ?? 0) + row.ms;
  bench.free();
  return {
    name, kind: "workload", type: "f32", flops: rate * flop, effective,
    training: { examples: rate, steps: rate / batch, bytes, allocations, learned, spent },
  };
}
