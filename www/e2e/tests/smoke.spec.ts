import { expect, test, violations } from "./fixtures.js";

test("the page opens, says what it is and breaks no rule of accessibility", async ({ page }) => {
  await page.goto("./");
  await expect(page).toHaveTitle(/saddlepoint/);
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  expect(await violations(page)).toEqual([]);
});

test("the page obeys its policy: nothing from elsewhere, no inline script, no inline style", async ({ page, baseURL }) => {
  const hosts = new Set<string>();
  page.on("request", (request) => hosts.add(new URL(request.url()).origin));
  const response = await page.goto("./");
  const policy = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'";
  expect(response?.headers()["content-security-policy"]).toBe(policy);
  await expect(page.locator('meta[http-equiv="Content-Security-Policy"]')).toHaveAttribute("content", policy);
  expect([...hosts]).toEqual([new URL(baseURL ?? "").origin]);
});
