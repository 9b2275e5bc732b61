// Earlier runs, one file for each machine line: processor and engine.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

const FOLDER = "benches/results";
/** A change of less is noise even on a quiet machine. */
const LEAST = 0.03;

/** The file of the machine line that `measured` belongs to. */
export function placeOf({ machine, engine }) {
  const slug = `${machine} ${engine}`.toLowerCase().replace(/[^a-z0-9.]+/g, "-").replace(/^-|-$/g, "");
  return join(FOLDER, `${slug}.json`);
}

/** The run of the same machine line that was committed last, if there is one. */
export function earlier(measured) {
  const place = placeOf(measured);
  return existsSync(place) ? JSON.parse(readFileSync(place, "utf8")) : undefined;
}

/** How the share of the peak of a line has changed since `before`, in words. */
export function compared(line, peak, before) {
  const old = before?.lines.find(({ name }) => name === line.name);
  if (!old) return "";
  const change = line.flops / peak[line.type] / (old.flops / before.peak[old.type]) - 1;
  const text = `${change < 0 ? "" : "+"}${(100 * change).toFixed(1)} %`;
  return Math.abs(change) < LEAST ? text : `${text} ${change < 0 ? "slower" : "faster"}`;
}
