import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

import { expect, test as base, type Page } from "@playwright/test";
import type { AxeResults, RunOptions } from "axe-core";

/** Text of axe-core, evaluated in the page by the test driver, where the page's own policy does not reach. */
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** `test` with a page that must stay silent: an error, a warning or a refused request fails the test. */
export const test = base.extend<{ complaints: string[] }>({
  complaints: [
    async ({ page }, use) => {
      const complaints: string[] = [];
      page.on("console", (message) => {
        if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
      });
      page.on("pageerror", (error) => complaints.push(error.message));
      page.on("requestfailed", (request) => {
        const reason = request.failure()?.errorText ?? "";
        // given up by the page itself, which left or ended a worker whose script was still on its way
        if (reason !== "net::ERR_ABORTED") complaints.push(`${request.url()}: ${reason}`);
      });
      await use(complaints);
      expect(complaints, "the console stays empty").toEqual([]);
    },
    { auto: true },
  ],
});

/** Serious and critical violations of the rules of axe on the page as it is now, one line each. */
export async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  const results = await page.evaluate(async () => {
    const options: RunOptions = { resultTypes: ["violations"] };
    const run = (globalThis as unknown as { axe: { run: (o: RunOptions) => Promise<AxeResults> } }).axe.run;
    return run(options);
  });
  return results.violations
    .filter((v) => v.impact === "serious" || v.impact === "critical")
    .flatMap((v) => v.nodes.map((node) => `${v.id} (${v.impact}): ${node.target.join(" ")}: ${v.help}`));
}

export { expect };
