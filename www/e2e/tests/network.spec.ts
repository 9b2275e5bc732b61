import type { Page } from "@playwright/test";

import { expect, test, violations } from "./fixtures.js";

const STATUS = "[data-slice]";
const EXACT = /points, each exact/;

/** Opens the subject and waits for the picture. */
async function drawn(page: Page, query = ""): Promise<void> {
  await page.goto(`./?subject=network&lang=en${query}`);
  await expect(page.locator(STATUS)).toHaveText(EXACT, { timeout: 30_000 });
}

const cell = async (page: Page, row: string, column: number) => Number(await page.getByRole("row", { name: row }).getByRole("cell").nth(column).textContent());

test("a real network is seen on a plane, with what the plane leaves out, and the page answers all the while", async ({ page }) => {
  // the longest time that the page's own thread was busy
  await page.addInitScript(() => {
    let last = performance.now();
    let longest = 0;
    setInterval(() => {
      const now = performance.now();
      longest = Math.max(longest, now - last);
      last = now;
      document.documentElement.setAttribute("data-longest", String(longest));
    }, 10);
  });
  await drawn(page);
  expect(Number(await page.locator("html").getAttribute("data-longest"))).toBeLessThan(1000);

  await page.getByRole("slider", { name: "Step" }).fill("40");
  await expect(page.locator("[data-finding]")).toHaveText(/The plane holds 9\d\.\d % of the paths’ variance; random walks of as many points would have \d\d\.\d % in theirs\. It shows [\d.]+ for GD’s loss of [\d.]+/);
  await expect(page.locator("path[data-path]")).toHaveCount(3);
  await expect(page.getByText(/^1,210 weights, 512 examples, f64$/)).toBeVisible();
  // one pass is one update of GD and 512 of SGD: with as many examples, SGD has come further
  expect(await cell(page, "SGD", 3)).toBeLessThan(await cell(page, "GD", 3));
  expect(await cell(page, "GD", 4)).toBeGreaterThan(0);

  const saved = page.waitForEvent("download");
  await page.getByRole("button", { name: "CSV" }).click();
  expect((await saved).suggestedFilename()).toBe("network-plane.csv");

  await page.locator(".figure canvas").first().hover({ position: { x: 200, y: 200 } });
  await expect(page.locator(".hover")).toHaveText(/^loss [\d.]+ at \(−?[\d.]+, −?[\d.]+\)$/);
  expect(await violations(page)).toEqual([]);
});

test("another plane shows the same paths, three planes stand beside each other, and the table has the numbers", async ({ page }) => {
  await drawn(page, "&passes=10");
  await page.getByLabel("Plane", { exact: true }).selectOption("weights");
  await page.getByLabel("Weight along x").fill("dense_1.kernel[999,0]");
  await page.getByLabel("Weight along x").press("Enter");
  await expect(page.getByText("There is no weight dense_1.kernel[999,0].")).toBeVisible();
  await page.getByLabel("Weight along x").fill("dense_1.kernel[21,0]");
  await page.getByLabel("Weight along x").press("Enter");
  await expect(page.locator(STATUS)).toHaveText(EXACT, { timeout: 30_000 });
  await page.getByRole("button", { name: "Draw three planes" }).click();
  await expect(page.locator(".three figure")).toHaveCount(3, { timeout: 30_000 });
  await page.getByRole("button", { name: "Table", exact: true }).first().click();
  await expect(page.getByRole("columnheader", { name: "True loss" }).first()).toBeVisible();
  expect(await violations(page)).toEqual([]);
});

test("where a descent stands is measured: its index, its spectrum and the plane of its curvature; and the plane as a relief", async ({ page }) => {
  await drawn(page, "&passes=10");
  await page.getByRole("slider", { name: "Step" }).fill("10");
  await page.getByRole("button", { name: "Measure after 10 updates" }).click();
  const verdict = page.locator("[data-verdict]");
  await expect(verdict).toHaveText(/^GD after 10 updates, loss [\d.]+\. Not critical: the gradient is [\d.]+ long\. Index \d+ of 1,210: .* λ = −[\d.]+\. The largest eigenvalue is [\d.]+; 2\/η is 4\.$/, { timeout: 40_000 });
  await expect(page.getByText("The factorisation LDLᵀ counts the same signs.")).toBeVisible();
  await expect(page.locator(".standing canvas")).toBeVisible();

  await page.getByRole("button", { name: "3-D" }).click();
  const relief = page.locator(".relief");
  const before = await relief.locator("canvas").screenshot();
  await relief.focus();
  await page.keyboard.press("ArrowLeft");
  expect(await relief.locator("canvas").screenshot()).not.toEqual(before);
  expect(await violations(page)).toEqual([]);
});

test("critical points of a small network are found and certified, and index is drawn against loss", async ({ page }) => {
  await drawn(page, "&of=iris");
  await page.getByRole("slider", { name: "Step" }).fill("40");
  await page.getByRole("button", { name: "Search a critical point from there" }).click();
  await expect(page.locator("[data-verdict=critical]")).toHaveText(/^The search from GD after 40 updates ended at loss [\d.]+\. Critical: the gradient is [\d.e−]+ long\. Index \d+ of 55: a saddle; leaving along λ = −[\d.]+\.$/, { timeout: 30_000 });
  await page.getByRole("button", { name: "Search 10 more critical points" }).click();
  await expect(page.getByText(/^10 searches ended: [1-9]\d* at critical points/)).toBeVisible({ timeout: 40_000 });
  await expect(page.locator(".scatter circle")).toHaveCount(10);
  expect(await violations(page)).toEqual([]);
});

test("rates and seeds are tried, and gradient noise is measured where the paths rest", async ({ page }) => {
  await drawn(page, "&passes=5");
  await page.getByRole("slider", { name: "Step" }).fill("5");
  await expect(page.getByText(/^SGD ±[\d.]+$/)).toBeVisible();
  await page.getByRole("button", { name: "Try ten rates of each" }).click();
  await expect(page.getByRole("img", { name: /^Lowest loss at the end: GD [\d.]+ at η [\d.]+, mini-batch .* and SGD / })).toBeVisible({ timeout: 30_000 });
  await page.getByRole("button", { name: "Try 10 seeds" }).click();
  const row = page.getByRole("table", { name: "Loss over seeds" }).getByRole("row", { name: /^mini-batch/ });
  await expect(row).toHaveText(/mini-batch\s*0\.1\s*[\d.]+\s*[\d.]+ to [\d.]+/, { timeout: 30_000 });
  expect(await violations(page)).toEqual([]);
});

test("the network in training can be taken, with its weights", async ({ page }) => {
  await page.goto("./?view=train&lang=en&data=xor&net=d4-tanh_d2-softmax&test=100&epochs=2&n=500");
  await page.getByRole("button", { name: "Run", exact: true }).click();
  await expect(page.locator(".status .state")).toHaveText("Done", { timeout: 30_000 });
  await page.getByRole("link", { name: "Landscape" }).click();
  await page.getByLabel("Landscape of").selectOption("network");
  await page.getByLabel("Network", { exact: true }).selectOption("train");
  await expect(page.getByText(/^22 weights, 400 examples, f64$/)).toBeVisible();
  await expect(page.locator(STATUS)).toHaveText(EXACT, { timeout: 30_000 });
});
