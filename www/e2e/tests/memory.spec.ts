/** What training takes, it gives back: steps, models, workers. */
import type { CDPSession, Page } from "@playwright/test";

import { expect, test } from "./package.ts";
import { measured } from "./measured.ts";

const RUN = {
  data: { type: "generated", kind: "spiral", examples: 400, noise: 0.05 }, test: 80,
  layers: [{ type: "dense", units: 8 }, { type: "batchNormalization" }, { type: "activation", activation: "tanh" }, { type: "dense", units: 2 }],
  loss: "softmaxCrossEntropy", optimizer: { type: "adam", learningRate: 0.01 }, batch: { type: "mini", size: 8 }, epochs: 1000, seed: 9,
};
const STEPS = 10_000;
const MODELS = 200;
const RESTARTS = 50;
const TOLERANCE = 0.02;

interface Memory { heap: number; core: number; workers: number }

async function measure(page: Page, cdp: CDPSession, browser: CDPSession): Promise<Memory> {
  // what ended workers leave behind goes in a few turns
  for (let turn = 0; turn < 4; turn++) {
    await cdp.send("HeapProfiler.collectGarbage");
    await page.waitForTimeout(150);
  }
  const { usedSize } = await cdp.send("Runtime.getHeapUsage");
  const { targetInfos } = await browser.send("Target.getTargets", { filter: [{ type: "worker" }] });
  const core = await page.evaluate(async () => {
    const path = "/pkg/saddlepoint.js";
    const { initSync } = await import(path) as { initSync: () => { memory: WebAssembly.Memory } | undefined };
    return initSync()?.memory.buffer.byteLength ?? 0;
  });
  return { heap: usedSize, core, workers: targetInfos.length };
}

/** Steps in a worker and in the page's own thread, models in both, workers that are ended and replaced. */
function work(page: Page, steps: number, models: number, restarts: number): Promise<void> {
  return page.evaluate(
    async ({ run, steps, models, restarts }) => {
      const workers = (globalThis as unknown as { workers: Worker[] }).workers;
      for (const worker of [true, false]) {
        const model = await drive.Model.create(run, { worker });
        const saver = await drive.autosave(model, { name: "memory", every: 100 });
        for (let done = 0; done < steps; done += steps / 20) await model.step(steps / 20);
        await saver.stop();
        await model.dispose();
        await drive.removeRun("memory");
      }
      for (let i = 0; i < models; i++) {
        const model = await drive.Model.create({ ...run, seed: i }, { worker: i % 4 === 0 });
        await model.step(20);
        await model.dispose();
      }
      workers.length = 0;
      const model = await drive.Model.create(run);
      let restored = 0;
      for (let i = 0; i < restarts; i++) {
        await model.step(5);
        const pending = model.step(5);
        workers.pop()?.terminate();
        const { report } = await pending;
        if (report?.code === "restored") restored += 1;
        await model.step(5);
      }
      await model.dispose();
      workers.length = 0;
      // the last step may have been answered before its worker was ended; the next one then finds it gone
      if (restored < restarts / 2) throw new Error(`${restored} of ${restarts} restarts`);
    },
    { run: RUN, steps, models, restarts },
  );
}

test(`after ${STEPS} steps, ${MODELS} models and ${RESTARTS} workers that were ended, memory is what it was`, async ({ site }) => {
  test.setTimeout(240_000);
  await site.context.addInitScript(() => {
    const scope = globalThis as unknown as { Worker: typeof Worker; workers: Worker[] };
    scope.workers = [];
    scope.Worker = class extends Worker {
      constructor(...args: ConstructorParameters<typeof Worker>) {
        super(...args);
        scope.workers.push(this);
      }
    };
  });
  const page = await site.open();
  const cdp = await site.context.newCDPSession(page);
  // the browser's own list of what was fetched, each worker's script among it
  await page.evaluate(() => { performance.setResourceTimingBufferSize(0); });
  // the same work once: what is compiled and kept stays
  await work(page, STEPS, MODELS / 4, RESTARTS / 4);
  const before = await measure(page, cdp, site.browser);
  await work(page, STEPS, MODELS, RESTARTS);
  const after = await measure(page, cdp, site.browser);
  const change = (name: keyof Memory): number => after[name] / before[name] - 1;
  measured("heap of the page", `${before.heap} -> ${after.heap} bytes (${(100 * change("heap")).toFixed(2)} %), core in the page ${before.core} -> ${after.core}, workers ${before.workers} -> ${after.workers}`);
  expect(before.heap).toBeGreaterThan(100_000);
  expect(before.core).toBeGreaterThan(100_000);
  expect(after.workers).toBe(0);
  expect(Math.abs(change("core"))).toBeLessThanOrEqual(TOLERANCE);
  expect(Math.abs(change("heap"))).toBeLessThanOrEqual(TOLERANCE);
});
