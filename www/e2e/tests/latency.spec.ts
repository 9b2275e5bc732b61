/** While a run trains, the page stays at hand: no task of it is long, and a pause takes effect at once. */
import type { Page } from "@playwright/test";

import { expect, test as inPage } from "./fixtures.js";
import { measured } from "./measured.ts";
import { test as inPackage } from "./package.ts";

/** Milliseconds. */
const LONGEST_TASK = 50;
const LONGEST_PAUSE = 100;
const WATCHED = 3000;
const PAUSES = 5;
/** Other work on the machine only ever adds: the best of some rounds is the page's own. */
const MOST_ROUNDS = 5;

// traces take pictures of every frame, in the page's own time
inPage.use({ trace: "off" });

/** Long tasks of the next seconds, and those of a deliberate one: proof that they are seen. */
function tasks(page: Page): Promise<{ during: number[]; deliberate: number[] }> {
  return page.evaluate(async (ms) => {
    const seen: number[] = [];
    const observer = new PerformanceObserver((list) => { for (const { duration } of list.getEntries()) seen.push(duration); });
    observer.observe({ type: "longtask" });
    await new Promise((done) => setTimeout(done, ms));
    const during = [...seen];
    const end = performance.now() + 80;
    while (performance.now() < end);
    await new Promise((done) => setTimeout(done, 500));
    observer.disconnect();
    return { during, deliberate: seen.slice(during.length) };
  }, WATCHED);
}

/** `pause` gives the milliseconds that a pause took, and goes on. */
async function judge(page: Page, pause: () => Promise<number>): Promise<void> {
  const list = (all: number[]): string => all.map((ms) => ms.toFixed(0)).join(", ") || "none";
  for (let round = 1; ; round++) {
    const { during, deliberate } = await tasks(page);
    const pauses: number[] = [];
    for (let turn = 0; turn < PAUSES; turn++) {
      await page.waitForTimeout(53 * turn);
      pauses.push(await pause());
    }
    measured(`tasks over ${LONGEST_TASK} ms in ${WATCHED / 1000} s of training`, `${list(during)}; pauses took ${list(pauses)} ms`);
    expect(deliberate.length, "a long task is seen").toBeGreaterThan(0);
    const good = during.length === 0 && Math.max(...pauses) <= LONGEST_PAUSE;
    if (!good && round < MOST_ROUNDS) continue;
    expect(during, "ms of long tasks").toEqual([]);
    expect(Math.max(...pauses), "ms until the pause").toBeLessThanOrEqual(LONGEST_PAUSE);
    return;
  }
}

inPackage("the package trains and saves without holding up its page, and stops at once", async ({ site }) => {
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
  const progress = (): Promise<number[]> => page.evaluate(() => [drive.now.step, drive.saved.length]);
  const [steps = 0, saved = 0] = await progress();
  await judge(page, () => page.evaluate(async () => {
    const start = performance.now();
    drive.stopped = true;
    await drive.training;
    const took = performance.now() - start;
    drive.stopped = false;
    void drive.train();
    return took;
  }));
  const [stepsThen = 0, savedThen = 0] = await progress();
  measured("meanwhile", `${stepsThen - steps} steps and ${savedThen - saved} checkpoints`);
  expect(stepsThen - steps).toBeGreaterThan(20);
  expect(savedThen - saved).toBeGreaterThan(2);
});

inPage("the Train view draws what it trains without long tasks, and Pause acts at once", async ({ page }) => {
  await page.goto("./?view=train&lang=en&epochs=500");
  const prime = page.locator(".status .prime");
  await expect(prime).toBeEnabled();
  await prime.click();
  // all figures have come by then
  await page.waitForTimeout(3000);
  await judge(page, () => page.evaluate(async () => {
    const button = document.querySelector<HTMLButtonElement>(".status .prime");
    const step = (): string => /step ([\d,]+)/.exec(document.querySelector(".numbers")?.textContent ?? "")?.[1] ?? "";
    const start = performance.now();
    button?.click();
    let [last, changed] = [step(), start];
    while (performance.now() < start + 500) {
      await new Promise((done) => requestAnimationFrame(done));
      if (step() === last) continue;
      [last, changed] = [step(), performance.now()];
    }
    button?.click();
    return changed - start;
  }));
});
