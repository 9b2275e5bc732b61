/** What a step spends, and what the machine can do. */
import { expect, test, violations } from "./fixtures.ts";

const number = (text: string | undefined): number => Number((text ?? "").replace(/[^\d.]/g, ""));

test("a step is told apart by kind of work and by layer, beside the peak", async ({ page }) => {
  await page.goto("./?view=train&lang=en");
  const figure = page.locator(".spends");
  await expect(figure.getByRole("table")).toHaveCount(0);
  await figure.getByRole("button", { name: "Measure", exact: true }).click();
  await expect(figure).toContainText(/A step takes [\d.]+ [mµ]s; its multiply-adds run at [\d.]+ GFLOP\/s, [\d.]+ % of the peak/, { timeout: 30_000 });
  for (const kind of ["convolutions", "gradients of filters", "elementwise, fused"]) {
    await expect(figure.getByRole("row", { name: kind })).toBeVisible();
  }
  const shares = await figure.locator("tbody td:nth-of-type(2)").allInnerTexts();
  const sum = shares.map(number).reduce((a, b) => a + b);
  expect(sum).toBeGreaterThan(97);
  expect(sum).toBeLessThan(102);
  expect(await violations(page)).toEqual([]);
  await figure.getByRole("button", { name: "Layer" }).click();
  await expect(figure.getByRole("row", { name: /^conv_1/ })).toBeVisible();
  await figure.getByRole("button", { name: /^Table/ }).press("t");
  await expect(figure.getByRole("row", { name: /^conv_1 .*Conv/ }).first()).toBeVisible();
  expect(await violations(page)).toEqual([]);
  // what was measured is of the recipe that was there
  await page.getByRole("combobox", { name: "Example" }).selectOption("linear");
  await expect(figure.getByRole("table")).toHaveCount(0);
});

test("a step is told apart at 360 px in Chinese, and the run stays as it is", async ({ page }) => {
  await page.setViewportSize({ width: 360, height: 780 });
  await page.goto("./?view=train&lang=zh&theme=dark");
  const figure = page.locator(".spends");
  await figure.getByRole("button", { name: "测量" }).click();
  await expect(figure.getByRole("row", { name: "卷积核的梯度" })).toBeVisible({ timeout: 30_000 });
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
  expect(await violations(page)).toEqual([]);
  await expect(page.locator("footer")).not.toContainText("运行");
});

test("the machine is measured line by line, and the figures are copied", async ({ page, context }) => {
  test.setTimeout(180_000);
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.goto("./?lang=en");
  await page.getByRole("link", { name: "Speed of this machine" }).click();
  await expect(page).toHaveTitle("saddlepoint: speed");
  await page.getByRole("button", { name: "Measure" }).click();
  const kernels = page.getByRole("table", { name: "Products and convolutions" });
  await expect.poll(() => kernels.getByRole("row").count(), { timeout: 30_000 }).toBeGreaterThan(1);
  // the page is free meanwhile
  await page.getByRole("button", { name: "中文" }).click();
  await expect(page.getByRole("heading", { name: "这台设备的速度" })).toBeVisible();
  await page.getByRole("button", { name: "English" }).click();
  await expect(page.getByRole("button", { name: "Measure again" })).toBeVisible({ timeout: 150_000 });
  await expect(kernels.getByRole("row")).toHaveCount(18);
  const steps = page.getByRole("table", { name: "Training steps" });
  await expect(steps.getByRole("row")).toHaveCount(7);
  await expect(steps.getByRole("row", { name: /^W1: MLP/ })).toContainText(/\d %/);
  expect(await violations(page)).toEqual([]);
  await page.getByRole("button", { name: "Copy as JSON" }).click();
  await expect(page.getByRole("status").filter({ hasText: "Copied." })).toBeVisible();
  const { complete, peak, lines } = JSON.parse(await page.evaluate(() => navigator.clipboard.readText())) as {
    complete: boolean; peak: { f32: number }; lines: { name: string; training?: { allocations: number; learned: boolean } }[];
  };
  expect([complete, lines.length]).toEqual([true, 23]);
  expect(peak.f32).toBeGreaterThan(1e8);
  for (const { name, training } of lines) {
    if (training) expect([name, training.allocations, training.learned]).toEqual([name, 0, true]);
  }
});

test("measuring stops at a word, at 360 px in Chinese", async ({ page }) => {
  await page.setViewportSize({ width: 360, height: 780 });
  await page.goto("./?view=speed&lang=zh&theme=dark");
  await page.getByRole("button", { name: "测量" }).click();
  const kernels = page.getByRole("table", { name: "矩阵乘法与卷积" });
  await expect.poll(() => kernels.getByRole("row").count(), { timeout: 30_000 }).toBeGreaterThan(1);
  await page.getByRole("button", { name: "停止" }).click();
  await expect(page.getByRole("status").filter({ hasText: "未测完即停止。" })).toBeVisible();
  await expect(page.getByRole("button", { name: "重新测量" })).toBeVisible();
  await expect(page.getByRole("button", { name: "复制为 JSON" })).toBeEnabled();
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
  expect(await violations(page)).toEqual([]);
});
