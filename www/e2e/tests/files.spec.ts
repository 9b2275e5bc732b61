/** Files dropped on the page: MNIST is read, and what is broken is told in a sentence. */
import { closeSync, existsSync, ftruncateSync, openSync, readFileSync } from "node:fs";

import { drop, MNIST, type Dropped } from "./drop.js";
import { expect, test } from "./fixtures.js";

function idx(magic: number, sizes: readonly number[], values: number): Uint8Array {
  const header = Buffer.alloc(4 + 4 * sizes.length);
  [magic, ...sizes].forEach((word, index) => header.writeUInt32BE(word, 4 * index));
  return Buffer.concat([header, Buffer.alloc(values, 1)]);
}

const images = (count: number, values = 784 * count): Dropped => ({ name: "some-images-idx3-ubyte", bytes: idx(2051, [count, 28, 28], values) });
const labels = (count: number): Dropped => ({ name: "some-labels-idx1-ubyte", bytes: idx(2049, [count], count) });

test("MNIST is dropped on the first page, read and learned", async ({ page }) => {
  test.skip(!existsSync(MNIST), `no MNIST files in ${MNIST}`);
  await page.goto("./?lang=en");
  await drop(page, ["t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"].map((name) => ({ name, bytes: readFileSync(MNIST + name) })));
  await expect(page.getByText("28 × 28 × 1")).toBeVisible();
  await expect(page.locator(".strip canvas")).toHaveCount(10);
  await expect(page).toHaveURL(/data=files&file=[0-9a-f]{16}/);
  const epochs = page.getByRole("textbox", { name: "Epochs" });
  await epochs.fill("1");
  await epochs.press("Enter");
  await expect(page.locator(".status .state")).toHaveText("Not started");
  await page.locator(".status .prime").click();
  await expect(page.locator(".status .state")).toHaveText("Done", { timeout: 55_000 });
  const text = await page.locator(".numbers").innerText();
  expect(Number(/test accuracy ([\d.]+)/.exec(text)?.[1])).toBeGreaterThan(90);
});

test("a link over files asks for them", async ({ page }) => {
  await page.goto("./?view=train&lang=en&data=files&file=0123456789abcdef");
  await expect(page.getByText("A file is missing")).toBeVisible();
  await drop(page, [images(20), { name: "some-labels", bytes: Buffer.concat([idx(2049, [20], 0), Buffer.from([...Array(20).keys()].map((i) => i % 2))]) }]);
  await expect(page.getByRole("alert")).toContainText("These are other data than the run was made with");
});

test.describe("what cannot be read", () => {
  const cases: { name: string; files: Dropped[]; en: RegExp; zh: RegExp }[] = [
    { name: "a truncated IDX", files: [images(20, 100), labels(20)], en: /was cut short: its header promises 15,680 bytes/, zh: /被截断：文件头声明 15,680 字节/ },
    { name: "images and labels of different counts", files: [images(20), labels(30)], en: /has 20 images, some-labels-idx1-ubyte has 30 labels/, zh: /有 20 幅图像，some-labels-idx1-ubyte 有 30 个标签/ },
    { name: "an empty file", files: [{ name: "nothing.idx", bytes: new Uint8Array() }], en: /nothing\.idx has 0 bytes/, zh: /nothing\.idx 为空文件/ },
    { name: "a file that is no data", files: [{ name: "letter.doc", bytes: Buffer.from("Dear reader, this is no data.") }], en: /letter\.doc is not an IDX file/, zh: /letter\.doc 不是 IDX 文件/ },
    { name: "a text that is too short", files: [{ name: "letter.txt", bytes: Buffer.from("Dear reader, this is no data.") }], en: /letter\.txt has 29 characters; windows of 64 need at least two/, zh: /letter\.txt 有 29 个字符/ },
  ];
  for (const { name, files, en, zh } of cases) {
    test(name, async ({ page }) => {
      await page.goto("./?view=train&lang=en");
      await page.getByRole("button", { name: "Step" }).click();
      await expect(page.locator(".status .state")).toHaveText("Paused at step 1");
      await drop(page, files);
      const message = page.getByRole("alert");
      await expect(message).toContainText(en);
      await expect(message).toContainText("What was trained is still here.");
      await page.keyboard.press("l");
      await expect(message).toContainText(zh);
      await expect(page.locator(".status .state")).toHaveText("已暂停于第 1 步");
      await expect(page.locator("#train-set")).toHaveValue("digits");
    });
  }

  test("500 MB of zeros are refused before they are read", async ({ page }, info) => {
    const path = info.outputPath("zeros.bin");
    const file = openSync(path, "w");
    ftruncateSync(file, 500e6);
    closeSync(file);
    await page.goto("./?view=train&lang=en");
    await expect(page.locator(".status .state")).toHaveText("Not started");
    await page.locator("input[type=file]").setInputFiles(path);
    await expect(page.getByRole("alert")).toContainText("zeros.bin has 500 MB. Files of at most 200 MB fit into a tab");
    await expect(page.locator(".status .prime")).toBeEnabled();
  });
});
