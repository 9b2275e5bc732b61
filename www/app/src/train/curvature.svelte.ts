/** The largest eigenvalue of the loss, measured when asked for, and the learning rate it allows. */
import type { ReportMessage } from "saddlepoint";

import { reportOf } from "../i18n/report.svelte.ts";
import { constantsOf, gradientConstants } from "../state/tuning.ts";
import type { TrainSettings } from "./spec.ts";
import type { TrainRun } from "./run.svelte.ts";

/** The core's default momentum. */
const MOMENTUM = 0.9;

export class Curvature {
  value: number | null = $state(null);
  /** The step it was measured at. */
  step = $state(0);
  busy = $state(false);
  /** Why there is no number; a run goes on without it. */
  fault: ReportMessage | null = $state.raw(null);

  constructor(private readonly run: TrainRun) {}

  async measure(): Promise<void> {
    const model = this.run.model;
    if (!model || this.busy) return;
    this.busy = true;
    this.fault = null;
    try {
      const value = await model.lambdaMax();
      if (model !== this.run.model) return;
      this.value = value;
      this.step = this.run.step;
    } catch (error) {
      if (model === this.run.model) this.fault = reportOf(error);
    } finally {
      this.busy = false;
    }
  }

  /** For another model the number says nothing. */
  forget(): void {
    this.value = null;
    this.fault = null;
  }

  /** Gradient descent on a quadratic is stable below 2/lambda_max, with heavy-ball momentum beta below 2 (1 + beta)/lambda_max. */
  limit({ method, tuning }: Pick<TrainSettings, "method" | "tuning">): number | null {
    // of a gradient that is clipped, noisy or weighed otherwise nothing is known
    if (this.value === null || this.value <= 0 || [...constantsOf(method), ...gradientConstants(method)].some(({ key }) => tuning[key] !== undefined)) return null;
    if (method === "sgd") return 2 / this.value;
    return method === "momentum" ? (2 * (1 + MOMENTUM)) / this.value : null;
  }
}
