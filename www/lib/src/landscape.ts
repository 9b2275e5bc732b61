import { untilAborted } from "./abort.js";
import type { CreateOptions, LandscapeApi } from "./api.js";
import { dataType, filesOf, needsFiles, numberOf, numbersOf, pairOf, textOf } from "./input.js";
import { Line } from "./line.js";
import { openLink, type Link } from "./link.js";
import type { Box, CriticalPoint, LandscapeInfo, LandscapeSpec, Race, RaceSpec, SeedStrip, Surface } from "./types.js";

/** The whole loss landscape of a network with two weights. Calls are answered one after the other, but strips beside them. */
export class Landscape implements LandscapeApi {
  static async create(spec: LandscapeSpec, options: CreateOptions = {}): Promise<Landscape> {
    const { worker, signal } = options;
    signal?.throwIfAborted();
    const files = needsFiles(spec) ? filesOf(options.files) : [];
    const text = textOf(spec);
    let info: LandscapeInfo | undefined;
    const open = async (): Promise<Link<"landscape">> => {
      const link = await openLink("landscape", worker, dataType(spec));
      try {
        info = await link.call("landscape", text, files);
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

  criticalPoints(box: Box): Promise<CriticalPoint[]> {
    return this.line.call("criticalPoints", textOf(box));
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
