/** The network's side of the core: the race, the plane, the paths seen on it, and its picture from coarse to fine. */
import { Curvature, type Box, type Certificate, type CurvatureApi, type IndexLossPoint, type NetworkRace, type NetworkRaceSpec, type NetworkSpec, type NoiseOnPlane, type PathOnPlane, type Plane, type PlaneChoice, type ReportMessage, type SlicePicture, type SliceProgress, type Trajectory } from "saddlepoint";

import { reportOf } from "../../i18n/report.svelte.ts";
import { ARMS, type Arm } from "../../state/table.ts";

/** A descent, and where it is seen. */
export interface Seen { arm: Arm; path: Trajectory; on: PathOnPlane }

/** A plane with what is seen on it. */
export interface View { plane: Plane; seen: readonly Seen[]; box: Box; picture: SlicePicture | null }

/** What is known of a point: where it was measured, or where a search from there ended. */
export interface Standing { arm: Arm; updates: number; searched: boolean; certificate: Certificate; view: View }

export interface Source { spec: NetworkSpec; weights?: Uint8Array; files?: readonly { name: string; bytes: Uint8Array }[] }

export type Phase = "opening" | "racing" | "projecting" | "drawing" | "drawn" | "stopped" | "failed";

/** Steps of one piece of a search, between which it may be called off, and most steps in all. */
const PIECE = 5;
const MOST_SEARCH = 200;

type Choose = (paths: readonly Trajectory[], api: CurvatureApi) => PlaneChoice | null;

export class NetworkCore {
  phase: Phase = $state("opening");
  api: CurvatureApi | null = $state.raw(null);
  paths: readonly Trajectory[] = $state.raw([]);
  view: View | null = $state.raw(null);
  /** Planes beside each other. */
  compared: readonly View[] = $state.raw([]);
  progress: SliceProgress | null = $state.raw(null);
  noise: NoiseOnPlane | null = $state.raw(null);
  standing: Standing | null = $state.raw(null);
  /** Final losses by rate; not a number where a descent diverged. */
  sweep: readonly { arm: Arm; rates: readonly number[]; losses: readonly number[] }[] = $state.raw([]);
  /** Final losses over seeds, those that diverged left out. */
  seeds: readonly { arm: Arm; losses: readonly number[] }[] = $state.raw([]);
  /** Where searches for critical points ended, by number. */
  points: readonly IndexLossPoint[] = $state.raw([]);
  /** Descents or searches tried so far. */
  trying: { what: "rates" | "seeds" | "points"; done: number; all: number } | null = $state.raw(null);
  /** What is being found of a point. */
  measuring: { what: "searching" | "certifying"; steps: number; norm: number } | null = $state.raw(null);
  /** Milliseconds that the loss at one point takes a core, about: a third of loss and gradient. */
  pace = $state(0);
  /** Arms of the race that are done. */
  arms = $state(0);
  error: ReportMessage | null = $state.raw(null);

  /** What is under way of each kind, which something newer ends. */
  readonly #turns = { race: new AbortController(), look: new AbortController(), stand: new AbortController(), trial: new AbortController() };

  /** Another network: everything begins anew. */
  async open({ spec, weights, files }: Source): Promise<boolean> {
    this.#begin("race", "opening");
    const signal = this.#begin("look", "opening");
    const before = this.api;
    this.#turns.stand.abort();
    this.#turns.trial.abort();
    [this.api, this.paths, this.view, this.compared, this.standing, this.sweep, this.seeds, this.points] = [null, [], null, [], null, [], [], []];
    void before?.dispose();
    return this.#guard(signal, async () => {
      const api = await Curvature.create(spec, { ...(weights ? { weights } : {}), ...(files && files.length > 0 ? { files: [...files] } : {}), signal });
      // the first time the program is made; the second is the core's own
      await api.measure();
      const begun = performance.now();
      await api.measure();
      this.pace = (performance.now() - begun) / 3;
      signal.throwIfAborted();
      this.api = api;
    });
  }

  async run(spec: NetworkRaceSpec): Promise<boolean> {
    const api = this.api;
    if (api === null) return false;
    this.#turns.look.abort();
    const signal = this.#begin("race", "racing");
    this.arms = 0;
    this.noise = null;
    this.#turns.stand.abort();
    [this.compared, this.standing] = [[], null];
    if (spec.arms.length === 0) {
      this.paths = [];
      return true;
    }
    return this.#guard(signal, async () => {
      const { paths } = await api.race(spec, { start: api.weights, signal, progress: (done) => { if (!signal.aborted) this.arms = done; } });
      this.paths = paths;
    });
  }

  /** Looks at a plane, and draws it. */
  async look(choose: Choose, boxOf: (plane: Plane, seen: readonly PathOnPlane[]) => Box, size: { columns: number; rows: number }): Promise<boolean> {
    const api = this.api;
    if (api === null) return false;
    const signal = this.#begin("look", "projecting");
    return this.#guard(signal, async () => {
      const view = await this.#seen(api, choose, boxOf);
      signal.throwIfAborted();
      this.view = view;
      if (view === null) {
        this.phase = "drawn";
        return;
      }
      this.phase = "drawing";
      this.progress = null;
      const progress = (news: SliceProgress): void => { if (!signal.aborted) this.progress = news; };
      for await (const picture of api.slice(view.plane, view.box, { ...size, signal, progress })) {
        this.view = { ...view, picture };
      }
      this.phase = "drawn";
    });
  }

  /** The same paths on several planes, one after the other. */
  async compare(choices: readonly Choose[], boxOf: (plane: Plane, seen: readonly PathOnPlane[]) => Box, size: { columns: number; rows: number }): Promise<boolean> {
    const api = this.api;
    if (api === null) return false;
    const signal = this.#begin("look", "drawing");
    this.compared = [];
    this.progress = null;
    return this.#guard(signal, async () => {
      for (const choose of choices) {
        const view = await this.#seen(api, choose, boxOf);
        signal.throwIfAborted();
        if (view === null) continue;
        const others = this.compared;
        for await (const picture of api.slice(view.plane, view.box, { ...size, signal })) this.compared = [...others, { ...view, picture }];
      }
      this.phase = "drawn";
    });
  }

  /** What can be proved of a point, or of the critical point that a search reaches from it; and the plane of its curvature. */
  async stand(of: { arm: Arm; updates: number }, from: Float64Array, search: boolean, boxOf: (plane: Plane) => Box, size: { columns: number; rows: number }): Promise<void> {
    const api = this.api;
    if (api === null) return;
    this.#turns.stand.abort();
    const turn = (this.#turns.stand = new AbortController());
    const { signal } = turn;
    this.error = null;
    try {
      let theta = from;
      for (let steps = 0, going = search; going && steps < MOST_SEARCH; steps += PIECE) {
        const { loss, theta: next, gradientNorm, end } = await api.search(theta, PIECE);
        signal.throwIfAborted();
        theta = next;
        going = end === "steps" && Number.isFinite(loss);
        this.measuring = { what: "searching", steps: steps + PIECE, norm: gradientNorm };
      }
      this.measuring = { what: "certifying", steps: 0, norm: 0 };
      const certificate = await api.certify(theta);
      signal.throwIfAborted();
      const view = await this.#seen(api, () => ({ type: "eigen", at: theta }), boxOf);
      signal.throwIfAborted();
      if (view === null) return;
      this.standing = { ...of, searched: search, certificate, view };
      for await (const picture of api.slice(view.plane, view.box, { ...size, signal })) this.standing = { ...of, searched: search, certificate, view: { ...view, picture } };
    } catch (error) {
      if (!signal.aborted) this.error = reportOf(error);
    } finally {
      if (this.#turns.stand === turn) this.measuring = null;
    }
  }

  /** How batches of these sizes scatter about the gradient at a point, on the plane that is looked at. */
  async scatter(theta: Float64Array, batches: number[]): Promise<void> {
    const { api, view } = this;
    if (api === null || view === null) return;
    try {
      const noise = await api.noise(view.plane, batches, theta);
      if (this.view?.plane === view.plane) this.noise = noise;
    } catch {
      // the network was replaced meanwhile; the one that follows is asked again
      this.noise = null;
    }
  }

  /** Where each descent ends at each of several rates. */
  async tryRates(asked: readonly { arm: Arm; rates: readonly number[]; spec: NetworkRaceSpec }[]): Promise<void> {
    const all = asked.reduce((sum, { rates }) => sum + rates.length, 0);
    this.sweep = [];
    await this.#try("rates", all, async (api, signal, done) => {
      for (const { arm, rates, spec } of asked) {
        const { paths } = await api.race(spec, { start: api.weights, signal, progress: done });
        this.sweep = [...this.sweep, { arm, rates, losses: paths.map(finalLoss) }];
      }
    });
  }

  /** Where each descent ends from each of several starts, or from one start with the examples in several orders. */
  async trySeeds(spec: NetworkRaceSpec, seeds: readonly number[], given: boolean): Promise<void> {
    const losses = new globalThis.Map<string, number[]>();
    this.seeds = [];
    await this.#try("seeds", seeds.length * spec.arms.length, async (api, signal, done) => {
      const found = ({ paths }: NetworkRace): void => {
        for (const path of paths) losses.set(path.id, [...(losses.get(path.id) ?? []), finalLoss(path)]);
        this.seeds = ARMS.flatMap((arm) => {
          const own = losses.get(arm);
          return own ? [{ arm, losses: own.filter((loss) => !Number.isNaN(loss)) }] : [];
        });
      };
      await api.seeds(spec, [...seeds], { ...(given ? { start: api.weights } : {}), signal, progress: done, found });
    });
  }

  /** So many more searches for critical points of any index, from near trajectories of gradient descent. */
  async morePoints(count: number): Promise<void> {
    const from = this.points.length;
    await this.#try("points", count, async (api, signal, done) => {
      const take = (point: IndexLossPoint): void => {
        if (signal.aborted) return;
        this.points = [...this.points, point].sort((a, b) => a.number - b.number);
        done();
      };
      await api.indexPoints(from, count, { signal, found: take });
    });
  }

  async #try(what: "rates" | "seeds" | "points", all: number, work: (api: CurvatureApi, signal: AbortSignal, done: () => void) => Promise<void>): Promise<void> {
    const { api } = this;
    if (api === null) return;
    this.#turns.trial.abort();
    const turn = (this.#turns.trial = new AbortController());
    this.error = null;
    let done = 0;
    this.trying = { what, done, all };
    try {
      await work(api, turn.signal, () => {
        done += 1;
        if (!turn.signal.aborted) this.trying = { what, done, all };
      });
    } catch (error) {
      if (!turn.signal.aborted) this.error = reportOf(error);
    } finally {
      if (this.#turns.trial === turn) this.trying = null;
    }
  }

  /** Leaves the picture as it is. */
  stop(): void {
    this.#turns.look.abort();
    if (this.phase === "drawing") this.phase = "stopped";
  }

  async close(): Promise<void> {
    this.#turns.race.abort();
    this.#turns.look.abort();
    this.#turns.stand.abort();
    this.#turns.trial.abort();
    await this.api?.dispose();
    this.api = null;
  }

  async #seen(api: CurvatureApi, choose: Choose, boxOf: (plane: Plane, seen: readonly PathOnPlane[]) => Box): Promise<View | null> {
    const choice = choose(this.paths, api);
    if (choice === null) return null;
    const plane = await api.plane(choice);
    const seen: Seen[] = [];
    for (const path of this.paths) {
      const arm = ARMS.find((known) => known === path.id);
      if (arm !== undefined) seen.push({ arm, path, on: await api.project(plane, path.thetas) });
    }
    return { plane, seen, box: boxOf(plane, seen.map(({ on }) => on)), picture: null };
  }

  #begin(what: "race" | "look", phase: Phase): AbortSignal {
    this.#turns[what].abort();
    this.#turns[what] = new AbortController();
    this.phase = phase;
    this.error = null;
    return this.#turns[what].signal;
  }

  async #guard(signal: AbortSignal, work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
      return !signal.aborted;
    } catch (error) {
      if (signal.aborted) return false;
      this.error = reportOf(error);
      this.phase = "failed";
      return false;
    }
  }
}

/** The loss where a path ends; not a number if it diverged. */
function finalLoss({ loss, divergedAt }: Trajectory): number {
  return divergedAt === null ? (loss.at(-1) ?? NaN) : NaN;
}
