/** Autosave and resume: what is kept, what is refused, and what is said. */
import type { Page } from "@playwright/test";

import { expect, test } from "./package.ts";

const dense = (units: number, activation = "linear"): object => ({ type: "dense", units, activation });
/** 40 steps an epoch; what is random in it would tell a run that was put together wrongly. */
const RUN = {
  data: { type: "generated", kind: "spiral", examples: 400, noise: 0.05 }, test: 80,
  layers: [dense(8), { type: "batchNormalization" }, { type: "activation", activation: "tanh" }, { type: "dropout", rate: 0.1 }, dense(2)],
  loss: "softmaxCrossEntropy", optimizer: { type: "adam", learningRate: 0.01 }, batch: { type: "mini", size: 8 }, epochs: 200, seed: 7,
};

interface Begun { run: object; options?: object; steps: number }

/** Trains some steps under a name and waits until they are stored. */
async function trained(page: Page, name: string, steps: number, options: object = {}): Promise<void> {
  await page.evaluate(
    async ({ name, run, options, steps }: Begun & { name: string }) => {
      await drive.begin(name, run, { every: 100, ...options });
      for (let done = 0; done < steps; done += 10) {
        await drive.model.step(10);
        await drive.saver.flush();
      }
      await drive.saver.stop();
    },
    { name, run: RUN, options, steps },
  );
}

/** Changes the newest stored file of a name. */
async function spoil(page: Page, name: string, how: "flip" | "cut" | "lose"): Promise<void> {
  await page.evaluate(
    async ({ name, how }) => {
      const wait = <T>(request: IDBRequest<T>): Promise<T> => new Promise((done, fail) => {
        request.onsuccess = () => done(request.result);
        request.onerror = () => fail(new Error("database"));
      });
      const db = await wait(indexedDB.open("saddlepoint"));
      const files = db.transaction("files", "readwrite").objectStore("files");
      const keys = await wait(files.getAllKeys(IDBKeyRange.bound([name], [name, []])));
      const newest = keys.at(-1) as IDBValidKey;
      const file = await wait(files.get(newest)) as Uint8Array;
      const middle = Math.floor(0.7 * file.length);
      if (how === "flip") file[middle] = (file[middle] ?? 0) ^ 4;
      if (how === "lose") await wait(files.delete(newest));
      else await wait(files.put(how === "cut" ? file.slice(0, middle) : file, newest));
      db.close();
    },
    { name, how },
  );
}

test("a run is given back after a reload, at its last step, and ends as if nothing had happened", async ({ site }) => {
  const page = await site.open();
  expect(await page.evaluate(() => drive.resume("digits"))).toBeNull();
  const whole = await page.evaluate((run) => drive.undisturbed(run), RUN);
  await trained(page, "a", 70);
  await page.reload();
  await page.waitForFunction(() => "drive" in globalThis);
  const stored = await page.evaluate(() => drive.storedRuns());
  expect(stored.map(({ name, step, steps, checkpoints }) => [name, step, steps, checkpoints])).toEqual([["a", 70, 8000, 3]]);
  const begun = await page.evaluate((run) => drive.begin("a", run), RUN);
  expect([begun?.step, begun?.setAside]).toEqual([70, []]);
  const end = await page.evaluate(() => { drive.pace = { steps: 0, ms: 0 }; return drive.train(); });
  expect([end.state, end.runHash]).toEqual([whole.state, whole.runHash]);
  // the end is stored too
  await page.evaluate(async () => { await drive.saver.flush(); await drive.saver.stop(); });
  expect((await page.evaluate(() => drive.storedRuns()))[0]?.step).toBe(8000);
  await page.evaluate(() => drive.removeRun("a"));
  expect(await page.evaluate(() => drive.storedRuns())).toEqual([]);
});

test("a damaged checkpoint is set aside, said, and the one before it used", async ({ site }) => {
  const page = await site.open();
  for (const how of ["flip", "cut", "lose"] as const) {
    await trained(page, how, 30);
    await spoil(page, how, how);
    const resumed = await page.evaluate(async (name) => {
      const { model, step, setAside } = (await drive.resume(name)) ?? {};
      await model?.dispose();
      const damaged = await drive.damagedCheckpoints(name);
      return { step, codes: setAside?.map(({ code }) => code), damaged: damaged.map(({ step, report }) => [step, report.code]), runs: await drive.storedRuns() };
    }, how);
    const code = how === "lose" ? "model-foreign" : "model-damaged";
    expect([resumed.step, resumed.codes, resumed.damaged], how).toEqual([20, [code], [[30, code]]]);
    expect(resumed.runs.find(({ name }) => name === how)?.checkpoints).toBe(2);
  }
  // none is left
  await spoil(page, "flip", "flip");
  await page.evaluate(() => drive.resume("flip"));
  await spoil(page, "flip", "cut");
  const refused = await page.evaluate(() => drive.refusal(drive.resume("flip")));
  expect(refused?.code).toBe("autosave-damaged");
  expect(refused?.hint).toContain("set aside");
  expect(await page.evaluate(() => drive.resume("flip"))).toBeNull();
  expect(await page.evaluate(async () => (await drive.damagedCheckpoints("flip")).length)).toBe(3);
});

test("two tabs do not save under one name: refused, renamed, or once the other is gone", async ({ site }) => {
  const [first, second] = [await site.open(), await site.open()];
  await first.evaluate(async (run) => { await drive.begin("a", run, { every: 100 }); await drive.model.step(5); await drive.saver.flush(); }, RUN);
  const refused = await second.evaluate((run) => drive.refusal(drive.begin("a", run)), RUN);
  expect(refused?.code).toBe("autosave-busy");
  expect(refused?.hint).toContain("rename");
  expect((await second.evaluate(() => drive.refusal(drive.removeRun("a"))))?.code).toBe("autosave-busy");
  // reading is free
  expect(await second.evaluate(async () => (await drive.resume("a"))?.step)).toBe(5);
  const renamed = await second.evaluate(async (run) => {
    await drive.begin("a", run, { ifBusy: "rename" });
    await drive.model.step(3);
    await drive.saver.flush();
    const { name } = drive.saver;
    await drive.saver.stop();
    return name;
  }, RUN);
  expect(renamed).toBe("a (2)");
  // a tab that crashes lets go
  const waiting = second.evaluate((run) => drive.begin("a", run, { ifBusy: "wait" }), RUN);
  await first.close();
  expect((await waiting)?.step).toBe(5);
  const runs = await second.evaluate(() => drive.storedRuns());
  expect(runs.map(({ name, step }) => `${name}: ${step}`).sort()).toEqual(["a (2): 8", "a: 5"]);
});

test("a full store is said, training goes on, older checkpoints make room, and it is saved again once there is room", async ({ site }) => {
  const before = await site.open();
  await trained(before, "a", 30);
  await before.close();
  // Chromium remembers how much room there was for as long as the store is open, and a little longer
  await new Promise((done) => setTimeout(done, 4000));
  const page = await site.open();
  const cdp = await site.context.newCDPSession(page);
  const quota = (quotaSize?: number) => cdp.send("Storage.overrideQuotaForOrigin", { origin: site.origin, ...(quotaSize === undefined ? {} : { quotaSize }) });
  await quota(1);
  await page.evaluate((run) => drive.begin("a", run, { every: 100 }), RUN);
  const during = await page.evaluate(async () => {
    const { step, report } = await drive.model.step(10);
    await drive.saver.flush();
    return { step, report, said: drive.reports.map(({ code, hint }) => [code, hint.length > 0]), runs: await drive.storedRuns() };
  });
  expect([during.step, during.report, during.said]).toEqual([40, null, [["autosave-quota", true]]]);
  // the older ones were dropped, the last good one was not
  expect(during.runs.map(({ step, checkpoints }) => [step, checkpoints])).toEqual([[30, 1]]);
  await quota();
  const after = await page.evaluate(async () => {
    await drive.model.step(10);
    await drive.saver.flush();
    return { said: drive.reports.length, report: drive.saver.report, runs: await drive.storedRuns() };
  });
  expect([after.said, after.report, after.runs.map(({ step, checkpoints }) => [step, checkpoints])]).toEqual([1, null, [[50, 2]]]);
});

test("data files are kept with the run, and a page that is hidden saves at once", async ({ site }) => {
  const page = await site.open();
  const found = await page.evaluate(async () => {
    const rows = Array.from({ length: 40 }, (_, i) => `${i % 7},${(i * i) % 5},${i % 2 ? "yes" : "no"}`);
    const files = [{ name: "own.csv", bytes: new TextEncoder().encode(["a,b,label", ...rows].join("\n")) }];
    const run = {
      data: { type: "csv" }, test: 8, layers: [{ type: "dense", units: 2 }], loss: "softmaxCrossEntropy",
      optimizer: { type: "sgd", learningRate: 0.1 }, batch: { type: "mini", size: 8 }, epochs: 100, seed: 1,
    };
    drive.model = await drive.Model.create(run, { files });
    const saver = await drive.autosave(drive.model, { name: "own", every: 5000 });
    await drive.model.step(3);
    await saver.flush();
    await drive.model.step(4);
    Object.defineProperty(document, "visibilityState", { value: "hidden", configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
    for (let i = 0; i < 50 && saver.saved?.step !== 7; i++) await drive.pause(20);
    await drive.model.dispose();
    const resumed = await drive.resume("own");
    return { step: resumed?.step, hash: (await resumed?.model.step(1))?.step };
  });
  expect(found).toEqual({ step: 7, hash: 8 });
});

test("options are judged, and where nothing can be stored it is said", async ({ site }) => {
  const page = await site.open();
  const codes = await page.evaluate(async (run) => {
    const model = await drive.Model.create(run);
    const wrong: [unknown, unknown][] = [
      [model, { name: "" }], [model, { name: 5 }], [model, {}], [model, { name: "a", every: 50 }], [model, { name: "a", every: 5001 }], [model, { name: "a", every: NaN }],
      [model, { name: "a", keep: 0 }], [model, { name: "a", keep: "3" }], [model, { name: "a", ifBusy: "steal" }], [{}, { name: "a" }],
    ];
    const found: (string | undefined)[] = [];
    for (const [one, options] of wrong) found.push((await drive.refusal(drive.autosave(one, options)))?.code);
    Object.defineProperty(globalThis, "indexedDB", { value: undefined });
    found.push((await drive.refusal(drive.autosave(model, { name: "a" })))?.code, (await drive.refusal(drive.resume("a")))?.code);
    return found;
  }, RUN);
  expect(codes).toEqual([...Array.from({ length: 9 }, () => "autosave-option"), "autosave-model", "autosave-unavailable", "autosave-unavailable"]);
});
