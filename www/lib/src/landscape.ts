import { untilAborted } from "./abort.js";
import type { CreateOptions, LandscapeApi } from "./api.js";
import { dataType, filesOf, needsFiles, numberOf, numbersOf, pairOf, textOf } from "./input.js";
import { Line } from "./line.js";
import { openLink, type Link } from "./link.js";
import type { Box, CriticalPoints, EscapeSpec, Escapes, FunctionSpec, LandscapeInfo, LandscapeSpec, NamedFunction, Race, RaceSpec, SeedStrip, StayArm, StaysSpec, Surface } from "./types.js";

/** The whole loss landscape of a network with two weights, or of a function of x and y. Calls are answered one after the other, but strips beside them. */
export class Landscape implements LandscapeApi {
  /** The functions that have a name, in the order in which to offer them. */
  static async functions(options: Omit<CreateOptions, "files"> = {}): Promise<NamedFunction[]> {
    const link = await openLink("landscape", options.worker, undefined);
    try {
      return await untilAborted(link.call("namedFunctions"), options.signal);
    } finally {
      link.close();
    }
  }

  static async create(spec: LandscapeSpec | FunctionSpec, options: CreateOptions = {}): Promise<Landscape> {
    const { worker, signal } = options;
    signal?.throwIfAborted();
    const network = isFunction(spec) ? undefined : spec;
    const files = network && needsFiles(network) ? filesOf(options.files) : [];
    const text = textOf(spec);
    let info: LandscapeInfo | undefined;
    const open = async (): Promise<Link<"landscape">> => {
      const link = await openLink("landscape", worker, dataType(network));
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
    // `use` has opened the core, which is what `info` comes from
    return new Landscape(info as unknown as LandscapeInfo, line, new Line(open));
  }

  private constructor(readonly info: LandscapeInfo, private readonly line: Line<"landscape">, private readonly strips: Line<"landscape">) {}

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
    return this.strips.call("escape", textOf(spec));
  }

  /** Beside the others, as a strip is. */
  stays(spec: StaysSpec): Promise<StayArm[]> {
    return this.strips.call("stays", textOf(spec));
  }

  race(spec: RaceSpec): Promise<Race> {
    return this.line.call("race", textOf(spec));
  }

  /** In a core of its own, which is started when it is first needed: a race need not wait for a strip. */
  strip(spec: RaceSpec, seeds: number[]): Promise<SeedStrip> {
    return this.strips.call("strip", textOf(spec), numbersOf(seeds));
  }

  dispose(): Promise<void> {
    this.line.close();
    this.strips.close();
    return Promise.resolve();
  }
}

/** Callers without types may pass anything. */
function isFunction(spec: LandscapeSpec | FunctionSpec | null): spec is FunctionSpec {
  return typeof spec === "object" && spec !== null && "formula" in spec;
}
