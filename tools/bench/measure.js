// What is measured, in a page or in Node: the same code over the WebAssembly built with the feature `bench`.

const WINDOW = 300; // milliseconds
const WINDOWS = 5;

/** Batch, size, kernel and channels of the convolutions: that of W6, and the second of W2. */
const CONVOLUTIONS = [
  { title: "conv 3x3 64-64 32²", shape: [8, 32, 3, 64, 64] },
  { title: "conv 5x5 8-16 14²", shape: [32, 14, 5, 8, 16] },
];

const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];

/** Units a second of `work`, which returns the units it did: one value a window, after a warm-up. */
function rates(work, windows = WINDOWS) {
  const run = (ms) => {
    const start = performance.now();
    let units = 0;
    let now;
    do {
      units += work();
      now = performance.now();
    } while (now - start < ms);
    return (1000 * units) / (now - start);
  };
  run(WINDOW);
  return Array.from({ length: windows }, () => run(WINDOW));
}

/** All figures of one engine. `report` is called with each line as soon as it is known. */
export function measure(wasm, names, report) {
  // the best window before and after everything else: what the machine could do during this run
  const peaks = (f) => Math.max(...rates(() => f(200_000)));
  const peak = { f32: peaks(wasm.benchPeakF32), f64: peaks(wasm.benchPeakF64) };
  const lines = [];
  const add = (line) => {
    lines.push(line);
    report(line);
  };
  for (const [type, sizes] of [["f32", [256, 512, 1024]], ["f64", [256, 512]]]) {
    for (const n of sizes) {
      const bench = new wasm.GemmBench(n, type === "f64");
      add({ name: `GEMM ${n}³ ${type}`, flops: median(rates(() => bench.run())), type });
      bench.free();
    }
  }
  const products = ["forward", "filter gradient", "input gradient"];
  for (const { title, shape } of CONVOLUTIONS) {
    for (const [which, product] of products.entries()) {
      const bench = new wasm.ConvBench(...shape, which);
      add({ name: `${title} ${product}`, flops: median(rates(() => bench.run())), type: "f32" });
      bench.free();
    }
  }
  for (const name of names) {
    const bench = new wasm.WorkloadBench(name);
    const rate = median(rates(() => bench.step()));
    const { flop, batch, bytes } = bench;
    add({ name, flops: rate * flop, type: "f32", examples: rate, steps: rate / batch, bytes, learned: bench.last < bench.first });
    bench.free();
  }
  peak.f32 = Math.max(peak.f32, peaks(wasm.benchPeakF32));
  peak.f64 = Math.max(peak.f64, peaks(wasm.benchPeakF64));
  return { peak, lines };
}
