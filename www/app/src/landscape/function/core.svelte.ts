/** The function view's side of the core: the list, the function, its critical points, the surface, the race, the escape. */
import {
  Landscape, type Box, type CriticalPoint, type EscapeSpec, type Escapes, type FunctionSpec, type LandscapeApi, type NamedFunction, type Race, type RaceSpec,
  type ReportMessage, type Surface,
} from "saddlepoint";

import { reportOf } from "../../i18n/report.svelte.ts";
import { Latest } from "../latest.ts";

/** Samples of the surface across its width: coarse first. */
const COLUMNS = [60, 180] as const;

export class FunctionCore {
  named: readonly NamedFunction[] = $state.raw([]);
  api: LandscapeApi | null = $state.raw(null);
  points: readonly CriticalPoint[] = $state.raw([]);
  /** Parts of the box that the search could not decide; null before it has ended. */
  undecided: readonly Box[] | null = $state.raw(null);
  surface: Surface | null = $state.raw(null);
  race: Race | null = $state.raw(null);
  escapes: Escapes | null = $state.raw(null);
  /** What is wrong with the formula. */
  fault: ReportMessage | null = $state.raw(null);
  error: ReportMessage | null = $state.raw(null);

  readonly saddle: CriticalPoint | null = $derived(this.points.find((point) => point.type === "saddle") ?? null);

  #turn = 0;
  #surfaceTurn = 0;
  #escapeTurn = 0;

  async list(): Promise<void> {
    if (this.named.length > 0) return;
    try {
      this.named = await Landscape.functions();
    } catch (error) {
      this.error = reportOf(error);
    }
  }

  /** Another function. What is known of the one before stays until the new one is read: a mistake in a formula hides nothing. */
  async open(spec: FunctionSpec): Promise<void> {
    const turn = ++this.#turn;
    this.fault = null;
    this.error = null;
    try {
      const api = await Landscape.create(spec);
      if (turn !== this.#turn) {
        await api.dispose();
        return;
      }
      await this.api?.dispose();
      [this.points, this.undecided, this.surface, this.race, this.escapes] = [[], null, null, null, null];
      this.api = api;
      const { points, undecided } = await api.criticalPoints(spec.box);
      if (turn === this.#turn) [this.points, this.undecided] = [points, undecided];
    } catch (error) {
      if (turn !== this.#turn) return;
      const report = reportOf(error);
      if (report.code.startsWith("formula-")) this.fault = report;
      else this.error = report;
    }
  }

  async draw(box: Box): Promise<void> {
    const [turn, api] = [++this.#surfaceTurn, this.api];
    const ratio = (box.y[1] - box.y[0]) / (box.x[1] - box.x[0]);
    await this.#ask(api, async (asked) => {
      for (const columns of COLUMNS) {
        const surface = await asked.surface(box, columns, Math.max(2, Math.round(columns * ratio)));
        if (turn === this.#surfaceTurn && api === this.api) this.surface = surface;
      }
    });
  }

  readonly #races = new Latest<RaceSpec>((spec) => {
    const { api } = this;
    return this.#ask(api, async (asked) => {
      const race = spec.arms.length === 0 ? null : await asked.race(spec);
      if (api === this.api) this.race = race;
    });
  });

  run(spec: RaceSpec): Promise<void> {
    return this.#races.ask(spec);
  }

  async escape(spec: EscapeSpec): Promise<void> {
    const [turn, api] = [++this.#escapeTurn, this.api];
    await this.#ask(api, async (asked) => {
      const escapes = await asked.escape(spec);
      if (turn === this.#escapeTurn && api === this.api) this.escapes = escapes;
    });
  }

  /** Answers of a function that has been left are of no interest, nor is why there are none. */
  async #ask(api: LandscapeApi | null, question: (api: LandscapeApi) => Promise<void>): Promise<void> {
    if (api === null) return;
    try {
      await question(api);
    } catch (error) {
      if (api === this.api) this.error = reportOf(error);
    }
  }

  async close(): Promise<void> {
    this.#turn += 1;
    await this.api?.dispose();
  }
}
