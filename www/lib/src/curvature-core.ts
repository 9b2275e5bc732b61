/** The core as it is asked where networks stand in their landscape, in f64. */
import { initSync, NetworkSession, provideSet } from "../pkg/saddlepoint.js";
import type { Common, Core } from "./core.js";
import { report, SaddlepointError } from "./error.js";
import { parts } from "./input.js";
import type { Certificate, CriticalSearch, HessianTrace, IndexLossPoint, NamedBytes, NetworkInfo, NoiseOnPlane, PathOnPlane, SpectralDensity, Trajectory } from "./types.js";

/** A plane as the core gives it. */
export interface RawPlane { origin: Float64Array; axes: [Float64Array, Float64Array]; explained?: Float64Array; randomWalk?: Float64Array; unit?: number; eigenvalues?: Float64Array; residuals?: Float64Array; ritz?: Float64Array }

/** What a page may ask. */
export interface CurvatureCalls extends Common {
  network(spec: string, files: NamedBytes[]): NetworkInfo;
  initial(seed: number): Float64Array;
  weights(file: Uint8Array): Float64Array;
  measure(theta: Float64Array): Float64Array;
  descend(race: string, arm: number, start: Float64Array): Trajectory;
  principalPlane(paths: Float64Array, points: Float64Array): RawPlane;
  randomPlane(theta: Float64Array, seed: number): RawPlane;
  eigenPlane(theta: Float64Array, steps: number, seed: number): RawPlane;
  certify(theta: Float64Array, whole: number, steps: number): Certificate;
  search(theta: Float64Array, steps: number): CriticalSearch;
  density(theta: Float64Array, steps: number, probes: number, points: number, seed: number): SpectralDensity;
  trace(theta: Float64Array, probes: number, seed: number): HessianTrace;
  indexPoint(number: number, descent: number, seed: number): IndexLossPoint;
  planeThrough(a: Float64Array, b: Float64Array, c: Float64Array): RawPlane;
  weightsPlane(theta: Float64Array, x: string, y: string): RawPlane;
  look(origin: Float64Array, x: Float64Array, y: Float64Array): undefined;
  slice(points: Float64Array): Float64Array;
  follow(path: Float64Array): PathOnPlane;
  noise(theta: Float64Array, batches: Float64Array): NoiseOnPlane;
}

export class CurvatureCore implements Core, CurvatureCalls {
  private session: NetworkSession | undefined;

  constructor(module: WebAssembly.Module) {
    initSync({ module });
  }

  provide(set: string, packed: Uint8Array): undefined {
    provideSet(set, packed);
  }

  network(spec: string, files: NamedBytes[]): NetworkInfo {
    this.session?.free();
    this.session = undefined;
    this.session = new NetworkSession(spec, ...parts(files));
    return this.session.info() as NetworkInfo;
  }

  initial(seed: number): Float64Array {
    return this.opened().initial(seed) as Float64Array;
  }

  weights(file: Uint8Array): Float64Array {
    return this.opened().weights(file) as Float64Array;
  }

  measure(theta: Float64Array): Float64Array {
    return this.opened().measure(theta) as Float64Array;
  }

  descend(race: string, arm: number, start: Float64Array): Trajectory {
    return this.opened().descend(race, arm, start) as Trajectory;
  }

  principalPlane(paths: Float64Array, points: Float64Array): RawPlane {
    return this.opened().principalPlane(paths, points) as RawPlane;
  }

  randomPlane(theta: Float64Array, seed: number): RawPlane {
    return this.opened().randomPlane(theta, seed) as RawPlane;
  }

  eigenPlane(theta: Float64Array, steps: number, seed: number): RawPlane {
    return this.opened().eigenPlane(theta, steps, seed) as RawPlane;
  }

  certify(theta: Float64Array, whole: number, steps: number): Certificate {
    return this.opened().certify(theta, whole, steps) as Certificate;
  }

  search(theta: Float64Array, steps: number): CriticalSearch {
    return this.opened().search(theta, steps) as CriticalSearch;
  }

  density(theta: Float64Array, steps: number, probes: number, points: number, seed: number): SpectralDensity {
    return this.opened().density(theta, steps, probes, points, seed) as SpectralDensity;
  }

  trace(theta: Float64Array, probes: number, seed: number): HessianTrace {
    return this.opened().trace(theta, probes, seed) as HessianTrace;
  }

  indexPoint(number: number, descent: number, seed: number): IndexLossPoint {
    return this.opened().indexPoint(number, descent, seed) as IndexLossPoint;
  }

  planeThrough(a: Float64Array, b: Float64Array, c: Float64Array): RawPlane {
    return this.opened().planeThrough(a, b, c) as RawPlane;
  }

  weightsPlane(theta: Float64Array, x: string, y: string): RawPlane {
    return this.opened().weightsPlane(theta, x, y) as RawPlane;
  }

  look(origin: Float64Array, x: Float64Array, y: Float64Array): undefined {
    this.opened().look(origin, x, y);
  }

  slice(points: Float64Array): Float64Array {
    return this.opened().slice(points) as Float64Array;
  }

  follow(path: Float64Array): PathOnPlane {
    return this.opened().follow(path) as PathOnPlane;
  }

  noise(theta: Float64Array, batches: Float64Array): NoiseOnPlane {
    return this.opened().noise(theta, batches) as NoiseOnPlane;
  }

  /** There is nothing to go back to: everything is made again from what is passed. */
  takeSnapshot(): undefined {
    return undefined;
  }

  free(): void {
    this.session?.free();
    this.session = undefined;
  }

  private opened(): NetworkSession {
    if (this.session) return this.session;
    throw new SaddlepointError(report("state", "nothing-open", "network", { expected: "a network", got: "none", hint: "create one first" }));
  }
}
