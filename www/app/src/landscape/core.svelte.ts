/**
 * The Landscape view's side of the core: asks for the race, the critical points, the surface and the strip, in the order
 * in which the eye needs them, and keeps the newest answer of each.
 */
import { Landscape, type CriticalPoint, type LandscapeApi, type LandscapeInfo, type Race, type RaceSpec, type ReportMessage, type SeedStrip, type Surface, type Box, type EscapeSpec, type Escapes, type StayArm, type StaysSpec } from "saddlepoint";

import { reportOf } from "../i18n/report.svelte.ts";
import { Latest } from "./latest.ts";
import { NETWORK, SEARCH, STRIP_SEEDS } from "./race.ts";

/**
 * Samples of the surface across its longer side: 5 px cells at the widest, between which the contours are straight.
 * Even, so that no sample lies on an axis, where the saddle's level is degenerate.
 */
const COLUMNS = 168;
/** A ninth of the work, drawn first: the map stands before the paths have gone far. */
const COARSE = 56;

export class LandscapeCore {
  info: LandscapeInfo | null = $state.raw(null);
  points: readonly CriticalPoint[] = $state.raw([]);
  surface: Surface | null = $state.raw(null);
  /** Whether the surface stands as fine as it gets. */
  drawn = $state(false);
  race: Race | null = $state.raw(null);
  strip: SeedStrip | null = $state.raw(null);
  error: ReportMessage | null = $state.raw(null);

  /** The point all descents are judged by. */
  readonly saddle: CriticalPoint | null = $derived(this.points.find((point) => point.type === "saddle") ?? null);

  #api: Promise<LandscapeApi> | null = null;
  #stripTurn = 0;
  #surfaceTurn = 0;

  /** Starts the core, once; after an error, again. */
  #open(): Promise<LandscapeApi> {
    const api = this.#api ?? Landscape.create(NETWORK);
    this.#api = api;
    return api;
  }

  async #ask(question: (api: LandscapeApi) => Promise<void>): Promise<void> {
    try {
      await question(await this.#open());
    } catch (error) {
      this.error = reportOf(error);
      this.#api = null;
    }
  }

  readonly #races = new Latest<RaceSpec>((spec) =>
    this.#ask(async (api) => {
      this.race = await api.race(spec);
      this.info = api.info;
    }),
  );

  async run(spec: RaceSpec): Promise<void> {
    if (spec.arms.length === 0) {
      this.race = null;
      return;
    }
    this.error = null;
    await this.#races.ask(spec);
  }

  /** The points do not depend on the race: they are found once. */
  async find(): Promise<void> {
    if (this.points.length > 0) return;
    await this.#ask(async (api) => {
      this.points = (await api.criticalPoints(SEARCH)).points;
    });
  }

  async draw(box: Box): Promise<void> {
    const turn = ++this.#surfaceTurn;
    const width = box.x[1] - box.x[0];
    const height = box.y[1] - box.y[0];
    const unit = Math.max(width, height);
    await this.#ask(async (api) => {
      for (const samples of [COARSE, COLUMNS]) {
        const surface = await api.surface(box, even((samples * width) / unit), even((samples * height) / unit));
        if (turn !== this.#surfaceTurn) return;
        this.surface = surface;
      }
      this.drawn = true;
    });
  }

  async count(spec: RaceSpec): Promise<void> {
    if (spec.arms.length === 0 || this.error !== null) return;
    const turn = ++this.#stripTurn;
    await this.#ask(async (api) => {
      const strip = await api.strip(spec, [...STRIP_SEEDS]);
      if (turn === this.#stripTurn) this.strip = strip;
    });
  }

  /** Steps to leave the saddle; whoever asks is told what went wrong. */
  async escape(spec: EscapeSpec): Promise<Escapes> {
    return (await this.#open()).escape(spec);
  }

  /** The share of starts that stay near the saddle; as `escape`. */
  async stays(spec: StaysSpec): Promise<StayArm[]> {
    return (await this.#open()).stays(spec);
  }

  async close(): Promise<void> {
    const api = await this.#api?.catch(() => null);
    this.#api = null;
    await api?.dispose();
  }
}

function even(value: number): number {
  return 2 * Math.round(value / 2);
}
