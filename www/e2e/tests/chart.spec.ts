/** Axes, labels and long series by themselves. */
import { expect, test } from "@playwright/test";

import { axisTicks, niceDomain, spreadLabels, stepTicks } from "../../app/src/chart/scale.js";
import { Trace } from "../../app/src/chart/trace.js";

test("an axis has two to five round numbers inside its ends", () => {
  const domains: [number, number, boolean][] = [
    [0.01, 1, true], [0.2, 0.9, true], [0.011, 0.012, true], [1e-8, 1e38, true], [2, 30, true],
    [0, 1, false], [0, 100, false], [-1, 1.2, false], [0.31, 0.33, false],
  ];
  for (const [low, high, log] of domains) {
    const domain = niceDomain([low, high], log);
    expect.soft(domain[0] <= low && domain[1] >= high, `${low} to ${high}`).toBe(true);
    const ticks = axisTicks(domain, log);
    expect.soft(ticks.length >= 2 && ticks.length <= 5, `${low} to ${high}: ${ticks.join(" ")}`).toBe(true);
    const slack = 1e-9 * (domain[1] - domain[0]);
    expect.soft(ticks.every((tick) => tick >= domain[0] - slack && tick <= domain[1] + slack), ticks.join(" ")).toBe(true);
  }
  // an axis does not move while the data stay inside its ends
  expect(niceDomain([0.021, 2.2], true)).toEqual(niceDomain([0.0201, 2.4], true));
});

test("an axis of steps names its last step", () => {
  for (const last of [640, 60, 15, 7, 1]) {
    const ticks = stepTicks([0, last]);
    expect(ticks[0]).toBe(0);
    expect(ticks.at(-1)).toBe(last);
    expect(ticks.length).toBeLessThanOrEqual(5);
    expect(ticks.every(Number.isInteger)).toBe(true);
  }
});

test("labels keep their order, their distance and the plot's edges", () => {
  const placed = spreadLabels([50, 52, 51, 198], 16, 10, 200);
  expect(placed[0]).toBeLessThan(placed[2] ?? 0);
  expect(placed[2]).toBeLessThan(placed[1] ?? 0);
  const sorted = placed.toSorted((a, b) => a - b);
  sorted.slice(1).forEach((at, index) => expect(at - (sorted[index] ?? 0)).toBeGreaterThanOrEqual(16));
  expect(Math.min(...placed)).toBeGreaterThanOrEqual(10);
  expect(Math.max(...placed)).toBeLessThanOrEqual(200);
  expect(spreadLabels([195, 199], 16, 10, 200)).toEqual([184, 200]);
});

test("a trace stays short and loses no peak", () => {
  const trace = new Trace(0, 64);
  const values = Float64Array.from({ length: 10_000 }, (_, i) => Math.sin(i / 500));
  values[4321] = 9;
  values[4322] = -9;
  for (let i = 0; i < values.length; i += 137) trace.push(values.subarray(i, Math.min(values.length, i + 137)));
  const { x, y } = trace.line();
  expect(trace.length).toBe(10_000);
  expect(y.length).toBeLessThanOrEqual(128);
  expect(Math.max(...y)).toBe(9);
  expect(Math.min(...y)).toBe(-9);
  // the peak came before the trough
  expect(y.indexOf(9)).toBeLessThan(y.indexOf(-9));
  expect([...x]).toEqual([...x].toSorted((a, b) => a - b));
  expect(x.at(-1)).toBe(9999);
});

test("a short trace is the series itself, and what is not a number hides nothing", () => {
  const trace = new Trace(3, 4);
  trace.push([1, NaN, 2]);
  expect(trace.line()).toEqual({ x: Float64Array.from([3, 4, 5]), y: Float64Array.from([1, NaN, 2]) });
  trace.push([5, 4, 7]);
  const { y } = trace.line();
  expect([...y]).toEqual([1, 1, 2, 5, 4, 7]);
});
