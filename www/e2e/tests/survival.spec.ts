/** Pages and workers that are killed at random moments of training, and runs that end as if they had not been. */
import type { CDPSession } from "@playwright/test";

import { expect, test } from "./package.ts";
import { measured } from "./measured.ts";

const ROUNDS = 30;
const SEED = 20;
/** Milliseconds of training that may be lost. */
const MOST_LOST = 5000;

const RUN = {
  data: { type: "generated", kind: "spiral", examples: 400, noise: 0.05 }, test: 80,
  layers: [
    { type: "dense", units: 8 }, { type: "batchNormalization" }, { type: "activation", activation: "tanh" }, { type: "dropout", rate: 0.1 }, { type: "dense", units: 2 },
  ],
  loss: "softmaxCrossEntropy", optimizer: { type: "adam", learningRate: 0.01 }, schedule: { type: "cosine" }, batch: { type: "mini", size: 8 }, epochs: 500, seed: 9,
};

/** Numbers from 0 to 1 of a seed (mulberry32). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Remembers the workers of a page, and holds it up between the bytes of a checkpoint and the end of its transaction when told to. */
function watch(): void {
  const scope = globalThis as unknown as { Worker: typeof Worker; workers: Worker[]; hang: boolean };
  scope.workers = [];
  scope.hang = false;
  scope.Worker = class extends Worker {
    constructor(...args: ConstructorParameters<typeof Worker>) {
      super(...args);
      scope.workers.push(this);
    }
  };
  const commit = Object.getOwnPropertyDescriptor(IDBTransaction.prototype, "commit")?.value as () => void;
  IDBTransaction.prototype.commit = function (this: IDBTransaction) {
    // the bytes are on their way
    while (scope.hang);
    commit.call(this);
  };
}

/** Kills the processes that draw pages. */
async function crash(browser: CDPSession): Promise<void> {
  const { processInfo } = await browser.send("SystemInfo.getProcessInfo");
  for (const { type, id } of processInfo) if (type === "renderer") process.kill(id, "SIGKILL");
}

const KINDS = ["close", "reload", "crash", "saving", "worker"] as const;

test("in 30 rounds a page or its worker is killed; training goes on from a checkpoint of the last seconds and ends with the same hash", async ({ site }) => {
  test.setTimeout(240_000);
  const chance = random(SEED);
  await site.context.addInitScript(watch);
  let page = await site.open();
  const whole = await page.evaluate((run) => drive.undisturbed(run), RUN);
  expect(whole.state).toBe("done");
  /** When the round before was killed. */
  let killed = 0;
  let began = Date.now();
  const lost: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const kind = KINDS[round % KINDS.length] ?? "close";
    // the usual interval in some rounds, in others one so short that most moments are those of an autosave
    const every = round % 6 === 5 && kind !== "saving" ? 2000 : 100;
    const begun = await page.evaluate(({ run, every }) => drive.begin("run", run, { every }), { run: RUN, every });
    if (round === 0) began = Date.now();
    else {
      // all that is lost was trained since the checkpoint
      lost.push(killed - (begun?.time ?? began));
      expect(lost.at(-1), `round ${round}`).toBeLessThanOrEqual(MOST_LOST);
    }
    await page.evaluate(() => { void drive.train().catch(() => undefined); });
    await page.waitForTimeout(50 + chance() * (every === 2000 ? 4000 : 900));
    if (kind === "worker") {
      const before = await page.evaluate(() => {
        for (const worker of (globalThis as unknown as { workers: Worker[] }).workers) worker.terminate();
        return drive.now.step;
      });
      // noticed without help, and gone on from its snapshot
      await page.waitForFunction((step) => drive.now.step > step && drive.reports.some(({ code }) => code === "restored"), before, { timeout: 10_000 });
      await page.waitForTimeout(chance() * 300);
    }
    if (kind === "saving") {
      await page.evaluate(() => { (globalThis as unknown as { hang: boolean }).hang = true; });
      await new Promise((done) => setTimeout(done, 1.3 * every + 100));
    }
    killed = Date.now();
    if (kind === "reload") {
      await page.reload();
      await page.waitForFunction(() => "drive" in globalThis);
      continue;
    }
    if (kind === "crash" || kind === "saving") await crash(site.browser);
    await page.close();
    page = await site.open();
  }
  const begun = await page.evaluate((run) => drive.begin("run", run), RUN);
  lost.push(killed - (begun?.time ?? 0));
  const step = begun?.step ?? 0;
  expect(step, "it had come somewhere").toBeGreaterThan(500);
  expect(step, "and was not at its end").toBeLessThan(20_000);
  const end = await page.evaluate(() => { drive.pace = { steps: 0, ms: 0 }; return drive.train(); });
  measured("rounds of kills", `${ROUNDS}, step ${step} at last; lost ${lost.map((ms) => Math.max(0, ms)).join(", ")} ms`);
  expect(await page.evaluate(async () => (await drive.damagedCheckpoints()).length), "none was half written").toBe(0);
  expect([end.state, end.runHash]).toEqual([whole.state, whole.runHash]);
});
