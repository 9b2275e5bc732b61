import { test } from "@playwright/test";

/** Tells a figure that a test measured: in its report, and on the terminal. */
export function measured(type: string, description: string): void {
  test.info().annotations.push({ type, description });
  process.stdout.write(`${type}: ${description}\n`);
}
