import { checkSignal, untilAborted } from "./abort.js";
import type { CurvatureApi, CurvatureOptions, DensityOptions, IndexOptions, RaceOptions, SeedsOptions, SliceOptions } from "./api.js";
import type { RawPlane } from "./curvature-core.js";
import { dataType, filesOf, needsFiles, numberOf, numbersOf, refused, stringOf, textOf, thetaOf } from "./input.js";
import { Line } from "./line.js";
import { openLink, type Link } from "./link.js";
import { Pool, poolSize } from "./pool.js";
import { places, strides, thinned } from "./refine.js";
import type { Box, Certificate, CriticalSearch, HessianTrace, IndexLossPoint, NetworkInfo, NetworkRace, NetworkRaceSpec, NetworkSpec, NoiseOnPlane, PathOnPlane, Plane, PlaneChoice, SlicePicture, SpectralDensity, Trajectory } from "./types.js";

/** Milliseconds of work that a core is given at a time: between two parts a slice may be called off, and another question answered. */
const PART = 120;
/** Steps of Lanczos iteration: both ends of most spectra are found to a few digits within these. */
const LANCZOS = 60;
/** Most weights of which all eigenvalues are found: the Hessian then takes 72 MB. */
const WHOLE = 3000;
/** Most points of a slice. */
const MOST_POINTS = 1 << 20;

/** Where a network of any size stands in the landscape of its loss. */
export class Curvature implements CurvatureApi {
  static async create(spec: NetworkSpec, options: CurvatureOptions = {}): Promise<Curvature> {
    const { worker, workers, signal, weights } = options;
    checkSignal(signal);
    const files = needsFiles(spec) ? filesOf(options.files) : [];
    const text = textOf(spec);
    let info: NetworkInfo | undefined;
    const open = async (): Promise<Link<"curvature">> => {
      const link = await openLink("curvature", worker, dataType(spec), true);
      try {
        info = await link.call("network", text, files);
        return link;
      } catch (error) {
        link.close();
        throw error;
      }
    };
    const line = new Line(open);
    try {
      const theta = await untilAborted(
        line.use((link) => (weights instanceof Uint8Array ? link.call("weights", weights) : weights === undefined ? link.call("initial", numberOf(spec.seed ?? 0)) : Promise.resolve(thetaOf("weights", weights)))),
        signal,
      );
      // `use` has opened the core, which is what `info` comes from
      return new Curvature(info as unknown as NetworkInfo, theta, new Pool(line, poolSize(workers, worker), open));
    } catch (error) {
      line.close();
      throw error;
    }
  }

  /** The plane that each core looks at. */
  private readonly looking = new WeakMap<Link<"curvature">, Plane>();

  private constructor(readonly info: NetworkInfo, readonly weights: Float64Array, private readonly pool: Pool<"curvature">) {}

  initial(seed: number): Promise<Float64Array> {
    return this.pool.first.call("initial", numberOf(seed));
  }

  async measure(at: Float64Array = this.weights): Promise<{ loss: number; gradientNorm: number }> {
    const [loss = NaN, gradientNorm = NaN] = await this.pool.first.call("measure", thetaOf("at", at));
    return { loss, gradientNorm };
  }

  async race(spec: NetworkRaceSpec, { signal, progress, start }: RaceOptions = {}): Promise<NetworkRace> {
    const arms = armsOf(spec);
    const [race] = await this.descents([textOf(spec)], arms, start, signal, (done) => progress?.(done, arms));
    return race ?? { paths: [] };
  }

  async seeds(spec: NetworkRaceSpec, seeds: number[], { signal, progress, start, found }: SeedsOptions = {}): Promise<NetworkRace[]> {
    const arms = armsOf(spec);
    const texts = Array.from(numbersOf(seeds), (seed) => textOf({ ...spec, seed }));
    return this.descents(texts, arms, start, signal, (done) => progress?.(done, texts.length * arms), found);
  }

  /** All arms of races that differ in a number, beside each other: no core waits for the end of a race. */
  private async descents(
    races: readonly string[], arms: number, start: Float64Array | undefined, signal: AbortSignal | undefined,
    progress: (done: number) => void, found?: (race: NetworkRace, index: number) => void,
  ): Promise<NetworkRace[]> {
    checkSignal(signal);
    const from = start === undefined ? new Float64Array() : thetaOf("start", start);
    const paths: Trajectory[][] = races.map(() => []);
    const left = races.map(() => arms);
    // a race of no arms is refused by the core
    const all = races.length * Math.max(1, arms);
    let next = 0;
    let done = 0;
    const take = (): number | undefined => (next < all && signal?.aborted !== true ? next++ : undefined);
    await this.pool.share(take, async (link, part) => {
      const arm = part % Math.max(1, arms);
      const race = (part - arm) / Math.max(1, arms);
      const own = paths[race] ?? [];
      own[arm] = await link.call("descend", races[race] ?? "", arm, from);
      progress(++done);
      left[race] = (left[race] ?? 0) - 1;
      if (left[race] === 0) found?.({ paths: own }, race);
    });
    checkSignal(signal);
    return paths.map((own) => ({ paths: own }));
  }

  async plane(choice: PlaneChoice): Promise<Plane> {
    const raw = await this.pool.first.use((link) => this.chosen(link, choice));
    const { explained, randomWalk, unit, eigenvalues, residuals, ritz } = raw;
    const pair = (values: Float64Array): [number, number] => [values[0] ?? NaN, values[1] ?? NaN];
    return {
      type: choice.type, origin: raw.origin, axes: raw.axes,
      ...(explained && randomWalk ? { explained: pair(explained), randomWalk: pair(randomWalk) } : {}),
      ...(unit === undefined ? {} : { unit }),
      ...(eigenvalues && residuals && ritz ? { eigenvalues: pair(eigenvalues), residuals: pair(residuals), ritz } : {}),
    };
  }

  private chosen(link: Link<"curvature">, choice: PlaneChoice): Promise<RawPlane> {
    // callers without types may pass anything
    const type: unknown = (choice as PlaneChoice | undefined)?.type;
    switch (choice.type) {
      case "principal": {
        const list: unknown = choice.paths;
        const paths = (Array.isArray(list) ? list : []).map((path: unknown) => thetaOf("paths", path));
        const all = new Float64Array(paths.reduce((sum, path) => sum + path.length, 0));
        paths.reduce((place, path) => {
          all.set(path, place);
          return place + path.length;
        }, 0);
        return link.call("principalPlane", all, Float64Array.from(paths, (path) => path.length / this.info.parameters));
      }
      case "eigen": return link.call("eigenPlane", thetaOf("at", choice.at ?? this.weights), numberOf(choice.steps ?? LANCZOS), numberOf(choice.seed ?? 0));
      case "random": return link.call("randomPlane", thetaOf("at", choice.at ?? this.weights), numberOf(choice.seed ?? 0));
      case "interpolation": {
        const [a, b, c] = Array.isArray(choice.points) ? choice.points : [];
        return link.call("planeThrough", thetaOf("points", a), thetaOf("points", b), thetaOf("points", c));
      }
      case "weights": {
        const [x, y] = Array.isArray(choice.weights) ? choice.weights : [];
        return link.call("weightsPlane", thetaOf("at", choice.at ?? this.weights), stringOf(x), stringOf(y));
      }
      default: throw refused("plane-unknown", "plane", "a plane of type eigen, principal, random, interpolation or weights", stringOf(type), "choose one of these");
    }
  }

  slice(plane: Plane, box: Box, options: SliceOptions = {}): AsyncIterableIterator<SlicePicture> {
    return this.pictures(plane, box, options);
  }

  private async *pictures(plane: Plane, box: Box, { columns = 51, rows = 51, signal, progress }: SliceOptions): AsyncIterableIterator<SlicePicture> {
    const points = numberOf(columns) * numberOf(rows);
    if (!(Number.isInteger(columns) && Number.isInteger(rows) && columns >= 2 && rows >= 2 && points <= MOST_POINTS)) {
      throw refused("surface-size", "slice", "at least 2 x 2 and at most a million points", `${String(columns)} x ${String(rows)}`, "fifty points a side are enough");
    }
    const [x, y] = [box.x, box.y];
    if (![x, y].every((side) => Number.isFinite(side[1] - side[0]) && side[0] < side[1])) {
      throw refused("landscape-box", "box", "two finite numbers, the smaller one first", `${String(x)} and ${String(y)}`, "exchange or move the edges");
    }
    const values = new Float64Array(points).fill(NaN);
    const at = (place: number): [number, number] => {
      const [i, j] = [place % columns, Math.floor(place / columns)];
      return [x[0] + ((x[1] - x[0]) * i) / (columns - 1), y[0] + ((y[1] - y[0]) * j) / (rows - 1)];
    };
    const begun = performance.now();
    let done = 0;
    /** Milliseconds a core takes for a point. */
    let pace = 0;
    let before: number | undefined;
    for (const stride of strides(columns, rows)) {
      const wanted = places(columns, rows, stride, before);
      let next = 0;
      const take = (): number[] | undefined => {
        if (next >= wanted.length || signal?.aborted === true) return undefined;
        // not more than leaves a part for every core
        const share = Math.ceil((wanted.length - next) / this.pool.size);
        const part = wanted.slice(next, next + Math.min(share, pace === 0 ? 8 : Math.max(1, Math.round(PART / pace))));
        next += part.length;
        return part;
      };
      await this.pool.share(take, async (link, part) => {
        await this.look(link, plane);
        const start = performance.now();
        const losses = await link.call("slice", Float64Array.from(part.flatMap(at)));
        pace = Math.max(1e-3, (performance.now() - start) / part.length);
        part.forEach((place, i) => { values[place] = losses[i] ?? NaN; });
        done += part.length;
        progress?.({ done, points, secondsLeft: (((performance.now() - begun) / done) * (points - done)) / 1000 });
      });
      checkSignal(signal);
      yield picture(box, columns, rows, stride, values);
      before = stride;
    }
  }

  project(plane: Plane, path: Float64Array): Promise<PathOnPlane> {
    return this.pool.first.use(async (link) => {
      await this.look(link, plane);
      return link.call("follow", thetaOf("path", path));
    });
  }

  certify(at: Float64Array = this.weights, { whole = WHOLE, steps = LANCZOS }: { whole?: number; steps?: number } = {}): Promise<Certificate> {
    return this.pool.first.call("certify", thetaOf("at", at), numberOf(whole), numberOf(steps));
  }

  search(at: Float64Array = this.weights, steps = 200): Promise<CriticalSearch> {
    return this.pool.first.call("search", thetaOf("at", at), numberOf(steps));
  }

  density(at: Float64Array = this.weights, { steps = LANCZOS, probes = 6, points = 256, seed = 0 }: DensityOptions = {}): Promise<SpectralDensity> {
    return this.pool.first.call("density", thetaOf("at", at), numberOf(steps), numberOf(probes), numberOf(points), numberOf(seed));
  }

  trace(at: Float64Array = this.weights, { probes = 20, seed = 0 }: { probes?: number; seed?: number } = {}): Promise<HessianTrace> {
    return this.pool.first.call("trace", thetaOf("at", at), numberOf(probes), numberOf(seed));
  }

  async indexPoints(from: number, count: number, { descent = 300, seed = 0, signal, found }: IndexOptions = {}): Promise<IndexLossPoint[]> {
    checkSignal(signal);
    const points: IndexLossPoint[] = [];
    let next = 0;
    const take = (): number | undefined => (next < count && signal?.aborted !== true ? next++ : undefined);
    await this.pool.share(take, async (link, place) => {
      const point = await link.call("indexPoint", numberOf(from) + place, numberOf(descent), numberOf(seed));
      points[place] = point;
      found?.(point);
    });
    checkSignal(signal);
    return points;
  }

  noise(plane: Plane, batches: number[], at: Float64Array = this.weights): Promise<NoiseOnPlane> {
    return this.pool.first.use(async (link) => {
      await this.look(link, plane);
      return link.call("noise", thetaOf("at", at), numbersOf(batches));
    });
  }

  dispose(): Promise<void> {
    this.pool.close();
    return Promise.resolve();
  }

  private async look(link: Link<"curvature">, plane: Plane): Promise<void> {
    if (this.looking.get(link) === plane) return;
    const [x, y] = Array.isArray(plane.axes) ? plane.axes : [];
    await link.call("look", thetaOf("plane", plane.origin), thetaOf("plane", x), thetaOf("plane", y));
    this.looking.set(link, plane);
  }
}

/** Callers without types may pass anything. */
function armsOf(spec: NetworkRaceSpec): number {
  return Array.isArray(spec.arms) ? spec.arms.length : 0;
}

function picture(box: Box, columns: number, rows: number, stride: number, all: Float64Array): SlicePicture {
  const values = stride === 1 ? all.slice() : thinned(all, columns, rows, stride);
  let [min, max] = [Infinity, -Infinity];
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    min = Math.min(min, value);
    max = Math.max(max, value);
  }
  return { box, columns: (columns - 1) / stride + 1, rows: (rows - 1) / stride + 1, values, min, max, complete: stride === 1 };
}
