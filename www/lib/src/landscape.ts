import { checkSignal, untilAborted } from "./abort.js";
import type { CreateOptions, LandscapeApi, LandscapeOptions } from "./api.js";
import { dataType, filesOf, needsFiles, numberOf, numbersOf, pairOf, textOf } from "./input.js";
import { Line } from "./line.js";
import { openLink, type Link } from "./link.js";
import { Pool, poolSize } from "./pool.js";
import type { Box, CriticalPoints, EscapeSpec, Escapes, FunctionSpec, LandscapeInfo, LandscapeSpec, NamedFunction, Race, RaceSpec, SeedStrip, StayArm, StaysSpec, Surface } from "./types.js";

/** Most seeds of a strip: the core refuses more. */
const MOST_SEEDS = 1000;

/** The whole loss landscape of a network with two weights, or of a function of x and y. Calls are answered one after the other, but strips beside them. */
export class Landscape implements LandscapeApi {
  /** The functions that have a name, in the order in which to offer them. */
  static async functions(options: Omit<CreateOptions, "files"> = {}): Promise<NamedFunction[]> {
    const link = await openLink("landscape", options.worker, undefined, true);
    try {
      return await untilAborted(link.call("namedFunctions"), options.signal);
    } finally {
      link.close();
    }
  }

  static async create(spec: LandscapeSpec | FunctionSpec, options: LandscapeOptions = {}): Promise<Landscape> {
    const { worker, workers, signal } = options;
    checkSignal(signal);
    const network = isFunction(spec) ? undefined : spec;
    const files = network && needsFiles(network) ? filesOf(options.files) : [];
    const text = textOf(spec);
    let info: LandscapeInfo | undefined;
    const open = async (): Promise<Link<"landscape">> => {
      const link = await openLink("landscape", worker, dataType(network), network === undefined);
      try {
        info = await (network === undefined ? link.call("functionLandscape", text) : link.call("landscape", text, files));
        return link;
      } catch (error) {
        link.close();
        throw error;
      }
    };
    const line = new Line(open);
    try {
      await untilAborted(line.use(() => Promise.resolve()), signal);
    } catch (error) {
      line.close();
      throw error;
    }
    // what takes long has a core of its own, which is started when it is first needed: a race need not wait for all of a strip
    const strips = new Pool(new Line(open), poolSize(workers, worker), open, [line]);
    // `use` has opened the core, which is what `info` comes from
    return new Landscape(info as unknown as LandscapeInfo, line, strips);
  }

  private constructor(readonly info: LandscapeInfo, private readonly line: Line<"landscape">, private readonly strips: Pool<"landscape">) {}

  surface(box: Box, columns: number, rows: number): Promise<Surface> {
    return this.line.call("surface", textOf(box), numberOf(columns), numberOf(rows));
  }

  loss(at: [number, number]): Promise<number> {
    return this.line.call("lossAt", ...pairOf(at));
  }

  criticalPoints(box: Box): Promise<CriticalPoints> {
    return this.line.call("criticalPoints", textOf(box));
  }

  /** Beside the others, as a strip is. */
  escape(spec: EscapeSpec): Promise<Escapes> {
    return this.strips.first.call("escape", textOf(spec));
  }

  /** Beside the others, as a strip is. */
  stays(spec: StaysSpec): Promise<StayArm[]> {
    return this.strips.first.call("stays", textOf(spec));
  }

  race(spec: RaceSpec): Promise<Race> {
    return this.line.call("race", textOf(spec));
  }

  /** In parts, so that whoever else asks need not wait for more than one of them. */
  async strip(spec: RaceSpec, seeds: number[]): Promise<SeedStrip> {
    const text = textOf(spec);
    const wanted = numbersOf(seeds);
    const parts: { first: number; strip: SeedStrip }[] = [];
    let next = 0;
    const take = (): { first: number; end: number } | undefined => {
      // a strip of no seeds is refused by the core
      if (next > 0 && next >= wanted.length) return undefined;
      const first = next;
      // half of an equal share, so that all end together; what is too much for one core is not made little by parts
      next += wanted.length > MOST_SEEDS ? wanted.length : Math.max(1, Math.ceil((wanted.length - first) / (2 * this.strips.size)));
      return { first, end: next };
    };
    await this.strips.share(take, async (link, { first, end }) => {
      parts.push({ first, strip: await link.call("strip", text, wanted.slice(first, end)) });
    });
    return joined(parts.sort((a, b) => a.first - b.first).map(({ strip }) => strip));
  }

  dispose(): Promise<void> {
    this.line.close();
    this.strips.close();
    return Promise.resolve();
  }
}

/** One strip of several, in order. */
function joined(strips: readonly SeedStrip[]): SeedStrip {
  const arms = strips[0]?.arms ?? [];
  return {
    seeds: strips.flatMap(({ seeds }) => seeds),
    arms: arms.map(({ id }, place) => {
      const nearSaddle = strips.flatMap((strip) => strip.arms[place]?.nearSaddle ?? []);
      return { id, nearSaddle, median: median(nearSaddle) };
    }),
  };
}

/** The value in the middle, or the mean of the two there, as the core has it. */
function median(values: readonly number[]): number {
  const ordered = [...values].sort((a, b) => a - b);
  const middle = ordered.length >> 1;
  return ((ordered[middle] ?? NaN) + (ordered[ordered.length % 2 === 0 ? middle - 1 : middle] ?? NaN)) / 2;
}

/** Callers without types may pass anything. */
function isFunction(spec: LandscapeSpec | FunctionSpec | null): spec is FunctionSpec {
  return typeof spec === "object" && spec !== null && "formula" in spec;
}
