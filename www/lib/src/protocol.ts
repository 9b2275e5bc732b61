/** What travels between the page and a worker. One request is answered by one reply. */
import type { CoreName } from "./core.js";
import type { ReportMessage } from "./types.js";

export interface Request { id: number; method: string; args: unknown[] }

export type Reply =
  /** The worker holds the lock that it was told: once another gets it, the worker is no more. */
  | { held: string }
  /** `snapshot`: the run as a file, now and then beside a progress, to go back to if the core breaks. */
  | { id: number; ok: true; value: unknown; snapshot?: Uint8Array }
  | { id: number; ok: false; report: ReportMessage }
  /** The core broke (a trap of WebAssembly): this worker is of no use any more. */
  | { id: number; ok: false; broken: string };

/**
 * Comes before all else, where there are locks: a name that the worker holds for as long as it lives. Browsers tell in no other way
 * that a worker was ended, for want of memory for one.
 */
export interface Hold { lock: string }

/**
 * What a worker begins with. `face`: which it shall be, if its script has several. `rest`: that of the core, or where it is, to be
 * fetched when it is needed.
 */
export interface Start { face: CoreName; module: WebAssembly.Module; rest?: WebAssembly.Module | string }

/** The memory of all typed arrays in `value`, which is then handed over instead of copied. */
export function buffers(value: unknown): ArrayBuffer[] {
  const found = new Set<ArrayBuffer>();
  const visit = (part: unknown): void => {
    if (ArrayBuffer.isView(part)) {
      if (part.buffer instanceof ArrayBuffer) found.add(part.buffer);
    } else if (Array.isArray(part)) {
      // lists of numbers hold no arrays, and may be long
      if (typeof part[0] === "object") part.forEach(visit);
    } else if (typeof part === "object" && part !== null) {
      Object.values(part).forEach(visit);
    }
  };
  visit(value);
  return [...found];
}
