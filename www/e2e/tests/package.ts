/** A page over the built package, on an origin of its own, in a Chromium that keeps its data on disk. */
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { chromium, test as base, type BrowserContext, type CDPSession, type Page } from "@playwright/test";

import { serve } from "../../../tools/serve.mjs";
import { launchOptions } from "../chromium.js";

export interface Point { step: number; time: number; bytes: number }
export interface Report { code: string; hint: string; args: Record<string, string> }
interface Refusal { code: string; hint: string }
interface Named { name: string; bytes: Uint8Array }
interface Model { step: (n: number) => Promise<{ step: number; runHash: string; state: string; report: Report | null }>; trainFor: (ms: number) => Promise<{ state: string }>; dispose: () => Promise<void> }

interface Saver { name: string; saved: Point | null; report: Report | null; flush: () => Promise<Point | null>; stop: () => Promise<void> }

/** What the page offers: package/drive.js, as far as tests use it. */
export interface Drive {
  Model: { create: (run: object, options?: { files?: Named[]; worker?: boolean }) => Promise<Model> };
  model: Model;
  autosave: (model: unknown, options: unknown) => Promise<Saver>;
  saver: Saver;
  resume: (name: string) => Promise<{ model: Model; step: number; time: number; setAside: Report[] } | null>;
  storedRuns: () => Promise<(Point & { name: string; steps: number; data: string; checkpoints: number })[]>;
  removeRun: (name: string) => Promise<void>;
  damagedCheckpoints: (name?: string) => Promise<(Point & { report: Report })[]>;
  refusal: (promise: Promise<unknown>) => Promise<Refusal | null>;
  pause: (ms: number) => Promise<void>;
  now: { step: number; state: string; runHash: string };
  reports: Report[];
  saved: Point[];
  pace: { steps: number; ms: number };
  stopped: boolean;
  training: Promise<unknown>;
  begin: (name: string, run: object, options?: object) => Promise<{ step: number; time: number; setAside: Report[] } | null>;
  train: () => Promise<{ step: number; state: string; runHash: string }>;
  undisturbed: (run: object) => Promise<{ state: string; runHash: string }>;
}

declare global {
  var drive: Drive;
}

export interface Site {
  context: BrowserContext;
  browser: CDPSession;
  origin: string;
  /** A page whose script is there. */
  open: () => Promise<Page>;
}

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

export const test = base.extend<{ site: Site }>({
  // eslint-disable-next-line no-empty-pattern
  site: async ({}, use) => {
    const folder = mkdtempSync(join(tmpdir(), "saddlepoint-"));
    for (const name of ["index.html", "drive.js"]) symlinkSync(path(`../package/${name}`), join(folder, name));
    for (const name of ["dist", "pkg"]) symlinkSync(path(`../../lib/${name}`), join(folder, name));
    const { address, close } = await serve({ dir: folder, port: 0 });
    const context = await chromium.launchPersistentContext(join(folder, "profile"), launchOptions);
    const browser = await context.browser()?.newBrowserCDPSession();
    if (!browser) throw new Error("no browser");
    const open = async (): Promise<Page> => {
      const page = await context.newPage();
      await page.goto(address);
      await page.waitForFunction(() => "drive" in globalThis);
      return page;
    };
    await use({ context, browser, origin: address.slice(0, -1), open });
    await context.close();
    close();
    rmSync(folder, { recursive: true, force: true });
  },
});

export { expect } from "@playwright/test";
