/** How well networks learn, as means over seeds that were fixed beforehand. */
import { existsSync, readFileSync } from "node:fs";

import type { Page } from "@playwright/test";

import { drop, MNIST } from "./drop.js";
import { expect, test } from "./fixtures.js";
import { measured } from "./measured.ts";

interface Outcome { accuracy: number; seconds: number }

async function train(page: Page, timeout: number): Promise<Outcome> {
  const state = page.locator(".status .state");
  await expect(state).toHaveText("Not started");
  const start = Date.now();
  await page.locator(".status .prime").click();
  await expect(state).toHaveText("Done", { timeout });
  const seconds = (Date.now() - start) / 1000;
  const text = await page.locator(".numbers").innerText();
  return { accuracy: Number(/test accuracy ([\d.]+)/.exec(text)?.[1]), seconds };
}

/** Shows every run in the report of the test and gives the mean accuracy. */
function mean(outcomes: readonly Outcome[]): number {
  const description = outcomes.map(({ accuracy, seconds }) => `${String(accuracy)} % in ${seconds.toFixed(1)} s`).join(", ");
  measured("accuracy", description);
  return outcomes.reduce((sum, { accuracy }) => sum + accuracy, 0) / outcomes.length;
}

test("the first network reads 98 per cent of the digits, the mean of five seeds", async ({ page }) => {
  test.setTimeout(360_000);
  const outcomes: Outcome[] = [];
  for (const seed of [1, 2, 3, 4, 5]) {
    await page.goto(`./?view=train&lang=en&run=${String(seed)}`);
    await expect(page.locator(".status .state")).toHaveText("Not started");
    const parameters = await page.getByRole("row", { name: /^Total/ }).getByRole("cell").last().innerText();
    expect(Number(parameters.replaceAll(",", ""))).toBeLessThanOrEqual(5000);
    outcomes.push(await train(page, 60_000));
  }
  expect(mean(outcomes)).toBeGreaterThanOrEqual(98);
});

test("all of MNIST is dropped and read to 98.5 per cent in two epochs, the mean of three seeds", async ({ page }) => {
  test.skip(!existsSync(MNIST), `no MNIST files in ${MNIST}`);
  test.setTimeout(900_000);
  const names = ["train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz", "t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"];
  const files = names.map((name) => ({ name, bytes: readFileSync(MNIST + name) }));
  const outcomes: Outcome[] = [];
  for (const seed of [1, 2, 3]) {
    await page.goto(`./?view=train&lang=en&net=c8-5-same-relu_m2_c16-5-same-relu_m2_d10-softmax&lr=0.002&decay=constant&epochs=2&run=${String(seed)}`);
    await expect(page.locator(".status .state")).toHaveText("Not started");
    await drop(page, files);
    await expect(page.getByText("60,000 train")).toBeVisible({ timeout: 20_000 });
    outcomes.push(await train(page, 240_000));
  }
  expect(mean(outcomes)).toBeGreaterThanOrEqual(98.5);
});

/** Cohen, Kaur, Li, Kolter, Talwalkar 2021: the sharpness of a deep net rises until gradient descent is barely stable, and stays there. */
test("full-batch descent on the digits rises to the edge of stability, and the page shows it", async ({ page }) => {
  test.setTimeout(180_000);
  const hidden = Array.from({ length: 6 }, () => "d32-relu").join("_");
  await page.goto(`./?view=train&lang=en&net=${hidden}_d10&loss=meanSquaredError&method=sgd&lr=0.4&decay=constant&size=full&epochs=900&watch=30&run=1`);
  await train(page, 150_000);
  const figure = page.locator("[data-curvature]");
  await expect(figure.locator("[data-edge]")).toContainText("At step 900");
  await expect(figure.locator("[data-edge]")).toContainText("at the edge of stability");
  await figure.getByRole("button", { name: /table/i }).first().click();
  const rows = await figure.getByRole("row").allInnerTexts();
  const points = rows.map((row) => row.split("\t").map(Number)).filter(([step]) => Number.isFinite(step));
  const ratio = ([, max = NaN, limit = NaN]: number[]): number => max / limit;
  measured("lambda_max over 2/eta", points.map((point) => `${String(point[0])}: ${ratio(point).toFixed(2)}`).join(", "));
  expect(ratio(points[0] ?? [])).toBeLessThan(0.5);
  const late = points.filter(([step = 0]) => step >= 400);
  expect(late.length).toBeGreaterThan(0);
  for (const point of late) expect(Math.abs(ratio(point) - 1)).toBeLessThan(0.2);
});
