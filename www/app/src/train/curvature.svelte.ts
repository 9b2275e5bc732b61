/**
 * The curvature of the loss where the run stands: measured when asked for, or as often as a share of the run's time allows,
 * and the learning rate it allows.
 */
import type { CurvaturePoint, ReportMessage } from "saddlepoint";

import { reportOf } from "../i18n/report.svelte.ts";
import { settings } from "../state/settings.svelte.ts";
import { constantsOf, gradientConstants } from "../state/tuning.ts";
import type { TrainSettings } from "./spec.ts";
import type { TrainRun } from "./run.svelte.ts";

/** The core's default momentum. */
const MOMENTUM = 0.9;
/** More are thinned out: every second one goes, and the next ones come half as often. */
const MOST_POINTS = 400;

export class Curvature {
  /** Of this run, by ascending step. */
  points: readonly CurvaturePoint[] = $state.raw([]);
  busy = $state(false);
  /** Why there is no number; a run goes on without it. */
  fault: ReportMessage | null = $state.raw(null);
  private next = 0;
  private sparing = 1;

  constructor(private readonly run: TrainRun) {}

  get last(): CurvaturePoint | null {
    return this.points.at(-1) ?? null;
  }

  /** Call when the weights have moved: measures if a watch is wanted, as often as its share of the time allows and where the run rests. */
  follow(): void {
    if (settings.watch === "off" || this.busy || (this.run.phase === "running" && performance.now() < this.next)) return;
    if (this.run.model && this.last?.step !== this.run.step) void this.measure();
  }

  async measure(): Promise<void> {
    const model = this.run.model;
    if (!model || this.busy) return;
    this.busy = true;
    this.fault = null;
    const started = performance.now();
    try {
      const point = await model.curvature();
      if (model === this.run.model) this.take(point);
    } catch (error) {
      if (model === this.run.model) this.fault = reportOf(error);
    } finally {
      this.busy = false;
      const now = performance.now();
      const share = settings.watch === "off" ? 1 : Number(settings.watch) / 100;
      // the slice of training that was waited for counts too: rather too seldom than too often
      this.next = now + this.sparing * (now - started) * (1 / share - 1);
    }
  }

  /** For another model the numbers say nothing. */
  forget(): void {
    this.points = [];
    this.fault = null;
    this.next = 0;
    this.sparing = 1;
  }

  /** Gradient descent on a quadratic is stable below 2/lambda_max, with heavy-ball momentum beta below 2 (1 + beta)/lambda_max. */
  limit({ method, tuning }: Pick<TrainSettings, "method" | "tuning">): number | null {
    // of a gradient that is clipped, noisy or weighed otherwise nothing is known
    const known = [...constantsOf(method), ...gradientConstants(method)].every(({ key }) => tuning[key] === undefined);
    if (!this.last || this.last.lambdaMax <= 0 || !known) return null;
    if (method === "sgd") return 2 / this.last.lambdaMax;
    return method === "momentum" ? (2 * (1 + MOMENTUM)) / this.last.lambdaMax : null;
  }

  /** What a run that went back had measured beyond that step is void. */
  private take(point: CurvaturePoint): void {
    const kept = this.points.filter(({ step }) => step < point.step);
    if (kept.length >= MOST_POINTS) {
      this.sparing *= 2;
      this.points = [...kept.filter((_, index) => index % 2 === 0), point];
    } else {
      this.points = [...kept, point];
    }
  }
}
