/** The loop of a fit; fetched when one is begun. */
import { checkSignal } from "./abort.js";
import type { FitProgress, FitSlice, History, Logs } from "./types.js";
import type { FitCallbacks, FitOptions } from "./api.js";

/** Milliseconds of a slice of training: what is asked in between waits no longer. */
const SLICE = 40;

/** Where a fit begins and ends, in steps of the run. */
export interface Plan { step: number; until: number; stepsPerEpoch: number; batchSize: number }

/** What a fit asks of its model. */
export interface Trainee {
  plan(): Promise<Plan>;
  slice(ms: number, until: number): Promise<FitSlice>;
  /** Told when no slice will be asked for any more. */
  over(): void;
}

interface Waiting { resolve: (result: IteratorResult<FitProgress, undefined>) => void; reject: (reason: unknown) => void }

export class Fit {
  readonly outcome: Promise<History>;
  private readonly callbacks: readonly FitCallbacks[];
  private readonly signal: AbortSignal | undefined;
  private readonly history: History = { epoch: [], history: {}, state: "ready", step: 0, report: null };
  private stopped = false;
  private paused: { promise: Promise<void>; resume: () => void } | undefined;
  /** What nobody has taken yet, and who waits for it; only while somebody iterates. */
  private items: FitProgress[] | undefined;
  private taker: Waiting | undefined;
  private taken: (() => void) | undefined;
  private ended: { error?: Error } | undefined;

  constructor(private readonly trainee: Trainee, { callbacks = [], signal }: Pick<FitOptions, "callbacks" | "signal">) {
    this.callbacks = Array.isArray(callbacks) ? (callbacks as readonly FitCallbacks[]) : [callbacks as FitCallbacks];
    // what is none is refused when the fit begins
    this.signal = signal instanceof AbortSignal ? signal : undefined;
    this.signal?.addEventListener("abort", this.wake);
    this.outcome = this.run().finally(() => this.signal?.removeEventListener("abort", this.wake));
  }

  pause(): void {
    if (this.paused || this.ended) return;
    let resume = (): void => undefined;
    const promise = new Promise<void>((resolve) => (resume = resolve));
    this.paused = { promise, resume };
  }

  resume(): void {
    this.paused?.resume();
    this.paused = undefined;
  }

  stop(): void {
    this.stopped = true;
    this.wake();
  }

  /** Somebody iterates: nothing is overrun from now on, and a failure is told there. */
  iterated(): void {
    this.outcome.catch(() => undefined);
    this.items ??= [];
  }

  next(): Promise<IteratorResult<FitProgress, undefined>> {
    const value = this.items?.shift();
    this.taken?.();
    if (value) return Promise.resolve({ done: false, value });
    if (this.ended) {
      const { error } = this.ended;
      this.ended = {};
      return error === undefined ? Promise.resolve({ done: true, value: undefined }) : Promise.reject(error);
    }
    return new Promise((resolve, reject) => (this.taker = { resolve, reject }));
  }

  private held(): Promise<void> | undefined {
    return this.stopped ? undefined : this.paused?.promise;
  }

  /** Lets a loop that waits look at what has changed. */
  private readonly wake = (): void => {
    this.resume();
    this.taken?.();
  };

  private async run(): Promise<History> {
    try {
      // the caller may still iterate, or abort at once
      await Promise.resolve();
      checkSignal(this.signal);
      const plan = await this.trainee.plan();
      await this.train(plan);
      this.end({});
      return this.history;
    } catch (error) {
      this.end({ error: error as Error });
      throw error;
    } finally {
      this.trainee.over();
    }
  }

  private async train({ step: start, until, stepsPerEpoch, batchSize }: Plan): Promise<void> {
    await this.tell((callbacks) => callbacks.onTrainBegin?.());
    let [step, begun] = [start, -1];
    const first = Math.floor(start / stepsPerEpoch);
    const begin = async (epoch: number): Promise<void> => {
      if (epoch <= begun) return;
      begun = epoch;
      await this.tell((callbacks) => callbacks.onEpochBegin?.(epoch));
    };
    while (step < until && !this.stopped) {
      const { epochs, ...progress } = await this.trainee.slice(SLICE, until);
      // after the core broke, training was put back to an earlier step
      if (progress.step < step) this.forget(Math.floor(progress.step / stepsPerEpoch) - first);
      const logs = epochs.map(({ epoch, ...values }): Logs => ({ epoch: epoch - first, ...present(values) }));
      for (let i = 0; i < progress.loss.length; i++) {
        const at = progress.from + i;
        await begin(Math.floor(at / stepsPerEpoch) - first);
        await this.tell((callbacks) => callbacks.onBatchEnd?.(at % stepsPerEpoch, { batch: at % stepsPerEpoch, size: batchSize, loss: progress.loss[i] ?? NaN }));
        const log = (at + 1) % stepsPerEpoch === 0 ? logs.find(({ epoch }) => epoch === Math.floor(at / stepsPerEpoch) - first) : undefined;
        if (log) await this.note(log);
      }
      step = progress.step;
      Object.assign(this.history, { state: progress.state, step, report: progress.report ?? this.history.report });
      const { stepsPerSecond } = progress;
      const secondsLeft = stepsPerSecond > 0 ? (until - step) / stepsPerSecond : null;
      const told: FitProgress = { ...progress, secondsLeft, epochs: logs, done: (step - start) / (until - start) };
      await this.tell((callbacks) => callbacks.onProgress?.(told));
      await this.offer(told);
      // ready: the core broke before its first step
      if (progress.state !== "running" && progress.state !== "ready") break;
      await breath();
      while (this.held()) await this.held();
      checkSignal(this.signal);
    }
    await this.tell((callbacks) => callbacks.onTrainEnd?.());
  }

  private async note({ epoch, ...values }: Logs): Promise<void> {
    const { history } = this.history;
    this.history.epoch.push(epoch);
    for (const [name, value] of Object.entries(values)) (history[name as keyof typeof history] ??= []).push(value);
    await this.tell((callbacks) => callbacks.onEpochEnd?.(epoch, { epoch, ...values }));
  }

  private forget(epoch: number): void {
    const keep = this.history.epoch.filter((e) => e < epoch).length;
    this.history.epoch.length = keep;
    for (const series of Object.values(this.history.history)) series.length = keep;
  }

  private async tell(call: (callbacks: FitCallbacks) => void | Promise<void>): Promise<void> {
    for (const callbacks of this.callbacks) {
      const answer = call(callbacks);
      if (answer) await answer;
    }
  }

  /** Hands what happened to who iterates, and waits until it was taken: who is slow is not overrun, and who stops asking pauses. */
  private async offer(value: FitProgress): Promise<void> {
    if (!this.items) return;
    if (this.taker) {
      this.taker.resolve({ done: false, value });
      this.taker = undefined;
      return;
    }
    this.items.push(value);
    while (this.items.length > 0 && !this.stopped && !this.signal?.aborted) {
      await new Promise<void>((resolve) => (this.taken = resolve));
    }
  }

  private end(how: { error?: Error }): void {
    this.ended = how;
    if (!this.taker) return;
    if (how.error) this.taker.reject(how.error);
    else this.taker.resolve({ done: true, value: undefined });
    this.ended = {};
  }
}

/** Lets timers and events have their turn, which a core in this thread would keep from them. */
function breath(): Promise<void> {
  const { setImmediate } = globalThis as { setImmediate?: (done: () => void) => void };
  return new Promise((done) => {
    if (setImmediate) {
      setImmediate(done);
      return;
    }
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      done();
    };
    port2.postMessage(0);
  });
}

/** Without what there is none of; a loss that is not finite is null on its way. */
function present(values: Record<string, number | null>): Omit<Logs, "epoch"> {
  const entries = Object.entries(values).filter(([name, value]) => name === "loss" || value !== null);
  return Object.fromEntries(entries.map(([name, value]) => [name, value ?? NaN])) as unknown as Omit<Logs, "epoch">;
}
