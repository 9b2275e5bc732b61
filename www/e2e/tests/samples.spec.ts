/** Image folders, texts, sequences and moved images in the Train view. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import type { Page } from "@playwright/test";

import { drop } from "./drop.js";
import { expect, test, violations } from "./fixtures.js";

const FIXTURES = fileURLToPath(new URL("../../../src/data/images/fixtures/", import.meta.url));

/** A folder of two folders with ten pictures each, and what systems leave in folders. */
function pictures(folder: string): string {
  const pets = join(folder, "pets");
  for (const [kind, file] of [["cats", "colour.jpg"], ["dogs", "grey.jpg"]] as const) {
    mkdirSync(join(pets, kind), { recursive: true });
    for (let i = 0; i < 10; i++) writeFileSync(join(pets, kind, `${String(i)}.jpg`), readFileSync(FIXTURES + file));
    writeFileSync(join(pets, kind, ".DS_Store"), "nothing");
  }
  return pets;
}

async function finish(page: Page): Promise<void> {
  await page.locator(".status .prime").click();
  await expect(page.locator(".status .state")).toHaveText("Done", { timeout: 55_000 });
}

async function learned(page: Page): Promise<void> {
  await expect(page.getByText("8 × 8 × 3")).toBeVisible({ timeout: 30_000 });
  await expect(page.locator("#train-set")).toHaveValue("files");
  await expect(page.locator(".recipe")).toContainText("20 image files, 8 × 8 by the mean of areas");
  await expect(page.locator(".strip canvas")).toHaveCount(2);
  await expect(page).toHaveURL(/data=files&file=[0-9a-f]{16}/);
  await finish(page);
  await expect(page.locator(".numbers")).toContainText("test accuracy 100.0 %");
}

test("a folder of pictures is chosen, its folders are classes, and a network tells them apart", async ({ page }, info) => {
  const asked: string[] = [];
  page.on("request", (request) => asked.push(request.url()));
  await page.goto("./?view=train&lang=en");
  await expect(page.locator(".status .state")).toHaveText("Not started");
  expect(asked.filter((url) => url.includes("saddlepoint_images"))).toEqual([]);
  const chooser = page.waitForEvent("filechooser");
  await page.getByRole("button", { name: "Load a folder" }).click();
  await (await chooser).setFiles(pictures(info.outputPath()));
  await learned(page);
  expect(asked.some((url) => url.includes("saddlepoint_images"))).toBe(true);
});

test("a folder of pictures is dropped as from a desktop", async ({ page }, info) => {
  await page.goto("./?lang=en");
  const client = await page.context().newCDPSession(page);
  const data = { items: [], files: [pictures(info.outputPath())], dragOperationsMask: 1 };
  for (const type of ["dragEnter", "dragOver", "drop"] as const) await client.send("Input.dispatchDragEvent", { type, x: 300, y: 300, data });
  await learned(page);
});

test("pictures of one class are refused with what to do", async ({ page }) => {
  await page.goto("./?view=train&lang=en");
  const bytes = readFileSync(`${FIXTURES}colour.jpg`);
  await drop(page, ["IMG_1.jpg", "IMG_2.jpg"].map((name) => ({ name, bytes })));
  await expect(page.getByRole("alert")).toContainText("All 2 images are of one class, IMG");
  await page.keyboard.press("l");
  await expect(page.getByRole("alert")).toContainText("2 幅图像同属一类：IMG");
  await drop(page, [{ name: "cat.1.jpg", bytes: bytes.subarray(0, 200) }, { name: "dog.1.jpg", bytes }]);
  await expect(page.getByRole("alert")).toContainText("cat.1.jpg 已损坏或被截断");
});

test("a dropped text becomes a model that writes, and its link asks for the text", async ({ page }) => {
  test.slow();
  await page.goto("./?view=train&lang=en");
  const bytes = Buffer.from("the cat sat on the mat. ".repeat(400));
  await drop(page, [{ name: "cat.txt", bytes }]);
  await expect(page.locator("#train-set")).toHaveValue("text");
  await expect(page.locator(".recipe")).toContainText("11 different characters");
  await expect(page.getByText("nats per character, log scale")).toBeVisible();
  const epochs = page.getByRole("textbox", { name: "Epochs" });
  await epochs.fill("2");
  await epochs.press("Enter");
  await page.getByRole("textbox", { name: "Text to go on from" }).fill("the cat ");
  const temperature = page.getByRole("textbox", { name: "Temperature" });
  await temperature.fill("0.5");
  await temperature.press("Enter");
  const text = page.locator("figure .text");
  await expect(text).toHaveText(/^the cat [ acehmnost.]{400}$/);
  const untrained = await text.innerText();
  await finish(page);
  await expect(text).not.toHaveText(untrained);
  const first = await text.innerText();
  await page.getByRole("button", { name: "Another" }).click();
  await expect(text).not.toHaveText(first);
  await page.getByRole("textbox", { name: "Text to go on from" }).fill("the dog");
  await page.keyboard.press("Enter");
  await expect(page.locator("figure .fault")).toContainText("“d”, character 5 of the beginning");
  expect(await violations(page)).toEqual([]);
  await expect(page).toHaveURL(/data=text.*prompt=the\+dog/);
  await page.reload();
  await expect(page.getByText("A file is missing")).toBeVisible();
  await drop(page, [{ name: "other name.txt", bytes }]);
  await expect(page.locator(".status .state")).toHaveText("Not started");
  await expect(epochs).toHaveValue("2");
});

test("the adding problem says what always answering the mean is worth", async ({ page }) => {
  await page.goto("./?view=train&lang=en&data=adding&n=2000&T=20&test=200&net=lstm8_d1&loss=meanSquaredError&epochs=1");
  await expect(page.locator(".status .state")).toHaveText("Not started");
  await expect(page.getByText("20 × 2", { exact: true })).toBeVisible();
  await finish(page);
  const said = await page.locator("figcaption").first().innerText();
  // a sixth, but for the chance of 1,800 draws
  const baseline = Number(/mean squared error of ([\d.]+)/.exec(said)?.[1]);
  expect(Math.abs(baseline - 1 / 6)).toBeLessThan(0.02);
  expect(said).toMatch(/The test part is now at [\d.]+/);
});

test("every set starts with a network that fits", async ({ page }) => {
  test.slow();
  await page.goto("./?view=train&lang=en");
  const values = await page.locator("#train-set option").evaluateAll((options) => options.map((option) => (option as HTMLOptionElement).value));
  expect(await page.locator("#train-set optgroup").evaluateAll((groups) => groups.map((group) => (group as HTMLOptGroupElement).label)))
    .toEqual(["Images", "Tables", "Points of the plane", "Sequences", "Files"]);
  for (const value of values.filter((one) => one !== "files")) {
    await page.locator("#train-set").selectOption(value);
    await expect(page.locator("#train-set")).toHaveValue(value);
    // a step of the model before is lost when the one of this set comes
    await expect(async () => {
      await page.getByRole("button", { name: "Step", exact: true }).click({ timeout: 2000 });
      await expect(page.locator(".status .state"), value).toHaveText("Paused at step 1", { timeout: 4000 });
    }).toPass({ timeout: 30_000 });
    await expect(page.locator(".recipe .fault")).toHaveCount(0);
    await page.getByRole("button", { name: "Reset", exact: true }).click();
    await expect(page.locator(".status .state"), value).toHaveText("Not started", { timeout: 30_000 });
  }
});

test("augmentation shows what training sees, is in the link, and comes back with a saved model", async ({ page }) => {
  await page.goto("./?view=train&lang=en");
  await page.getByRole("button", { name: "Augment" }).click();
  const strip = page.getByRole("img", { name: "One training image in five successive steps" });
  await expect(strip.locator("canvas")).toHaveCount(5);
  const pictures = (): Promise<string[]> => strip.locator("canvas").evaluateAll((all) => all.map((one) => (one as HTMLCanvasElement).toDataURL()));
  expect(new Set(await pictures()).size).toBe(1);
  const rotate = page.getByRole("textbox", { name: "rotate" });
  await rotate.fill("30");
  await rotate.press("Enter");
  await expect.poll(async () => new Set(await pictures()).size).toBe(5);
  const border = page.getByRole("checkbox", { name: "continue the border" });
  await border.check();
  await expect(page).toHaveURL(/tune=rotate-30_border-1/);
  // the step is of the recipe as it stands, whether or not the core has answered for it
  await border.press(".");
  await expect(page.locator(".status .state")).toHaveText("Paused at step 1");
  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: "Save" }).click();
  const saved = readFileSync(await (await download).path());
  await page.goto("./?view=train&lang=en");
  await drop(page, [{ name: "digits.safetensors", bytes: saved }]);
  await expect(page.locator(".status .state")).toHaveText("Paused at step 1");
  await expect(page).toHaveURL(/tune=rotate-30_border-1/);
});
