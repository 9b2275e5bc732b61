/** The Train view: a run from the first click to a shared link. */
import { writeFileSync } from "node:fs";

import type { Page } from "@playwright/test";

import { expect, test, violations } from "./fixtures.js";
import { measured } from "./measured.ts";

/** A run of a second or two: few epochs of the digits. */
const SHORT = "./?view=train&lang=en&epochs=4";
/** A run that lasts until it is stopped. */
const LONG = "./?view=train&lang=en&epochs=2000";

const state = (page: Page) => page.locator(".status .state");
const prime = (page: Page) => page.locator(".status .prime");

async function runToEnd(page: Page, timeout = 60_000): Promise<void> {
  await prime(page).click();
  await expect(state(page)).toHaveText("Done", { timeout });
}

async function step(page: Page): Promise<number> {
  const text = await page.locator(".numbers").innerText();
  return Number(/step ([\d,]+)/.exec(text)?.[1]?.replaceAll(",", ""));
}

async function testAccuracy(page: Page): Promise<number> {
  const text = await page.locator(".numbers").innerText();
  return Number(/test accuracy ([\d.]+)/.exec(text)?.[1]);
}

interface TraceEvent { name: string; pid: number; tid: number; tdur?: number; args?: { name?: string } }

/** The longest piece of work on the thread of the page, in milliseconds of its own time: a busy machine does not count. */
function longestTask(trace: Buffer): number {
  const { traceEvents } = JSON.parse(trace.toString()) as { traceEvents: TraceEvent[] };
  const threads = traceEvents.filter((event) => event.name === "thread_name" && event.args?.name === "CrRendererMain");
  const own = traceEvents.filter((event) => threads.some(({ pid, tid }) => event.pid === pid && event.tid === tid) && event.name.endsWith("RunTask"));
  expect(own.length).toBeGreaterThan(100);
  return Math.max(...own.map((event) => event.tdur ?? 0)) / 1000;
}

const runHash = (page: Page): Promise<string | null> => page.locator("[data-run-hash]").getAttribute("data-run-hash");

test("the digits are learned to 95 per cent, and the page answers meanwhile", async ({ page, browser }) => {
  await page.goto("./?view=train&lang=en");
  await expect(state(page)).toHaveText("Not started");
  await browser.startTracing(page, { categories: ["toplevel"] });
  await runToEnd(page);
  const longest = longestTask(await browser.stopTracing());
  measured("longest task of the page", `${longest.toFixed(0)} ms`);
  expect(longest).toBeLessThan(50);
  expect(await testAccuracy(page)).toBeGreaterThanOrEqual(95);
  // 797 test images, each counted once
  const counts = await page.locator(".lower tbody td").allInnerTexts();
  expect(counts.reduce((sum, text) => sum + (Number(text.replaceAll(",", "")) || 0), 0)).toBe(797);
  expect(await runHash(page)).toMatch(/^[0-9a-f]{16}$/);
  expect(await violations(page)).toEqual([]);
});

test("a run is paused, its learning rate edited, and it goes on", async ({ page }) => {
  await page.goto(LONG);
  await prime(page).click();
  await expect(state(page)).toHaveText("Running");
  await expect.poll(() => step(page)).toBeGreaterThan(20);
  await prime(page).click();
  await expect(state(page)).toHaveText(/Paused at step/);
  await page.waitForTimeout(100);
  const paused = await step(page);
  await page.waitForTimeout(300);
  expect(await step(page)).toBe(paused);

  const rate = page.getByRole("textbox", { name: "Learning rate" });
  await rate.fill("0.001");
  await rate.press("Enter");
  await expect.poll(() => page.url()).toContain(`edits=${String(paused)}e0.001`);
  await page.getByRole("button", { name: "Step" }).click();
  await expect.poll(() => step(page)).toBe(paused + 1);
  await prime(page).click();
  await expect.poll(() => step(page)).toBeGreaterThan(paused + 20);
  await page.keyboard.press(" ");
  await expect(state(page)).toHaveText(/Paused at step/);
});

test("a shared link gives the same run: layers, seed and an edit on the way", async ({ page, context }) => {
  await page.goto("./?view=train&lang=en&epochs=80&net=c4-3-same-relu_m2_d16-tanh_d10-softmax&method=momentum&lr=0.05&run=5");
  await prime(page).click();
  await expect.poll(() => step(page)).toBeGreaterThan(10);
  await prime(page).click();
  await expect(state(page)).toHaveText(/Paused/);
  const rate = page.getByRole("textbox", { name: "Learning rate" });
  await rate.fill("0.02");
  await rate.press("Enter");
  await expect.poll(() => page.url()).toContain("edits=");
  await runToEnd(page);
  const first = await runHash(page);

  const again = await context.newPage();
  await again.goto(page.url());
  await runToEnd(again);
  expect(await runHash(again)).toBe(first);
  await again.close();
});

test("a model is saved, the page reloaded, and the file brings everything back", async ({ page }, info) => {
  await page.goto(SHORT);
  await runToEnd(page);
  const [hash, accuracy] = [await runHash(page), await testAccuracy(page)];
  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: "Save" }).click();
  const path = info.outputPath("model.safetensors");
  await (await download).saveAs(path);

  await page.goto("./?view=train&lang=en&data=xor&net=d4-tanh_d2-softmax&test=100");
  await expect(state(page)).toHaveText("Not started");
  await page.locator("input[type=file]").setInputFiles(path);
  await expect(state(page)).toHaveText("Done");
  expect(await runHash(page)).toBe(hash);
  await expect.poll(() => testAccuracy(page)).toBe(accuracy);
  await expect(page.locator("#train-set")).toHaveValue("digits");
});

test("a broken model file is refused, and what was trained stays", async ({ page }, info) => {
  await page.goto(SHORT);
  await runToEnd(page);
  const hash = await runHash(page);
  const path = info.outputPath("cut.safetensors");
  writeFileSync(path, "not a model");
  await page.locator("input[type=file]").setInputFiles(path);
  await expect(page.getByRole("alert")).toContainText("What was trained is still here.");
  await expect(state(page)).toHaveText("Done");
  expect(await runHash(page)).toBe(hash);
});

test("a digit drawn in the square is recognised", async ({ page }) => {
  await page.goto("./?view=train&lang=en");
  await runToEnd(page);
  await page.getByRole("button", { name: "Clear" }).click();
  const pad = page.getByRole("application");
  await expect(pad).toContainText("Draw a digit here");
  const box = await pad.boundingBox();
  if (!box) throw new Error("the pad is not on the page");
  const at = (x: number, y: number): [number, number] => [box.x + x * box.width, box.y + y * box.height];
  // a ring
  const turn = Array.from({ length: 25 }, (_, i) => (2 * Math.PI * i) / 24);
  const ring = turn.map((a) => at(0.5 + 0.26 * Math.sin(a), 0.5 - 0.4 * Math.cos(a)));
  await page.mouse.move(...(ring[0] ?? at(0.5, 0.1)));
  await page.mouse.down();
  for (const point of ring) await page.mouse.move(...point);
  await page.mouse.up();
  await expect(page.getByRole("img", { name: /The network reads 0/ })).toBeVisible();
  // the keys paint too
  await pad.focus();
  await page.keyboard.press("Backspace");
  await page.keyboard.press("Space");
  await expect(pad).not.toContainText("Draw a digit here");
});

test("a layer that does not fit is told in its row, and a new run waits", async ({ page }) => {
  await page.goto("./?view=train&lang=en");
  await page.getByRole("button", { name: /Edit dense_1/ }).click();
  const units = page.getByRole("textbox", { name: "dense_1: Units" });
  await units.fill("9");
  await units.press("Enter");
  await expect(page.getByRole("alert")).toHaveText("dense_1 gives 9 outputs, the data need 10. Set its units to 10.");
  await expect(prime(page)).toBeDisabled();
  await units.fill("10");
  await units.press("Enter");
  await expect(page.getByRole("alert")).toHaveCount(0);
  await expect(prime(page)).toBeEnabled();

  // a layer is moved with the keys, and its new place does not fit either
  await page.getByRole("button", { name: /Move dense_1/ }).press("Alt+ArrowUp");
  await expect(page.getByRole("alert")).toContainText("dense_1 ends with softmax, and another layer follows");
  await page.getByRole("button", { name: /Move dense_1/ }).press("Alt+ArrowDown");
  await expect(page.getByRole("alert")).toHaveCount(0);
});

test("a learning rate that diverges is explained, and the run goes on from the kept step", async ({ page }) => {
  await page.goto("./?view=train&lang=en&data=diabetes&net=d16-relu_d1&loss=meanSquaredError&method=sgd&lr=1&test=88&epochs=200");
  await prime(page).click();
  const message = page.getByRole("alert");
  await expect(message).toContainText(/Diverged at step/);
  await expect(message).toContainText(/is not finite/);
  await page.getByRole("button", { name: /Go on from step/ }).click();
  await expect(message).toHaveCount(0);
  await expect(state(page)).toHaveText(/Running|Done/);
});

test("the language is switched while a run goes on", async ({ page }) => {
  await page.goto(LONG.replace("&lang=en", ""));
  await prime(page).click();
  await expect.poll(() => step(page)).toBeGreaterThan(10);
  await page.getByRole("button", { name: "中文" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("训练一个网络");
  await expect(page.locator("html")).toHaveAttribute("lang", "zh-CN");
  await expect(state(page)).toHaveText("运行中");
  await prime(page).click();
  await expect(state(page)).toHaveText(/已暂停于第/);
});

test("the settings of a trained run may be changed and changed back", async ({ page }) => {
  await page.goto(SHORT);
  await runToEnd(page);
  const hash = await runHash(page);
  await page.locator("#train-batch").selectOption("64");
  await expect(page.locator(".pending")).toBeVisible();
  await expect(page.locator("[data-run-hash]")).toHaveCount(0);
  await page.getByRole("button", { name: "Undo the changes" }).click();
  expect(await runHash(page)).toBe(hash);
  await page.locator("#train-batch").selectOption("64");
  await page.getByRole("button", { name: "Run anew" }).click();
  await expect(state(page)).toHaveText("Done");
  expect(await runHash(page)).not.toBe(hash);
});

test("tables and planes show what fits them", async ({ page }) => {
  await page.goto("./?view=train&lang=en&epochs=3");
  await page.locator("#train-set").selectOption("spiral");
  await expect(page.getByRole("heading", { name: "What the network has learned" })).toBeVisible();
  await expect(page.getByRole("heading", { name: "Confusion" })).toBeVisible();
  await expect(page.locator(".plane circle")).toHaveCount(400);
  await page.locator("#train-set").selectOption("diabetes");
  await expect(page.getByRole("heading", { name: "Confusion" })).toHaveCount(0);
  await expect(page.getByRole("heading", { name: "Accuracy" })).toHaveCount(0);
});

test("at 360 px the steps close to rows, and nothing is wider than the page", async ({ page }) => {
  await page.setViewportSize({ width: 360, height: 780 });
  await page.goto(SHORT);
  await expect(page.getByRole("button", { name: /Network/ })).toHaveAttribute("aria-expanded", "false");
  await page.getByRole("button", { name: /Network/ }).click();
  await expect(page.getByRole("button", { name: /Edit conv_1/ })).toBeVisible();
  await runToEnd(page);
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
  expect(await violations(page)).toEqual([]);
});

test("what is set under More is in the link, and a run stops early", async ({ page }) => {
  await page.goto("./?view=train&lang=en&epochs=40&method=rmsprop&decay=cosine&tune=warmup-0.5_stopPatience-2_stopDelta-0.5");
  await expect(state(page)).toHaveText("Not started");
  await page.getByRole("button", { name: /^More/ }).click();
  await expect(page.getByRole("textbox", { name: "patience", exact: true })).toHaveValue("2");
  const clip = page.getByRole("textbox", { name: "clip norm", exact: true });
  await clip.fill("1");
  await clip.press("Enter");
  await expect(page).toHaveURL(/tune=warmup-0\.5_stopPatience-2_stopDelta-0\.5_clipNorm-1/);
  expect(await violations(page)).toEqual([]);
  await prime(page).click();
  await expect(state(page)).toHaveText("Stopped early", { timeout: 60_000 });
  await expect(page.getByText("No better test loss for 2 measurements")).toBeVisible();
  const hash = await runHash(page);
  await page.reload();
  await expect(page.getByText("4 set")).toBeVisible();
  await prime(page).click();
  await expect(state(page)).toHaveText("Stopped early", { timeout: 60_000 });
  expect(await runHash(page)).toBe(hash);
  // constants of the method that was left do not follow
  await page.locator("#train-method").selectOption("lion");
  await page.setViewportSize({ width: 360, height: 780 });
  await page.getByRole("button", { name: /Optimizer/ }).click();
  await page.getByRole("button", { name: /^More/ }).click();
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
  expect(await violations(page)).toEqual([]);
});
