import type { Page } from "@playwright/test";

import { expect, test, violations } from "./fixtures.js";

const FOUND = "[data-finding]";

/** Opens the subject and waits until the critical points are there and the paths stand still. */
async function opened(page: Page, query = ""): Promise<void> {
  await page.goto(`./?subject=function&lang=en${query}`);
  await expect(page.locator(FOUND)).toHaveText(/no others in the box|could not be decided|no critical point/, { timeout: 20_000 });
}

test("all critical points of a function are found, typed and drawn", async ({ page }) => {
  await opened(page, "&f=himmelblau&fx=-0.3&fy=-0.95&feta=0.01");
  await expect(page.locator(FOUND)).toHaveText("4 saddles, 4 minima and 1 maximum; there are no others in the box.");
  await expect(page.locator(".figure svg circle.minimum")).toHaveCount(4);
  await expect(page.locator(".figure svg path.maximum")).toHaveCount(1);
  await page.keyboard.press("t");
  await expect(page.getByRole("rowheader", { name: "saddle", exact: true })).toHaveCount(4);
});

test("a degenerate saddle is called one, and a corner too", async ({ page }) => {
  await opened(page, "&f=monkey&fx=1&fy=0.02");
  await expect(page.locator(FOUND)).toHaveText("1 saddle, 1 of them degenerate; there are no others in the box.");
  // the next page would break off a worker that is being fetched
  await expect(page.locator(".escape .words p").first()).toContainText("At rate", { timeout: 20_000 });
  await opened(page, "&f=formula&formula=abs(x)%2Babs(y)");
  await expect(page.locator(FOUND)).toHaveText("1 minimum, 1 of them not differentiable; there are no others in the box.");
});

test("a formula is typed; a mistake is shown at its column and nothing is lost", async ({ page }) => {
  await opened(page, "&f=saddle");
  await page.getByRole("combobox", { name: "Function" }).selectOption("formula");
  const field = page.getByRole("textbox", { name: "Formula" });
  await expect(field).toHaveValue("x^2 - y^2");
  await field.fill("x^2 + * y");
  await field.press("Enter");
  await expect(page.getByRole("alert")).toContainText("Column 7");
  await expect(page.locator(FOUND)).toContainText("1 saddle");
  await field.fill("(x^2 - 1)^2 + y^2");
  await field.press("Enter");
  await expect(page.locator(FOUND)).toHaveText("1 saddle and 2 minima; there are no others in the box.");
  await expect(page.getByRole("alert")).toHaveCount(0);
  expect(new URL(page.url()).searchParams.get("formula")).toBe("(x^2 - 1)^2 + y^2");
});

test("steps to leave the saddle are counted: GD last, Newton not at all", async ({ page }) => {
  await opened(page, "&f=saddle&farms=gd,sgd,adam,saddleFreeNewton,newton");
  const words = page.locator(".escape .words p").first();
  await expect(words).toContainText("Newton", { timeout: 20_000 });
  await expect(words).toHaveText(/At rate 0\.03: .*and GD \d+\. Not away after 20,000 steps: Newton\./);
});

test("the two weights have an escape and a count of starts, when they are asked for", async ({ page }) => {
  await page.goto("./?lang=en");
  await page.getByRole("button", { name: "Count 300 starts" }).click();
  await expect(page.getByRole("img", { name: /GD: \d+ % \(\d+ to \d+\)/ })).toHaveCount(2, { timeout: 60_000 });
});

for (const theme of ["light", "dark"] as const) {
  for (const lang of ["en", "zh"] as const) {
    test(`no rule of accessibility is broken on a function: ${theme}, ${lang}`, async ({ page }) => {
      await page.goto(`./?subject=function&f=camel&lang=${lang}&theme=${theme}`);
      await expect(page.locator("path[data-path]").first()).toBeAttached({ timeout: 20_000 });
      expect(await violations(page)).toEqual([]);
    });
  }
}

test("a function at 360 px: nothing scrolls sideways", async ({ page }) => {
  await page.setViewportSize({ width: 360, height: 780 });
  for (const lang of ["en", "zh"]) {
    await page.goto(`./?subject=function&f=beale&lang=${lang}`);
    await expect(page.locator("path[data-path]").first()).toBeAttached({ timeout: 20_000 });
    await expect(page.locator(".escape .words p").nth(1)).toBeVisible({ timeout: 20_000 });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
  }
});
