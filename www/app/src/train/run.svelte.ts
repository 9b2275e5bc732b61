/**
 * The one training run of the page: makes the model, trains it in slices, and keeps what the figures draw.
 *
 * The core works in a worker. A slice is short, so that Pause, a new learning rate and a drawn digit wait for at most one
 * slice; what it brings is shown at the next frame, however many slices a frame holds.
 */
import type { Evaluation, ModelApi, ModelInfo, Progress, ReportMessage, RunSpec } from "saddlepoint";

import { reportOf } from "../i18n/report.svelte.ts";
import type { Edit } from "../state/edits.ts";
import { Curves, NOTHING_DRAWN, type Drawing } from "./curves.ts";

export type Phase = "preparing" | "ready" | "running" | "paused" | "done" | "stopped" | "diverged" | "stuck" | "failed";

/** Milliseconds of one slice: half of the 50 ms within which the page answers. */
const SLICE = 25;
/** Milliseconds between two changes of the learning rate while its slider is dragged. */
const EDIT_INTERVAL = 150;
/** An evaluation may take this share of the run's time. */
const EVALUATION_SHARE = 0.1;
const SLOWEST_REFRESH = 250;

/** The numbers of the status line. */
export interface Numbers { step: number; epoch: number; stepsPerSecond: number; examplesPerSecond: number; secondsLeft: number | null; runHash: string }

export interface Events {
  /** An edit was made or replayed; the list is the run's whole list. */
  edited: (edits: readonly Edit[]) => void;
  started: () => void;
  /** Training ended by itself: done, stopped early, diverged or stuck. */
  ended: (phase: Phase) => void;
  /** The weights changed enough to look at the network again. */
  moved: () => void;
}

export class TrainRun {
  phase: Phase = $state("preparing");
  /** The model in hand; null until the first is made. */
  model: ModelApi | null = $state.raw(null);
  spec: RunSpec | null = $state.raw(null);
  info: ModelInfo | null = $state.raw(null);
  numbers: Numbers | null = $state.raw(null);
  drawing: Drawing = $state.raw(NOTHING_DRAWN);
  evaluation: Evaluation | null = $state.raw(null);
  /** Of a divergence, a standstill or a failure of the core. */
  report: ReportMessage | null = $state.raw(null);
  /** The core broke and was replaced; said beside the run, which goes on. */
  news: ReportMessage | null = $state.raw(null);
  /** The rate in force: the spec's, or that of the last edit. */
  learningRate = $state(0);

  private curves = new Curves();
  private latest: Progress | null = null;
  private frame = 0;
  private looping = false;
  private wanted = false;
  private edits: Edit[] = [];
  /** Edits of a shared link that are still to come. */
  private toReplay: Edit[] = [];
  private rateWanted: number | null = null;
  private lastEdit = 0;
  private nextEvaluation = 0;
  private nextRefresh = 0;
  /** Counts the models made, so that what an older one still answers is dropped. */
  private generation = 0;

  constructor(private readonly events: Events) {}

  get step(): number {
    return this.numbers?.step ?? 0;
  }

  /** Takes a model that was made for `spec` and lets go of the one before. `edits` are those of a shared link. */
  adopt(model: ModelApi, edits: readonly Edit[], history: Progress | null = null): void {
    this.generation += 1;
    const before = this.model;
    this.wanted = false;
    this.model = model;
    this.spec = model.spec;
    this.info = model.info;
    this.toReplay = [...edits];
    this.edits = [];
    this.rateWanted = null;
    this.clear(model.spec);
    if (history && history.step > 0) {
      this.take(history);
      this.learningRate = history.learningRate;
      this.phase = history.state === "ready" || history.state === "running" ? "paused" : history.state;
      this.report = history.report?.code === "restored" ? null : history.report;
      this.nextEvaluation = 0;
      void this.evaluate();
    }
    if (before) void before.dispose();
    this.events.moved();
  }

  private clear(spec: RunSpec): void {
    this.curves = new Curves();
    this.latest = null;
    this.numbers = null;
    this.drawing = NOTHING_DRAWN;
    this.evaluation = null;
    this.report = null;
    this.news = null;
    this.learningRate = spec.optimizer.learningRate ?? 0;
    this.phase = "ready";
    this.nextEvaluation = 0;
  }

  run(): void {
    if (!this.model || this.phase === "running" || this.phase === "preparing") return;
    this.wanted = true;
    this.phase = "running";
    this.events.started();
    void this.loop();
  }

  pause(): void {
    this.wanted = false;
    if (this.phase === "running") this.phase = "paused";
  }

  /** One step, then pause. */
  async stepOnce(): Promise<void> {
    this.pause();
    const model = this.model;
    if (!model || this.looping || (this.phase !== "ready" && this.phase !== "paused")) return;
    await this.guard(model, async () => {
      await this.applyEdits(model);
      this.take(await model.step(1));
      if (this.phase === "ready") this.phase = "paused";
      this.settle();
      await this.evaluate();
    });
  }

  /** Back to step 0 with the same spec. */
  async reset(): Promise<void> {
    const model = this.model;
    if (!model) return;
    this.wanted = false;
    this.generation += 1;
    this.toReplay = [];
    this.edits = [];
    this.rateWanted = null;
    await this.guard(model, async () => {
      await model.reset();
      this.clear(model.spec);
      this.events.moved();
    });
  }

  /** A new learning rate from the next slice on, or at once if nothing runs. */
  changeRate(value: number): void {
    this.learningRate = value;
    this.rateWanted = value;
    // what a link still held would contradict the hand on the slider
    this.toReplay = [];
    const model = this.model;
    if (model && !this.looping) void this.guard(model, () => this.applyEdits(model));
  }

  /** A stuck run goes on once its learning rate is changed. */
  async unstick(learningRate: number): Promise<void> {
    const model = this.model;
    if (!model || this.phase !== "stuck") return;
    await this.guard(model, async () => {
      await model.setLearningRate(learningRate);
      this.learningRate = learningRate;
      this.note({ step: this.latest?.step ?? 0, learningRate, restored: false });
      this.report = null;
      this.phase = "paused";
      this.run();
    });
  }

  /** Goes on from the snapshot kept before the divergence. */
  async restore(learningRate: number): Promise<void> {
    const model = this.model;
    if (!model) return;
    await this.guard(model, async () => {
      await this.restoreNow(model, learningRate);
      this.phase = "paused";
      this.run();
    });
  }

  private async restoreNow(model: ModelApi, learningRate: number): Promise<void> {
    const at = this.latest?.step ?? 0;
    await model.restore(learningRate);
    this.note({ step: at, learningRate, restored: true });
    this.learningRate = learningRate;
    this.report = null;
    await this.rebuild(model);
  }

  /** Draws from the core's own history: after a restore, or if a piece was missed. */
  private async rebuild(model: ModelApi): Promise<void> {
    const history = await model.history();
    this.curves = new Curves();
    this.take(history);
  }

  private note(edit: Edit): void {
    // of several changes at one step only the last was ever in force
    const last = this.edits.at(-1);
    if (last && last.step === edit.step && !last.restored && !edit.restored) this.edits.pop();
    this.edits.push(edit);
    this.events.edited([...this.edits, ...this.toReplay]);
  }

  private async applyEdits(model: ModelApi): Promise<void> {
    const now = this.latest?.step ?? 0;
    const due = this.toReplay[0];
    if (due && !due.restored && due.step === now) {
      this.toReplay.shift();
      await model.setLearningRate(due.learningRate);
      this.learningRate = due.learningRate;
      this.note(due);
    }
    if (this.rateWanted !== null && performance.now() - this.lastEdit >= (this.wanted ? EDIT_INTERVAL : 0)) {
      const learningRate = this.rateWanted;
      this.rateWanted = null;
      this.lastEdit = performance.now();
      await model.setLearningRate(learningRate);
      this.note({ step: now, learningRate, restored: false });
    }
  }

  private async loop(): Promise<void> {
    const model = this.model;
    if (this.looping || !model) return;
    this.looping = true;
    // steps taken at once while a link's next edit lies ahead: as many as fit into a slice
    let stride = 1;
    await this.guard(model, async () => {
      while (this.wanted && this.model === model) {
        await this.applyEdits(model);
        const due = this.toReplay[0];
        const started = performance.now();
        let progress: Progress;
        if (due && due.step > (this.latest?.step ?? 0)) {
          progress = await model.step(Math.min(stride, due.step - (this.latest?.step ?? 0)));
          stride = performance.now() - started < SLICE ? stride * 2 : Math.max(1, stride >> 1);
        } else {
          progress = await model.trainFor(SLICE);
        }
        if (this.model !== model) return;
        if (!this.take(progress)) await this.rebuild(model);
        if (progress.state === "diverged" && due?.restored === true && due.step === progress.step) {
          this.toReplay.shift();
          await this.restoreNow(model, due.learningRate);
          continue;
        }
        this.settle();
        if (progress.evaluations.length > 0) await this.evaluate();
      }
    });
    this.looping = false;
    if (this.model === model && !this.wanted && this.phase !== "failed") {
      await this.guard(model, async () => {
        // a rate set while the last slice was on its way
        await this.applyEdits(model);
        await this.evaluate(true);
      });
    }
    // Run may have been pressed, or another model taken, while the last slice was on its way
    if (this.wanted) void this.loop();
  }

  /** Follows the core's own state: it may have come to an end. */
  private settle(): void {
    const state = this.latest?.state;
    if (state !== "done" && state !== "stopped" && state !== "diverged" && state !== "stuck") return;
    this.wanted = false;
    this.phase = state;
    this.report = this.latest?.report?.code === "restored" ? null : (this.latest?.report ?? null);
    this.events.ended(state);
    // the last slice may have come too soon after the refresh before
    this.events.moved();
  }

  private take(progress: Progress): boolean {
    const complete = this.curves.add(progress);
    const first = this.latest === null;
    this.latest = progress;
    if (progress.report?.code === "restored") this.news = progress.report;
    // the first step is waited for; a hidden tab has no frames, and training goes on without them
    if (first || progress.state !== "running") this.show();
    else if (this.frame === 0) this.frame = requestAnimationFrame(() => { this.show(); });
    return complete;
  }

  private show(): void {
    cancelAnimationFrame(this.frame);
    this.frame = 0;
    const latest = this.latest;
    if (!latest) return;
    const { step, epoch, stepsPerSecond, examplesPerSecond, secondsLeft, runHash } = latest;
    this.numbers = { step, epoch, stepsPerSecond, examplesPerSecond, secondsLeft, runHash };
    this.drawing = this.curves.draw();
    const now = performance.now();
    if (now >= this.nextRefresh || !this.wanted) {
      this.nextRefresh = now + SLOWEST_REFRESH;
      this.events.moved();
    }
  }

  /** Confusion and mistakes. While a run goes on they are asked for only as often as their cost allows. */
  private async evaluate(now = false): Promise<void> {
    const model = this.model;
    if (!model || (this.latest?.step ?? 0) === 0 || (!now && this.wanted && performance.now() < this.nextEvaluation)) return;
    const generation = this.generation;
    const started = performance.now();
    const evaluation = await model.evaluate();
    const took = performance.now() - started;
    this.nextEvaluation = performance.now() + Math.max(SLOWEST_REFRESH, took / EVALUATION_SHARE);
    if (generation === this.generation) this.evaluation = evaluation;
  }

  /** Runs a piece of work; what it throws stops the run and is said, unless the model was replaced meanwhile. */
  private async guard(model: ModelApi, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (this.model === model) this.fail(error);
    }
  }

  /** The core refused or broke: the run stops with its words. */
  fail(error: unknown): void {
    this.wanted = false;
    this.report = reportOf(error);
    this.phase = "failed";
    this.events.ended("failed");
  }
}
