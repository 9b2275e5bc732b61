/** What the footer says of the run in view: enough to tell two runs apart. */
import type { View } from "../state/table.ts";

export interface RunLine { seed: number; hash: string }

const lines: Record<View, RunLine | null> = $state({ landscape: null, train: null, speed: null });

export function runLine(view: View): RunLine | null {
  return lines[view];
}

/** Each view sets its own line: seed and run hash (16 hex digits), or null while there is none. */
export function setRunLine(view: View, line: RunLine | null): void {
  lines[view] = line;
}

/** The hash in groups of four: 4f1c 90ab. */
export function grouped(hash: string): string {
  return hash.replace(/(.{4})(?=.)/g, "$1 ");
}
