/** What the core sees inside the layers. Asked for as often as its cost allows while a run goes on, and when it rests. */
import type { GradientFlow, LayerSpec, ReportMessage, Statistics } from "saddlepoint";

import { reportOf } from "../i18n/report.svelte.ts";
import type { TrainRun } from "./run.svelte.ts";
import { settled } from "./settled.ts";

/** Share of a run's time that looking may take, and the shortest time between two looks in milliseconds. */
const SHARE = 0.02;
const SHORTEST = 500;
/** Steps before a starving network is spoken of: the medians of fewer say little. */
const FEWEST_STEPS = 20;

export class LayerLook {
  /** With the layers they are of: those of the model before stay until there is something to see of the new one. */
  seen: { statistics: Statistics; layers: readonly LayerSpec[] } | null = $state.raw(null);
  /** Why there is nothing to see; a run goes on without it. */
  fault: ReportMessage | null = $state.raw(null);
  /** How the gradient was first found to be lost, and at which step; null while it is not. */
  starved: { flow: GradientFlow; step: number } | null = $state.raw(null);
  private asking = false;
  private again = false;
  private next = 0;

  constructor(private readonly run: TrainRun) {}

  /** Call when the weights have moved. */
  refresh(): void {
    if (this.asking) this.again = true;
    else if (this.run.phase !== "running" || performance.now() >= this.next) void this.ask();
  }

  /** Of another model nothing is known yet. */
  forget(): void {
    this.fault = null;
    this.starved = null;
    this.next = 0;
  }

  private async ask(): Promise<void> {
    const model = this.run.model;
    if (!model) return;
    this.asking = true;
    this.again = false;
    let started = performance.now();
    try {
      if (this.run.step === 0) {
        await settled();
        started = performance.now();
      }
      const seen = await model.layerStatistics();
      if (model === this.run.model) this.take(seen, model.spec.layers);
    } catch (error) {
      if (model === this.run.model) {
        this.seen = null;
        this.fault = reportOf(error);
      }
    } finally {
      this.asking = false;
      const now = performance.now();
      // the slice of training that was waited for counts too: rather too seldom than too often
      this.next = now + Math.max(SHORTEST, (now - started) / SHARE);
    }
    if (this.asksAgain()) this.refresh();
  }

  private asksAgain(): boolean {
    return this.again;
  }

  private take(statistics: Statistics, layers: readonly LayerSpec[]): void {
    this.seen = { statistics, layers };
    this.fault = null;
    const { flow, step } = statistics;
    if (!flow?.starved) this.starved = null;
    else if (flow.steps >= FEWEST_STEPS) this.starved ??= { flow, step };
  }
}
