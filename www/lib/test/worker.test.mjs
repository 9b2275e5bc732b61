// The package with workers: here those of Node, dressed as those of a browser.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Worker as Thread } from "node:worker_threads";

import { buffers } from "../dist/protocol.js";
import { Rates } from "../dist/rates.js";
import { Curvature, Landscape, Model } from "../dist/index.js";
import { digits, files, idx, refusal, train, xor } from "./specs.mjs";

const BOOT = `
  import { parentPort, workerData } from "node:worker_threads";
  globalThis.postMessage = (message, transfer) => parentPort.postMessage(message, transfer);
  await import(workerData);
  parentPort.on("message", (data) => globalThis.onmessage({ data }));
`;

/** Workers that are alive, and a plan of which requests break the core. */
const alive = new Set();
let breaks = () => false;

globalThis.Worker = class {
  constructor(url) {
    this.thread = new Thread(new URL("data:text/javascript," + encodeURIComponent(BOOT)), { workerData: url.href });
    this.thread.on("message", (data) => this.onmessage?.({ data }));
    this.thread.on("error", (error) => this.onerror?.({ message: error.message, preventDefault() {} }));
    alive.add(this);
  }

  postMessage(message) {
    if (breaks(message)) queueMicrotask(() => this.onmessage?.({ data: { id: message.id, ok: false, broken: "unreachable" } }));
    else this.thread.postMessage(message);
  }

  terminate() {
    alive.delete(this);
    void this.thread.terminate();
  }
};

const worker = true;

test("a worker computes what this thread computes", async () => {
  const [here, there] = await Promise.all([Model.create(xor), Model.create(xor, { worker })]);
  assert.equal(alive.size, 1);
  assert.deepEqual(there.info, here.info);
  const [a, b] = await Promise.all([train(here), train(there)]);
  assert.equal(a.runHash, b.runHash);
  assert.deepEqual(await there.evaluate(), await here.evaluate());
  assert.equal((await refusal(there.step(0.5))).code, "not-whole");
  const example = Float32Array.of(0.5, 0.5);
  assert.deepEqual(await there.inspect(example), await here.inspect(example));
  assert.equal(example.length, 2, "what a caller passes stays his");
  await Promise.all([here.dispose(), there.dispose()]);
  assert.equal(alive.size, 0);
});

test("calls are answered in their order, and disposing ends those that wait", async () => {
  const model = await Model.create({ ...xor, epochs: 30_000 }, { worker });
  const steps = await Promise.all([model.step(2), model.step(3), model.history()]);
  assert.deepEqual(steps.map(({ from, step }) => [from, step]), [[0, 2], [2, 5], [0, 5]]);
  const waiting = [refusal(model.trainFor(1000)), refusal(model.step())];
  await new Promise((done) => setTimeout(done, 20));
  await model.dispose();
  assert.deepEqual((await Promise.all(waiting)).map(({ code }) => code), ["disposed", "disposed"]);
  assert.equal(alive.size, 0);
});

test("creating can be given up", async () => {
  const controller = new AbortController();
  const creating = Model.create(digits, { worker, signal: controller.signal });
  setTimeout(() => controller.abort(), 1);
  await assert.rejects(creating, { name: "AbortError" });
  await new Promise((done) => setTimeout(done, 50));
  assert.equal(alive.size, 0);
});

test("a core that breaks is replaced, and training goes on from the last snapshot", async () => {
  const whole = await Model.create(digits);
  const model = await Model.create({ ...digits }, { worker });
  // the first progress brings a snapshot
  const before = await model.step(5);
  breaks = ({ method }) => method === "step";
  const back = await model.step(5);
  breaks = () => false;
  assert.deepEqual([back.report.code, back.report.args.step, back.step, back.from, back.loss.length], ["restored", "5", 5, 5, 0]);
  assert.equal(back.runHash, before.runHash);
  assert.equal((await model.step(5)).report, null, "it is said once");
  assert.equal((await model.history()).runHash, (await whole.step(10)).runHash);

  // another question is refused, and the news come with the next progress
  breaks = ({ method }) => method === "evaluate";
  assert.equal((await refusal(model.evaluate())).code, "core-broken");
  breaks = () => false;
  assert.equal((await model.step()).report.code, "restored");
  assert.equal(alive.size, 1);

  // what breaks again at the same place is given up
  breaks = ({ method }) => method === "step";
  await model.step();
  assert.equal((await refusal(model.step())).code, "core-broken");
  assert.equal((await refusal(model.step())).code, "disposed");
  breaks = () => false;
  assert.equal(alive.size, 0);
  await whole.dispose();
});

test("a fit goes on where its core broke, with the history of one that was not disturbed", async () => {
  const breakAt = (call) => {
    let calls = 0;
    breaks = ({ method }) => method === "fitFor" && ++calls === call;
  };
  const [whole, model] = [await Model.create(digits), await Model.create(digits, { worker })];
  breakAt(2);
  const disturbed = await model.fit({ epochs: 3 });
  const { report, ...rest } = await whole.fit({ epochs: 3 });
  assert.equal(report, null);
  assert.equal(disturbed.report.code, "restored");
  assert.deepEqual({ ...disturbed, report }, { ...rest, report });
  assert.equal((await model.history()).runHash, (await whole.history()).runHash);
  await Promise.all([whole.dispose(), model.dispose()]);

  // on arrays, after a first fit: the new core has the data of the second, and the weights of the first
  const net = { inputShape: [2], layers: [{ type: "dense", units: 4, activation: "tanh" }, { type: "dense", units: 2 }], loss: "softmaxCrossEntropy" };
  const [here, there] = [await Model.create(net), await Model.create(net, { worker })];
  const [x, y] = [Float32Array.of(0, 0, 0, 1, 1, 0, 1, 1), [0, 1, 1, 0]];
  for (const one of [here, there]) {
    breaks = () => false;
    await one.fit(x, y, { epochs: 20 });
    breakAt(1);
    const { history } = await one.fit(x, [1, 0, 0, 1], { epochs: 30, batchSize: 2 });
    assert.equal(history.loss.length, 30);
  }
  breaks = () => false;
  assert.deepEqual(await there.weights(), await here.weights());
  await there.freeze("dense_1");
  assert.ok((await there.memory()).wasm > 0);
  await Promise.all([here.dispose(), there.dispose()]);
  assert.equal(alive.size, 0);
});

test("a core that breaks before the first snapshot starts anew, over the same files", async () => {
  const model = await Model.create(files, { worker, files: idx() });
  breaks = ({ method }) => method === "step";
  const back = await model.step();
  breaks = () => false;
  assert.deepEqual([back.step, back.report.code], [0, "restored"]);
  assert.equal((await train(model)).state, "done");
  await model.dispose();
});

test("summaries share one worker that lives on after a break, and files travel once", async () => {
  const sent = [];
  breaks = ({ method }) => {
    if (method) sent.push(method);
    return false;
  };
  const given = idx();
  await Model.summary(files, { worker, files: given });
  await Model.summary({ ...files, seed: 3 }, { worker, files: [...given] });
  await Model.summary(digits, { worker });
  // the digits are not in the core: it asks for them, once
  assert.deepEqual(sent, ["give", "summary", "summary", "summary", "provide", "summary"]);
  breaks = ({ method }) => method === "summary";
  assert.equal((await refusal(Model.summary(digits, { worker }))).code, "core-broken");
  breaks = () => false;
  assert.equal((await Model.summary(files, { worker, files: given })).data.train, 30);
  for (const one of alive) one.terminate();
});

test("a new core is given the set it will ask for before it is asked itself", async () => {
  const sent = [];
  breaks = ({ method }) => {
    if (method) sent.push(method);
    return false;
  };
  const model = await Model.create(digits, { worker });
  breaks = () => false;
  assert.deepEqual(sent, ["provide", "create"]);
  await model.dispose();
});

test("a landscape has one worker for questions and one for strips", async () => {
  const spec = {
    data: { type: "diabetes", features: ["s5"] },
    layers: [{ type: "dense", units: 1, useBias: false }, { type: "dense", units: 1, useBias: false }],
    loss: "meanSquaredError",
  };
  const race = { start: [1, 1], steps: 5, seed: 1, radius: 0.3, arms: [{ id: "gd", optimizer: { type: "sgd", learningRate: 0.1 }, batch: { type: "full" } }] };
  const landscape = await Landscape.create(spec, { worker });
  assert.equal(alive.size, 1);
  const [strip, { descents }] = await Promise.all([landscape.strip(race, [1, 2]), landscape.race(race)]);
  assert.equal(alive.size, 2);
  assert.equal(strip.arms[0].nearSaddle[0], descents[0].nearSaddle);
  breaks = ({ method }) => method === "race";
  assert.equal((await refusal(landscape.race(race))).code, "core-broken");
  breaks = () => false;
  assert.equal((await landscape.race(race)).descents.length, 1, "a new core was opened");
  await landscape.dispose();
  await new Promise((done) => setTimeout(done, 0));
  assert.equal(alive.size, 0);
});

test("two workers share a strip and the seeds of a race, and give what one gives", async () => {
  const spec = {
    data: { type: "diabetes", features: ["s5"] },
    layers: [{ type: "dense", units: 1, useBias: false }, { type: "dense", units: 1, useBias: false }],
    loss: "meanSquaredError",
  };
  const arm = (id, size) => ({ id, optimizer: { type: "sgd", learningRate: 0.05 }, batch: { type: "mini", size } });
  const strip = { start: [1, -0.9], steps: 40, seed: 1, radius: 0.5, arms: [arm("a", 16), arm("b", 1)] };
  const race = { seed: 1, equal: "gradients", budget: 20, points: 5, arms: [arm("a", 16), arm("b", 1), arm("c", 64)] };
  const seeds = [5, 3, 9, 1, 7];
  const told = [];
  let most = 0;
  breaks = ({ method }) => {
    if (method === "descend" || method === "strip") most = Math.max(most, alive.size);
    return false;
  };
  const run = async (workers) => {
    const landscape = await Landscape.create(spec, { worker, workers });
    const network = await Curvature.create(spec, { worker, workers });
    const found = (one, index) => { told.push([workers, index, one.paths.length]); };
    const result = [await landscape.strip(strip, seeds), await network.seeds(race, seeds, { found })];
    await landscape.dispose();
    await network.dispose();
    return result;
  };
  const one = await run(1);
  const alone = most;
  const two = await run(2);
  breaks = () => false;
  // a core for questions of the landscape, one for strips, and one or two for the network
  assert.deepEqual([alone, most], [3, 4]);
  assert.deepEqual(two, one);
  assert.deepEqual(one[0].seeds, seeds);
  assert.deepEqual(one[1].map(({ paths }) => paths.map(({ id }) => id)), seeds.map(() => ["a", "b", "c"]));
  assert.notDeepEqual(one[1][0].paths[1].thetas, one[1][1].paths[1].thetas);
  assert.deepEqual(told.filter(([workers]) => workers === 2).map(([, index, arms]) => [index, arms]).sort(), [0, 1, 2, 3, 4].map((index) => [index, 3]));
});

test("the memory of every array is handed over, once", () => {
  const shared = new ArrayBuffer(8);
  const value = { a: new Float32Array(shared), b: [{ c: new Uint8Array(shared) }, { c: new Uint8Array(3) }], d: [1, 2], e: null, f: "text" };
  assert.deepEqual(buffers(value).map((buffer) => buffer.byteLength), [8, 3]);
});

test("speed is that of the last second of training", () => {
  const rates = new Rates();
  assert.equal(rates.perSecond(), 0);
  rates.add(500, 0, 50);
  assert.equal(rates.perSecond(), 100);
  for (let step = 50; step < 2050; step += 200) rates.add(500, step, step + 200);
  assert.equal(rates.perSecond(), 400);
  rates.add(100, 7, 8);
  assert.equal(rates.perSecond(), 10, "after a return to another step it begins anew");
});
