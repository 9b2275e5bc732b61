#!/usr/bin/env node
// Pictures of the built page: every address at 1440 and 360 px, light and dark, in English and Chinese.
//   node tools/shots.mjs [--wait 3000] [--out www/e2e/shots] [--only 1440-light-en] [name=address ...]
// An address is a query of the built page ("?view=train") or a whole URL. Without one: both views.
// Pictures with Chinese text need a font that has it (Debian: fonts-noto-cjk).

import { mkdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import { launchOptions } from "../www/e2e/chromium.js";
import { serve } from "./serve.mjs";

const { chromium } = createRequire(new URL("../www/e2e/package.json", import.meta.url))("@playwright/test");

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    wait: { type: "string", default: "3000" },
    out: { type: "string", default: fileURLToPath(new URL("../www/e2e/shots", import.meta.url)) },
    only: { type: "string", default: "" },
  },
});
const addresses = positionals.length > 0 ? positionals : ["landscape=./", "train=./?view=train"];
const variants = [1440, 360].flatMap((width) =>
  ["light", "dark"].flatMap((theme) => ["en", "zh"].map((language) => ({ width, theme, language }))),
);

await mkdir(values.out, { recursive: true });
const server = await serve({ port: 0 });
const browser = await chromium.launch(launchOptions);
try {
  for (const { width, theme, language } of variants) {
    const variant = `${width}-${theme}-${language}`;
    if (!variant.includes(values.only)) continue;
    const context = await browser.newContext({
      baseURL: server.address,
      viewport: { width, height: width > 600 ? 900 : 780 },
      deviceScaleFactor: width > 600 ? 1 : 2,
      colorScheme: theme,
      locale: language === "zh" ? "zh-CN" : "en-US",
    });
    const page = await context.newPage();
    page.on("pageerror", (error) => console.error(`${variant}: ${error.message}`));
    for (const entry of addresses) {
      const [, name, address] = /^([\w-]+)=(.+)$/.exec(entry) ?? [null, "page", entry];
      await page.goto(address);
      await page.waitForTimeout(Number(values.wait));
      const path = join(values.out, `${name}-${variant}.png`);
      await page.screenshot({ path, fullPage: true });
      console.log(path);
    }
    await context.close();
  }
} finally {
  await browser.close();
  server.close();
}
