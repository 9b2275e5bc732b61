/** Inside the network: vanishing gradients and their cures, undo, the range test, the run as code, drawn activations. */
import type { Page } from "@playwright/test";
import { codeOf, type LayerSpec } from "saddlepoint";

import { runSpec } from "../../app/src/train/spec.js";
import { table } from "../../app/src/state/table.js";
import { writeLayers } from "../../app/src/state/layers.js";
import { cured, cures } from "../../app/src/train/cures.js";
import { EXAMPLES, exampleLayers, exampleOf } from "../../app/src/train/examples.js";
import { expect, test, violations } from "./fixtures.js";

const state = (page: Page) => page.locator(".status .state");
const prime = (page: Page) => page.locator(".status .prime");
const finding = (page: Page) => page.locator(".layers .finding");
const example = (page: Page) => page.getByRole("combobox", { name: "Example" });

async function accuracy(page: Page): Promise<number> {
  const text = await page.locator(".numbers").innerText();
  return Number(/test accuracy ([\d.]+)/.exec(text)?.[1]);
}

test("ten sigmoid layers starve, and one click cures them", async ({ page }) => {
  test.setTimeout(240_000);
  await page.goto("./?view=train&lang=en&epochs=12");
  await example(page).selectOption("sigmoid10");
  await expect(page.getByRole("button", { name: /Edit dense_11/ })).toBeVisible();
  await prime(page).click();
  const message = page.locator(".starving");
  await expect(message).toContainText("The gradient vanishes on its way to dense_1", { timeout: 60_000 });
  await expect(state(page)).toHaveText("Done", { timeout: 60_000 });
  await expect(finding(page)).toContainText(/The gradient of dense_1 is [\d,.e]+ times smaller than that of dense_11/);
  await expect(finding(page)).toContainText("From 100 times on, the first layers hardly learn.");
  // seen in the figure too: the first layer's gradient on its own tiny scale, the dots of the norms one below the other
  const rows = page.locator(".layers .row[role=img]");
  await expect(rows).toHaveCount(11);
  const places = await page.locator(".layers .dot").evaluateAll((dots) => dots.map((dot) => dot.getBoundingClientRect().left));
  expect((places.at(-1) ?? 0) - (places[0] ?? 0)).toBeGreaterThan(50);
  expect(await violations(page)).toEqual([]);
  const starving = await accuracy(page);
  const recipe = new URL(page.url()).searchParams.get("net");

  for (const cure of ["tanh + batch norm", "ReLU + He init"]) {
    await message.getByRole("button", { name: cure }).click();
    await expect(state(page)).toHaveText("Running");
    await expect(state(page)).toHaveText("Done", { timeout: 90_000 });
    await expect(message).toHaveCount(0);
    await expect(finding(page)).toContainText("That is below 100 times");
    expect(await accuracy(page)).toBeGreaterThan(starving + 20);
    // the sigmoids come back, and with them the hunger
    await page.getByRole("button", { name: "Undo", exact: true }).click();
    await expect.poll(() => new URL(page.url()).searchParams.get("net")).toBe(recipe);
    await prime(page).click();
    await expect(state(page)).toHaveText("Done", { timeout: 60_000 });
    await expect(message).toBeVisible();
  }
});

test("cures change hidden layers alone, examples keep the output", () => {
  const net: LayerSpec[] = [
    { type: "conv2d", filters: 4, kernelSize: [3, 3], activation: "sigmoid", initializer: { type: "lecunNormal" } }, { type: "maxPool2d", poolSize: [2, 2] },
    { type: "dense", units: 8 }, { type: "activation", activation: "sigmoid" }, { type: "lstm", units: 4 }, { type: "dense", units: 3, activation: "softmax" },
  ];
  expect(writeLayers(cured(net, "normalized"))).toBe("c4-3_bn_t-tanh_m2_d8_bn_t-tanh_lstm4_d3-softmax");
  expect(writeLayers(cured(net, "rectified"))).toBe("c4-3-relu-heNormal_m2_d8-heNormal_t-relu_lstm4_d3-softmax");
  for (const cure of ["normalized", "rectified"] as const) {
    expect(cures(net, cure)).toBe(true);
    expect(cures(cured(net, cure), cure)).toBe(false);
    // one cure after the other is as the other alone, but for the normalisations, which stay
    expect(writeLayers(cured(cured(net, "rectified"), "normalized"))).toContain("bn_t-tanh");
  }
  for (const name of EXAMPLES) {
    const layers = exampleLayers(name, table.layers.initial);
    expect(layers.at(-1)).toEqual(table.layers.initial.at(-1));
    expect(exampleOf(layers, table.layers.initial)).toBe(name);
  }
  expect(exampleOf(net, table.layers.initial)).toBeNull();
});

test("every change of the recipe is undone and redone, by buttons and keys, and the link follows", async ({ page }) => {
  await page.goto("./?view=train&lang=en");
  const [undo, redo] = [page.getByRole("button", { name: "Undo", exact: true }), page.getByRole("button", { name: "Redo", exact: true })];
  await expect(state(page)).toHaveText("Not started");
  await expect(undo).toBeDisabled();
  await example(page).selectOption("relu2");
  await expect(page).toHaveURL(/net=d32-relu_d32-relu_d10-softmax/);
  await page.locator("#train-batch").selectOption("64");
  await page.getByRole("button", { name: /Edit dense_1/ }).click();
  const units = page.getByRole("textbox", { name: "dense_1: Units" });
  await units.fill("20");
  await units.press("Enter");
  await expect(page).toHaveURL(/net=d20-relu_d32-relu_d10-softmax/);
  await expect(redo).toBeDisabled();

  // in a text field the keys belong to the text
  await units.press("Control+z");
  await units.press("Escape");
  await expect(page).toHaveURL(/d20-relu/);
  await page.getByRole("button", { name: /Edit dense_1/ }).focus();
  await page.keyboard.press("Control+z");
  await expect(page).toHaveURL(/net=d32-relu_d32-relu_d10-softmax/);
  await undo.click();
  await expect(page.locator("#train-batch")).toHaveValue("32");
  await undo.click();
  await expect(page.getByRole("button", { name: /Edit conv_3/ })).toBeVisible();
  await expect(page).not.toHaveURL(/net=/);
  await expect(undo).toBeDisabled();
  for (let i = 0; i < 3; i++) await page.keyboard.press("Control+Shift+Z");
  await expect(redo).toBeDisabled();
  await expect(page).toHaveURL(/net=d20-relu_d32-relu_d10-softmax.*size=64/);
  // what is redone trains as any other recipe, and a change after an undo ends the redoing
  await expect(page.getByRole("row", { name: /^Total/ })).toContainText("2,302");
  await undo.click();
  await page.locator("#train-method").selectOption("sgd");
  await expect(redo).toBeDisabled();
  await page.setViewportSize({ width: 360, height: 780 });
  await page.getByRole("button", { name: /Network/ }).click();
  await expect(undo).toBeVisible();
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
});

test("a range test suggests a rate, which one click takes", async ({ page }) => {
  await page.goto("./?view=train&lang=en&net=d32-relu_d10-softmax&lr=0.0005");
  await expect(state(page)).toHaveText("Not started");
  const measure = page.getByRole("button", { name: "Measure loss against η" });
  await measure.click();
  await expect(page.getByRole("img", { name: /A tenth of the rate at which the smoothed loss is lowest is/ })).toBeVisible({ timeout: 30_000 });
  const take = page.getByRole("button", { name: /^Take / });
  const rate = /Take ([\d.]+)/.exec(await take.innerText())?.[1] ?? "";
  expect(Number(rate)).toBeGreaterThan(0.0005);
  expect(await violations(page)).toEqual([]);
  await take.click();
  await expect(page).toHaveURL(new RegExp(`lr=${rate}(&|$)`));
  // the result stands, as it does not depend on the rate; of another network it says nothing
  await expect(page.getByRole("heading", { name: "Loss against η" })).toBeVisible();
  await example(page).selectOption("linear");
  await expect(page.getByRole("heading", { name: "Loss against η" })).toHaveCount(0);
  await expect(measure).toBeVisible();
});

test("a long range test leaves the page free, and stops at a word", async ({ page }) => {
  // one step of this network takes some tens of milliseconds
  await page.goto("./?view=train&lang=en&net=c96-5-same-relu_c96-5-same-relu_d10-softmax&size=256");
  await expect(state(page)).toHaveText("Not started");
  await page.getByRole("button", { name: "Measure loss against η" }).click();
  await expect(page.getByText(/Measuring: \d+ of 121 rates/)).toBeVisible();
  await expect(page.getByText(/Measuring: [1-9]\d* of 121 rates/)).toBeVisible({ timeout: 20_000 });
  await page.getByRole("button", { name: "Stop", exact: true }).click();
  await expect(page.getByRole("button", { name: "Measure loss against η" })).toBeVisible();
  // a change of the recipe ends it as well
  await page.getByRole("button", { name: "Measure loss against η" }).click();
  await expect(page.getByText(/Measuring/)).toBeVisible();
  await page.locator("#train-batch").selectOption("32");
  await expect(page.getByText(/Measuring/)).toHaveCount(0);
});

test("the run is copied as a program in two languages", async ({ page, context }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.goto("./?view=train&lang=en");
  await expect(state(page)).toHaveText("Not started");
  const initial = Object.fromEntries(Object.entries(table).map(([name, setting]) => [name, setting.initial])) as unknown as Parameters<typeof runSpec>[0];
  const opener = page.getByRole("button", { name: "Code" });
  await opener.press("Enter");
  const dialog = page.getByRole("dialog", { name: "This run as a program" });
  const copy = dialog.getByRole("button", { name: "Copy" });
  await expect(copy).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(dialog.getByText("Copied")).toBeVisible();
  const copied = () => page.evaluate(() => navigator.clipboard.readText());
  expect(await copied()).toBe(codeOf(runSpec(initial), "javascript"));
  await dialog.getByRole("button", { name: "Rust" }).click();
  await copy.click();
  await expect.poll(copied).toBe(codeOf(runSpec(initial), "rust"));
  expect(await violations(page)).toEqual([]);
  await page.keyboard.press("Escape");
  await expect(dialog).toBeHidden();
  await expect(opener).toBeFocused();
});

test("an activation is drawn with the largest value of its derivative", async ({ page }) => {
  await page.goto("./?view=train&lang=en&net=d16-sigmoid_d10-softmax");
  await page.getByRole("button", { name: /Edit dense_1/ }).click();
  await expect(page.getByRole("img", { name: "sigmoid and its derivative from −4 to 4; the largest derivative is 0.25" })).toBeVisible();
  await page.getByLabel("Activation").selectOption("tanh");
  await expect(page.getByRole("img", { name: /^tanh .* is 1$/ })).toBeVisible();
  await page.getByLabel("Activation").selectOption("linear");
  await expect(page.locator(".plot")).toHaveCount(0);
});

test("figures of the layers have a table, in Chinese and at 360 px too", async ({ page }) => {
  await page.setViewportSize({ width: 360, height: 780 });
  await page.goto("./?view=train&lang=zh&epochs=3&net=d16_bn_t-tanh_d16-relu_d10-softmax");
  await prime(page).click();
  await expect(state(page)).toHaveText("已完成", { timeout: 60_000 });
  const layers = page.locator(".layers");
  // one row for weights with what follows them
  await expect(layers.locator(".row[role=img]")).toHaveCount(3);
  await expect(layers).toContainText("经 activation_1");
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
  expect(await violations(page)).toEqual([]);
  await layers.getByRole("button", { name: /各层统计/ }).press("t");
  await expect(layers.getByRole("row")).toHaveCount(6);
  await expect(layers.getByRole("row", { name: /^bn_1/ })).toBeVisible();
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
  expect(await violations(page)).toEqual([]);
});
