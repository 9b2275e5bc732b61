/** The Train view keeps its run: after a reload it is offered, and goes on where it was. */
import { expect, test } from "./fixtures.js";

const PAGE = "./?view=train&lang=en&data=xor&net=d8-tanh_d2-softmax&test=100&epochs=1000";

/** The step of the status line. */
const STEP = /step ([\d,]+)/;
const stepOf = (text: string): number => Number(STEP.exec(text)?.[1]?.replaceAll(",", "") ?? NaN);

test("a run is offered after a reload, goes on, and is forgotten when that is wanted", async ({ page }) => {
  await page.goto(PAGE);
  const [prime, state, numbers] = [page.locator(".status .prime"), page.locator(".status .state"), page.locator(".status .numbers")];
  await expect(state).toHaveText("Not started");
  await expect(page.locator(".kept")).toHaveCount(0);
  await prime.click();
  await expect.poll(async () => stepOf((await numbers.textContent()) ?? "")).toBeGreaterThan(300);
  await prime.click();
  await expect(state).toContainText("Paused");
  const paused = stepOf((await numbers.textContent()) ?? "");
  // what a pause leaves unsaved is saved a little later
  await page.waitForTimeout(3500);
  // another recipe in the address does not matter
  await page.goto("./?view=train&lang=en");
  const offer = page.locator(".kept");
  await expect(offer).toContainText("Your last run was kept");
  const resume = offer.getByRole("button", { name: /^Resume from step/ });
  expect(stepOf(((await resume.textContent()) ?? "").toLowerCase())).toBe(paused);
  await resume.click();
  await expect(state).toContainText("Paused");
  expect(stepOf((await numbers.textContent()) ?? "")).toBe(paused);
  await expect(offer).toHaveCount(0);
  await expect(page).toHaveURL(/data=xor/);
  await prime.click();
  await expect.poll(async () => stepOf((await numbers.textContent()) ?? "")).toBeGreaterThan(paused + 100);
  await page.waitForTimeout(500);

  await page.reload();
  await offer.getByRole("button", { name: "Discard" }).click();
  await expect(offer).toHaveCount(0);
  await page.reload();
  await expect(state).toHaveText("Not started");
  await page.waitForTimeout(500);
  await expect(offer).toHaveCount(0);
});

test("a run that another tab trains is not offered, and an offer is not overwritten by another run", async ({ page, context }) => {
  await page.goto(PAGE);
  await page.locator(".status .prime").click();
  await page.waitForTimeout(1000);
  const second = await context.newPage();
  await second.goto("./?view=train&lang=en");
  await expect(second.locator(".status .state")).toHaveText("Not started");
  await second.waitForTimeout(800);
  await expect(second.locator(".kept")).toHaveCount(0);
  await page.close();
  // now it is, and a run that is begun instead is kept beside it
  await second.reload();
  await expect(second.locator(".kept")).toContainText("step");
  await second.locator(".status .prime").click();
  await expect(second.locator(".kept")).toHaveCount(0);
  await second.waitForTimeout(1500);
  const names = await second.evaluate(async () => {
    const db = await new Promise<IDBDatabase>((done) => { const asked = indexedDB.open("saddlepoint"); asked.onsuccess = () => { done(asked.result); }; });
    const heads = await new Promise<{ name: string }[]>((done) => { const asked = db.transaction("heads").objectStore("heads").getAll(); asked.onsuccess = () => { done(asked.result as { name: string }[]); }; });
    db.close();
    return [...new Set(heads.map(({ name }) => name))];
  });
  expect(names.sort()).toEqual(["train", "train, another"]);
});
