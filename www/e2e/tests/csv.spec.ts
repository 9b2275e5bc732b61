/** Tables dropped on the page: a regression with R², and a table with words, missing cells and a quoted comma. */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { drop } from "./drop.js";
import { expect, test, violations } from "./fixtures.js";

const DIABETES = fileURLToPath(new URL("../../../../shared/data/tabular/diabetes.csv", import.meta.url));
const HOUSES = [
  "id,town,rooms,area,price",
  ...Array.from({ length: 60 }, (_, i) =>
    `h${String(i)},"${i % 2 === 1 ? "Leeds, West" : "York"}",${String(1 + (i % 5))},${i % 10 === 3 ? "" : String(40 + i)},${String(120 + 20 * (i % 5) + 2 * i)}`),
].join("\n");
const houses = { name: "houses.csv", bytes: Buffer.from(HOUSES) };

test("a diabetes CSV trains a regression with R² shown", async ({ page }) => {
  test.skip(!existsSync(DIABETES), `no table ${DIABETES}`);
  await page.goto("./?view=train&lang=en");
  await drop(page, [{ name: "diabetes.csv", bytes: readFileSync(DIABETES) }]);
  const columns = page.getByRole("region", { name: /Columns of/ });
  await expect(columns.getByRole("row")).toHaveCount(12);
  await expect(columns.getByRole("radio", { name: "Predict target" })).toBeChecked();
  await expect(columns.getByRole("row", { name: /bmi/ })).toContainText("18 to 42.2");
  await expect(page).toHaveURL(/data=csv&file=[0-9a-f]{16}/);
  await expect(page.locator(".status .state")).toHaveText("Not started");
  await page.locator(".status .prime").click();
  await expect(page.locator(".status .state")).toHaveText("Done", { timeout: 55_000 });
  const text = await page.locator(".numbers").innerText();
  expect(Number(/R²\s*([\d.]+)/.exec(text)?.[1])).toBeGreaterThan(0.2);
});

test("least squares stands beside a regression and names the columns that say the same twice", async ({ page }) => {
  await page.goto("./?view=train&lang=en");
  await page.locator("#train-set").selectOption("diabetes");
  const squares = page.getByRole("region", { name: "Least squares on the same split" });
  await expect(squares.getByRole("row")).toHaveCount(11);
  const figure = page.locator("figure").filter({ has: squares });
  await expect(figure).toContainText(/inflated more than 10 times for .*s1/);
  const inflation = async (): Promise<number> => Number(await squares.getByRole("row", { name: /^s1 / }).getByRole("cell").last().innerText());
  const plain = await inflation();
  expect(plain).toBeGreaterThan(10);
  const ridge = page.getByRole("textbox", { name: "Ridge of the least squares" });
  await ridge.fill("0.1");
  await ridge.press("Enter");
  await expect.poll(inflation).toBeLessThan(plain / 2);
  await expect(page).toHaveURL(/ridge=0\.1/);
  expect(await violations(page)).toEqual([]);
});

test("a table with words, missing cells and a quoted comma says what is missing, then works", async ({ page }) => {
  await page.goto("./?view=train&lang=en");
  await drop(page, [houses]);
  await expect(page.getByRole("alert")).toContainText("Line 5 has no value in the column area.");
  await page.getByLabel("What becomes of missing cells").selectOption("fill");
  await expect(page.getByRole("alert")).toHaveCount(0);
  const columns = page.getByRole("region", { name: /Columns of/ });
  await expect(columns.getByRole("row", { name: /town/ })).toContainText("Leeds, West and York");
  await expect(columns.getByRole("row", { name: /^.*id/ }).first()).toContainText("text, left out");
  expect(await violations(page)).toEqual([]);
  await page.locator(".status .prime").click();
  await expect(page.locator(".status .state")).toHaveText("Done", { timeout: 55_000 });

  // a word as the target: classes, and the last layer follows
  await columns.getByRole("radio", { name: "Predict town" }).check();
  await expect(page.getByLabel("What the target is")).toHaveValue("classification");
  await expect(page.getByRole("alert")).toHaveCount(0);
  await expect(page).toHaveURL(/target=town/);
});

test("a link over a table keeps target and treatment, and folds are held out in turn", async ({ page }) => {
  await page.goto("./?view=train&lang=en");
  await drop(page, [houses]);
  await page.getByLabel("What becomes of missing cells").selectOption("drop");
  await page.getByLabel("Split").selectOption("fold");
  await page.getByRole("textbox", { name: "Number of folds" }).fill("6");
  await page.getByRole("textbox", { name: "Number of folds" }).press("Enter");
  await expect(page.getByText("45 train, 9 test")).toBeVisible();
  await expect(page).toHaveURL(/missing=drop.*split=fold.*folds=6/);
  await page.reload();
  await expect(page.getByText("A file is missing")).toBeVisible();
  await drop(page, [houses]);
  await expect(page.getByText("45 train, 9 test")).toBeVisible();
  await expect(page.getByLabel("What becomes of missing cells")).toHaveValue("drop");
});

test.describe("what cannot be read", () => {
  const cases: { name: string; text: string; en: RegExp; zh: RegExp }[] = [
    { name: "a ragged line", text: "a,b,c\n1,2,3\n4,5\n", en: /Line 3 has 2 columns, the header has 3\. Nothing was loaded/, zh: /第 3 行有 2 列，表头有 3 列。未载入任何数据/ },
    { name: "a header alone", text: "a,b\n", en: /too few rows/, zh: /样本行太少/ },
    { name: "two columns of one name", text: "a,b,a\n1,2,3\n4,5,6\n", en: /columns 1 and 3 are both called a/, zh: /第 1 列与第 3 列同名（a）/ },
  ];
  for (const { name, text, en, zh } of cases) {
    test(name, async ({ page }) => {
      await page.goto("./?view=train&lang=en");
      await expect(page.locator(".status .state")).toHaveText("Not started");
      await drop(page, [{ name: "t.csv", bytes: Buffer.from(text) }]);
      await expect(page.getByRole("alert")).toContainText(en);
      await page.keyboard.press("l");
      await expect(page.getByRole("alert")).toContainText(zh);
      await expect(page.locator("#train-set")).toHaveValue("digits");
    });
  }
});

test("a saved model of a table asks for the table, and with it is there again", async ({ page }, info) => {
  const rows = Array.from({ length: 40 }, (_, i) => `${String(i % 5)},${String(i % 7)},${String((i % 5) + 2 * (i % 7))}`);
  const table = { name: "sums.csv", bytes: Buffer.from(["a,b,sum", ...rows].join("\n")) };
  await page.goto("./?view=train&lang=en");
  await drop(page, [table]);
  const state = page.locator(".status .state");
  await expect(state).toHaveText("Not started");
  await page.locator(".status .prime").click();
  await expect(state).toHaveText("Done", { timeout: 30_000 });
  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: "Save" }).click();
  const path = info.outputPath("sums.safetensors");
  await (await download).saveAs(path);
  const model = { name: "sums.safetensors", bytes: readFileSync(path) };

  await page.goto("./?view=train&lang=en&data=xor&net=d4-tanh_d2-softmax&test=100");
  await expect(state).toHaveText("Not started");
  await drop(page, [model]);
  await expect(page.getByRole("alert")).toContainText("Drop the model together with them.");
  await expect(page.locator("#train-set")).toHaveValue("xor");
  await drop(page, [model, table]);
  await expect(state).toHaveText("Done");
  await expect(page.getByRole("alert")).toHaveCount(0);
  await expect(page.locator("#train-set")).toHaveValue("csv");
});
