/**
 * What is measured, in a page's worker, in a page and in Node: the same code over the WebAssembly module for measuring.
 *
 * Rates are medians over windows. Between any two of them stands a short one of the peak: the best of all of those is the peak of
 * the run. A host that is shared slows down and recovers within a run, so each line also has its share of the peak of the same
 * moment, the mean of the two beside each window, and its best window.
 *
 * @typedef {typeof import("../../../lib/pkg/saddlepoint_bench.js")} Module
 * @typedef {"f32" | "f64"} Real
 * @typedef {Record<Real, number>} Peak FLOP per second.
 * @typedef {object} Line
 * @property {string} name
 * @property {"product" | "convolution" | "workload"} kind
 * @property {Real} type
 * @property {number} flops FLOP per second, as if convolutions were done directly.
 * @property {number} beside Share of the peak beside, the median over the windows.
 * @property {number} best FLOP per second in the best window.
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
 * @property {number} [window] Milliseconds of a window; 20 if left out.
 * @property {readonly string[]} [only] Names of workloads; all if left out.
 * @property {(line: Line, peak: Peak, done: number, all: number) => void} [report] Told each line as soon as it is known,
 * with the peak as it was before.
 */

const WINDOWS = 31;
/** Milliseconds of a window of the peak. */
const PEAK_WINDOW = 5;
/** Milliseconds of a warm-up, and of the steps that a profile is made of. */
const WARM_UP = 200;
const PROFILED = 300;
/** Extents of the square products. @type {readonly [Real, number][]} */
const PRODUCTS = [["f32", 256], ["f32", 512], ["f32", 1024], ["f64", 256], ["f64", 512]];

/** @param {number[]} values */
const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN;

/**
 * Units a second of `work`, which returns the units it did, over `ms` milliseconds or little more.
 *
 * @param {() => number} work
 * @param {number} ms
 */
function rate(work, ms) {
  const start = performance.now();
  let units = 0;
  let now;
  do {
    units += work();
    now = performance.now();
  } while (now - start < ms);
  return (1000 * units) / (now - start);
}

/**
 * @param {Module} wasm
 * @param {Options} [options]
 * @returns {Result}
 */
export function measure(wasm, { window = 20, only, report } = {}) {
  /** @type {Record<Real, () => number>} */
  const PEAKS = { f32: () => wasm.benchPeakF32(40_000), f64: () => wasm.benchPeakF64(40_000) };
  /** @type {Peak} */
  const peak = { f32: 0, f64: 0 };
  /** @param {Real} type */
  const windowOfPeak = (type) => {
    const found = rate(PEAKS[type], PEAK_WINDOW);
    peak[type] = Math.max(peak[type], found);
    return found;
  };
  /**
   * FLOP per second of `work`, whose units are of `flop` each, after a warm-up; `steady` is called then.
   *
   * @param {Real} type
   * @param {() => number} work
   * @param {number} [flop]
   * @param {() => void} [steady]
   */
  const rates = (type, work, flop = 1, steady = undefined) => {
    rate(work, WARM_UP);
    steady?.();
    let before = windowOfPeak(type);
    const found = Array.from({ length: WINDOWS }, () => {
      const flops = rate(work, window) * flop;
      const after = windowOfPeak(type);
      const beside = (2 * flops) / (before + after);
      before = after;
      return { flops, beside };
    });
    const flops = found.map((of) => of.flops);
    return { type, flops: median(flops), beside: median(found.map((of) => of.beside)), best: Math.max(...flops) };
  };
  // so that the lines that are told first have a peak to be measured against
  for (let i = 0; i < 2 * WINDOWS; i += 1) windowOfPeak(i % 2 ? "f64" : "f32");
  const names = wasm.workloads().filter((name) => only?.includes(name) ?? true);
  const convolutions = wasm.convolutions();
  const all = PRODUCTS.length + convolutions + names.length;
  /** @type {Line[]} */
  const lines = [];
  /** @param {Line} line */
  const add = (line) => {
    lines.push(line);
    report?.(line, { ...peak }, lines.length, all);
  };
  for (const [type, n] of PRODUCTS) {
    const bench = new wasm.GemmBench(n, type === "f64");
    add({ name: `GEMM ${n}³ ${type}`, kind: "product", ...rates(type, () => bench.run()), effective: false });
    bench.free();
  }
  for (let i = 0; i < convolutions; i += 1) {
    const bench = new wasm.ConvBench(i);
    const { name, effective } = bench;
    add({ name, kind: "convolution", ...rates("f32", () => bench.run()), effective });
    bench.free();
  }
  for (const name of names) add(workload(wasm, name, window, rates));
  return { peak, lines };
}

/**
 * @param {Module} wasm
 * @param {string} name
 * @param {number} window
 * @param {(type: Real, work: () => number, flop: number, steady: () => void) => Pick<Line, "type" | "flops" | "beside" | "best">} rates
 * @returns {Line}
 */
function workload(wasm, name, window, rates) {
  const bench = new wasm.WorkloadBench(name);
  let before = 0;
  const speed = rates("f32", () => bench.step(), bench.flop, () => { before = wasm.allocations(); });
  const allocations = wasm.allocations() - before;
  const { flop, batch, bytes, effective } = bench;
  const learned = bench.last < bench.first;
  /** @type {import("saddlepoint").StepProfile} */
  const profile = bench.profile(PROFILED);
  /** @type {Record<string, number>} */
  const spent = {};
  for (const row of profile.rows) spent[row.class] = (spent[row.class] ?? 0) + row.ms;
  bench.free();
  return {
    name, kind: "workload", ...speed, effective,
    training: { examples: speed.flops / flop, steps: speed.flops / flop / batch, bytes, allocations, learned, spent },
  };
}
