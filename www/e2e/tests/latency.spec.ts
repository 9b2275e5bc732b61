/** While a run trains, the page stays at hand: no task of it is long, and a pause takes effect at once. */
import type { Page } from "@playwright/test";

import { expect, test } from "./package.ts";

/** Milliseconds. */
const LONGEST_TASK = 50;
const LONGEST_PAUSE = 100;
const WATCHED = 5000;

/** Long tasks of the next seconds, and those of a deliberate one: proof that they are seen. */
function tasks(page: Page): Promise<{ during: number[]; deliberate: number[] }> {
  return page.evaluate(async (ms) => {
    const seen: number[] = [];
    const observer = new PerformanceObserver((list) => { for (const { duration } of list.getEntries()) seen.push(duration); });
    observer.observe({ type: "longtask" });
    await new Promise((done) => setTimeout(done, ms));
    const during = [...seen];
    await new Promise((done) => setTimeout(done, 0));
    const end = performance.now() + 80;
    while (performance.now() < end);
    await new Promise((done) => setTimeout(done, 500));
    observer.disconnect();
    return { during, deliberate: seen.slice(during.length) };
  }, WATCHED);
}

function judge({ during, deliberate }: { during: number[]; deliberate: number[] }, pauses: number[]): void {
  const list = (all: number[]): string => all.map((ms) => ms.toFixed(0)).join(", ") || "none";
  console.log(`tasks over ${LONGEST_TASK} ms in ${WATCHED / 1000} s of training: ${list(during)}; pauses took ${list(pauses)} ms`);
  expect(deliberate.length, "a long task is seen").toBeGreaterThan(0);
  expect(during, "ms of long tasks").toEqual([]);
  expect(Math.max(...pauses), "ms until the pause").toBeLessThanOrEqual(LONGEST_PAUSE);
}

test("the package trains and saves without holding up its page, and stops at once", async ({ site }) => {
  const page = await site.open();
  await page.evaluate(async () => {
    const conv = (filters: number): object => ({ type: "conv2d", filters, kernelSize: [3, 3], padding: "same", activation: "relu" });
    const run = {
      data: { type: "digits" }, test: 797, layers: [conv(16), conv(32), { type: "flatten" }, { type: "dense", units: 128, activation: "relu" }, { type: "dense", units: 10 }],
      loss: "softmaxCrossEntropy", optimizer: { type: "adam", learningRate: 0.001 }, batch: { type: "mini", size: 32 }, epochs: 1000, seed: 1,
    };
    drive.pace = { steps: 0, ms: 0 };
    await drive.begin("latency", run, { every: 500 });
    void drive.train();
  });
  await page.waitForFunction(() => drive.saved.length > 0);
  const [before, seen] = [await page.evaluate(() => [drive.now.step, drive.saved.length]), await tasks(page)];
  const pauses: number[] = [];
  for (let turn = 0; turn < 10; turn++) {
    await page.waitForTimeout(37 * turn);
    pauses.push(await page.evaluate(async () => {
      const start = performance.now();
      drive.stopped = true;
      await drive.training;
      const took = performance.now() - start;
      drive.stopped = false;
      void drive.train();
      return took;
    }));
  }
  const after = await page.evaluate(() => [drive.now.step, drive.saved.length]);
  console.log(`steps and checkpoints ${before.join(", ")} -> ${after.join(", ")}`);
  judge(seen, pauses);
});
