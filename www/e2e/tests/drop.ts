/** Files dropped on the page. */
import { fileURLToPath } from "node:url";

import type { Page } from "@playwright/test";

/** The published files stand beside the project, not in it. */
export const MNIST = fileURLToPath(new URL("../../../../shared/data/mnist/", import.meta.url));

export interface Dropped { name: string; bytes: Uint8Array }

/** Drops files on the page as a hand would: over it, then on it. */
export async function drop(page: Page, files: readonly Dropped[]): Promise<void> {
  const packed = files.map(({ name, bytes }) => ({ name, text: Buffer.from(bytes).toString("base64") }));
  const transfer = await page.evaluateHandle((list) => {
    const data = new DataTransfer();
    for (const { name, text } of list) data.items.add(new File([Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))], name));
    return data;
  }, packed);
  for (const type of ["dragover", "drop"]) await page.dispatchEvent("main", type, { dataTransfer: transfer });
}
