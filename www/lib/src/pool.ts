/** Several cores that share a piece of work: whichever is free takes the next part. No shared memory and no special headers. */
import type { CoreName } from "./core.js";
import { Line } from "./line.js";
import { usesWorker } from "./wasm.js";
import type { Link } from "./link.js";

/** More cores than this are seldom free for a page, and each holds its own copy of the data. */
const MOST = 4;

/** How many cores a pool has: as many as asked for, or as the machine seems to have, up to four; one where there are no workers. */
export function poolSize(asked: number | undefined, worker: boolean | undefined): number {
  if (!usesWorker(worker)) return 1;
  // older Node has none
  const { navigator } = globalThis as { navigator?: Navigator };
  const count = asked ?? Math.min(navigator?.hardwareConcurrency ?? 1, MOST);
  return Number.isInteger(count) && count >= 1 ? Math.min(count, 64) : 1;
}

export class Pool<N extends CoreName> {
  private readonly lines: readonly Line<N>[];

  /** `size` cores: `first`, those of `others` that are in use for something else too, and more that open when they are first needed. */
  constructor(readonly first: Line<N>, size: number, open: () => Promise<Link<N>>, others: readonly Line<N>[] = []) {
    const given = [first, ...others].slice(0, size);
    this.lines = [...given, ...Array.from({ length: size - given.length }, () => new Line(open))];
  }

  get size(): number {
    return this.lines.length;
  }

  /**
   * Does parts of a work until `next` gives none, on all cores at once. The first failure ends it: no further part is begun,
   * and it rejects once those under way are over.
   */
  async share<P>(next: () => P | undefined, work: (link: Link<N>, part: P) => Promise<void>): Promise<void> {
    let failed = false;
    const done = this.lines.map(async (line) => {
      for (let part = failed ? undefined : next(); part !== undefined; part = failed ? undefined : next()) {
        const mine = part;
        try {
          await line.use((link) => work(link, mine));
        } catch (error) {
          failed = true;
          throw error;
        }
      }
    });
    const fault = (await Promise.allSettled(done)).find((one) => one.status === "rejected");
    if (fault) throw fault.reason;
  }

  close(): void {
    for (const line of this.lines) line.close();
  }
}
