/** The core as it is asked for landscapes, which it computes in f64. */
import { initSync, LandscapeSession, namedFunctions, provideSet } from "../pkg/saddlepoint.js";
import type { Common, Core } from "./core.js";
import { report, SaddlepointError } from "./error.js";
import { parts } from "./input.js";
import type { CriticalPoints, Escapes, LandscapeInfo, NamedBytes, NamedFunction, Race, SeedStrip, StayArm, Surface } from "./types.js";

/** What a page may ask. Specs travel as JSON, as they do to the core that trains. */
export interface LandscapeCalls extends Common {
  landscape(spec: string, files: NamedBytes[]): LandscapeInfo;
  functionLandscape(spec: string): LandscapeInfo;
  namedFunctions(): NamedFunction[];
  surface(box: string, columns: number, rows: number): Surface;
  lossAt(x: number, y: number): number;
  criticalPoints(box: string): CriticalPoints;
  escape(spec: string): Escapes;
  stays(spec: string): StayArm[];
  race(spec: string): Race;
  strip(spec: string, seeds: Float64Array): SeedStrip;
}

export class Lab implements Core, LandscapeCalls {
  private session: LandscapeSession | undefined;

  constructor(module: WebAssembly.Module) {
    initSync({ module });
  }

  provide(set: string, packed: Uint8Array): undefined {
    provideSet(set, packed);
  }

  landscape(spec: string, files: NamedBytes[]): LandscapeInfo {
    this.session?.free();
    this.session = new LandscapeSession(spec, ...parts(files));
    return this.session.info() as LandscapeInfo;
  }

  functionLandscape(spec: string): LandscapeInfo {
    const session = LandscapeSession.function(spec);
    this.session?.free();
    this.session = session;
    return this.session.info() as LandscapeInfo;
  }

  namedFunctions(): NamedFunction[] {
    return namedFunctions() as NamedFunction[];
  }

  surface(box: string, columns: number, rows: number): Surface {
    return this.opened().surface(box, columns, rows) as Surface;
  }

  lossAt(x: number, y: number): number {
    return this.opened().loss(x, y);
  }

  criticalPoints(box: string): CriticalPoints {
    return this.opened().criticalPoints(box) as CriticalPoints;
  }

  escape(spec: string): Escapes {
    return this.opened().escape(spec) as Escapes;
  }

  stays(spec: string): StayArm[] {
    return this.opened().stays(spec) as StayArm[];
  }

  race(spec: string): Race {
    return this.opened().race(spec) as Race;
  }

  strip(spec: string, seeds: Float64Array): SeedStrip {
    return this.opened().strip(spec, seeds) as SeedStrip;
  }

  /** There is nothing to go back to: a landscape is made again from its description. */
  takeSnapshot(): undefined {
    return undefined;
  }

  free(): void {
    this.session?.free();
    this.session = undefined;
  }

  private opened(): LandscapeSession {
    if (this.session) return this.session;
    throw new SaddlepointError(report("state", "nothing-open", "landscape", { expected: "a landscape", got: "none", hint: "create one first" }));
  }
}
