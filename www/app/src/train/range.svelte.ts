/** The learning-rate range test of the model in hand: asked for, shown as it goes on, and let go of with the recipe it belongs to. */
import type { ModelApi, RangeTest, ReportMessage } from "saddlepoint";

import { reportOf } from "../i18n/report.svelte.ts";
import type { TrainRun } from "./run.svelte.ts";

/** Twenty rates a decade, further up than the slider goes: the loss must be seen to turn. */
export const RANGE = { from: 1e-5, to: 10, steps: 121 } as const;

export class RangeProbe {
  /** What was seen so far, or all of it. */
  test: RangeTest | null = $state.raw(null);
  busy = $state(false);
  fault: ReportMessage | null = $state.raw(null);
  /** The step of the run that the test began at. */
  step = $state(0);
  private controller: AbortController | null = null;

  constructor(private readonly run: TrainRun) {}

  async measure(): Promise<void> {
    const model = this.run.model;
    if (!model || this.busy) return;
    this.forget();
    const controller = new AbortController();
    this.controller = controller;
    this.busy = true;
    this.step = this.run.step;
    try {
      const test = await this.ask(model, controller.signal);
      if (this.controller === controller) this.test = test;
    } catch (error) {
      // one that was stopped, or whose model is gone, has nothing to say
      if (this.controller === controller && !controller.signal.aborted && model === this.run.model) this.fault = reportOf(error);
    } finally {
      if (this.controller === controller) this.busy = false;
    }
  }

  /** Ends a test under way; what was seen goes too. */
  forget(): void {
    this.controller?.abort();
    this.controller = null;
    this.busy = false;
    this.test = null;
    this.fault = null;
  }

  private ask(model: ModelApi, signal: AbortSignal): Promise<RangeTest> {
    return model.rangeTest(RANGE, { signal, progress: (soFar) => { if (!signal.aborted) this.test = soFar; } });
  }
}
