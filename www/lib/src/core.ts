/**
 * The side that holds a core, in a worker or in the page's own thread; everything there runs to its end at once. A core
 * has one of three faces, so that a worker fetches only the script it needs: one trains (engine.ts), one computes landscapes (lab.ts),
 * one says where networks stand in theirs (curvature-core.ts).
 */
import type { CurvatureCalls } from "./curvature-core.js";
import type { TrainingCalls } from "./engine.js";
import { Broken, isReport, SaddlepointError } from "./error.js";
import type { LandscapeCalls } from "./lab.js";

/** What a core is asked, by its face. */
export interface Cores { training: TrainingCalls; landscape: LandscapeCalls; curvature: CurvatureCalls }
export type CoreName = keyof Cores;

/** What every core is asked. */
export interface Common {
  /** A packed set of the package, for which a call asked. */
  provide(set: string, packed: Uint8Array): undefined;
}

export interface Core {
  /** The run as a file, if one was due since the last time. */
  takeSnapshot(): Uint8Array | undefined;
  /** Gives the memory back. */
  free(): void;
}

/** Asks a core. */
export function ask(core: Core, method: string, args: unknown[]): unknown {
  return (core as unknown as Record<string, (...args: unknown[]) => unknown>)[method]?.(...args);
}

/** Makes of whatever was thrown a mistake that can be told, or the news that the core broke. */
export function judged(error: unknown): SaddlepointError | Broken {
  if (error instanceof SaddlepointError) return error;
  if (isReport(error)) return new SaddlepointError(error);
  return new Broken(error instanceof Error ? error.message : String(error));
}
