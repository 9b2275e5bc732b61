import { checkSignal, untilAborted } from "./abort.js";
import type { CreateOptions, Examples, FitOptions, FitRun, ModelApi, ModelSpec, RangeTestOptions } from "./api.js";
import type { Dataset, Targets } from "./dataset.js";
import type { Opened, TrainingCalls as Calls } from "./engine.js";
import { Broken, report, SaddlepointError } from "./error.js";
import type { Trainee } from "./fit.js";
import { readFiles } from "./images.js";
import { bytesOf, dataType, filesOf, floatsOf, needsFiles, numberOf, stringOf, textOf } from "./input.js";
import { Later } from "./later.js";
import { Line } from "./line.js";
import { disposed, openLink, unusable, type Answered, type Asked, type Link, type Place } from "./link.js";
import type { Picture } from "./pixels.js";
import { prepared } from "./spec.js";
import type { TensorLike } from "./tensors.js";
import type {
  Augment, AugmentedImage, Activation, Classification, CurvaturePoint, Curve, CurveRange, Evaluation, FilesInfo, FitSlice, GenerateOptions, ImagePixels, Inspection, MemoryInfo, ModelInfo, NamedBytes, Progress, RangeTest, RateRange, RawExamples, RegressionFit, ReportMessage, RunSpec, Statistics, StepProfile, TableRow, Weight,
} from "./types.js";
import { isDataset, wantedFor } from "./wanted.js";

/** Milliseconds of one call of `trainFor`, if none are given: a page that asks again and again can pause at once. */
const SLICE = 40;

/** Milliseconds of steps that a profile is made of: enough ticks of a clock that has ten a millisecond. */
const PROFILED = 400;

/** Another build of the core than the usual one, and what is to be said of the choice. */
export interface Build { place?: Place; notice?: ReportMessage }

/** How a model came to be, to make it again if its core breaks. */
export interface Origin { build: Build; worker: boolean | undefined; files: NamedBytes[]; run?: string; set?: string | undefined; file?: Uint8Array | undefined }

/** Where a model stands. */
export interface Standing extends Opened {
  origin: Origin;
  /** Epochs of a fit that does not say how many. */
  planned: number;
  /** Whether the last progress said that early stopping ended the run. */
  stopped: boolean;
  /** The data of the last fit and how they were split: another fit on the same goes on where it ended. */
  fitted: readonly unknown[];
  /** The learning rate that was set last. */
  rate: number | undefined;
}

/** Calls that only this side refuses while a fit is under way: they would take steps, or what is told of them, away from it. */
const ALONE: readonly string[] = ["trainFor", "step", "history", "reset", "restore"];

/** Is told what happens to a model, see autosave.ts. */
export interface Observer {
  /** After each progress; `snapshot` is the run as a file, if one came with it. */
  heard(progress: Progress, snapshot: Uint8Array | undefined): void;
  disposed(): void;
}

/** A network in training. Calls are answered one after the other, in the order in which they were made. */
export class Model implements ModelApi {
  protected static readonly build: Build = {};

  /** A run at its start. */
  static async create(spec: ModelSpec, options: CreateOptions = {}): Promise<Model> {
    const { run, files } = await prepared(spec, options);
    return this.open({ build: this.build, worker: options.worker, files, run: textOf(run), set: dataType(run) }, options.signal);
  }

  /** A run from a file that `save` wrote. Data files are passed again; without them the model predicts, and `fit` on the same data goes on. */
  static async load(bytes: Uint8Array, options: CreateOptions = {}): Promise<Model> {
    return this.open({ build: this.build, worker: options.worker, files: await readFiles(options.files ?? [], options), file: bytesOf(bytes) }, options.signal);
  }

  /** The summary table and the data of a run, without its weights: fast enough to ask at every key that is pressed. */
  static async summary(spec: ModelSpec, options: CreateOptions = {}): Promise<ModelInfo> {
    // files that are given are read by the resident, once
    const { run, files } = await prepared(spec, { ...options, files: [] });
    return untilAborted(Resident.of(options, this.build).summary(run, files.length > 0 ? files : (options.files ?? [])), options.signal);
  }

  /** An activation function, ready to draw. */
  static async activationCurve(activation: Activation, { from = -6, to = 6, points = 121 }: CurveRange = {}, options: CreateOptions = {}): Promise<Curve> {
    const curve = Resident.of(options, this.build).curve(textOf(activation), numberOf(from), numberOf(to), numberOf(points));
    return untilAborted(curve, options.signal);
  }

  /** What files are good for, and the description of data to run on them. */
  static async describe(files: NamedBytes[], options: Omit<CreateOptions, "files"> = {}): Promise<FilesInfo> {
    return untilAborted(Resident.of(options, this.build).describe(files), options.signal);
  }

  private static async open(origin: Origin, signal: AbortSignal | undefined): Promise<Model> {
    checkSignal(signal);
    const link = await untilAborted(openLink("training", origin.worker, origin.set, false, origin.build.place), signal, (late) => late.close());
    try {
      return new Model(origin, link, await untilAborted(begin(link, origin, undefined), signal));
    } catch (error) {
      link.close();
      throw error instanceof Broken ? unusable(error) : error;
    }
  }

  /** @internal */
  readonly observers = new Set<Observer>();
  /** The last snapshot that observers were told of. */
  private told: Uint8Array | undefined;
  private readonly at: Standing;
  private link: Link<"training"> | null;
  private queue: Promise<unknown> = Promise.resolve();
  /** Step at which the core broke last. */
  private brokeAt = -1;
  private fitting = false;
  /** Number of the range test that was begun last. */
  private testing = 0;
  /** Said with the next progress. */
  private news: ReportMessage | null;

  protected constructor(origin: Origin, link: Link<"training">, opened: Opened) {
    this.link = link;
    this.news = origin.build.notice ?? null;
    this.at = { origin, ...opened, planned: opened.spec.epochs, stopped: false, fitted: [], rate: undefined };
  }

  get info(): ModelInfo {
    return this.at.info;
  }

  get spec(): RunSpec {
    return this.at.spec;
  }

  trainFor(ms = SLICE): Promise<Progress> {
    return this.progress("trainFor", numberOf(ms));
  }

  step(n = 1): Promise<Progress> {
    return this.progress("step", numberOf(n));
  }

  history(): Promise<Progress> {
    return this.progress("history");
  }

  async setLearningRate(value: number): Promise<void> {
    await this.ask("setLearningRate", numberOf(value));
    this.at.rate = value;
  }

  fit(options?: FitOptions): FitRun;
  fit(data: Dataset, options?: FitOptions): FitRun;
  fit(x: TensorLike | readonly Picture[], y: Targets, options?: FitOptions): FitRun;
  fit(...given: unknown[]): FitRun {
    const [x, y, options] = fitRequest(given);
    // of a second fit, it is this one that is refused
    let mine = false;
    const trainee: Trainee = {
      plan: async () => {
        if (this.fitting) throw alone("fit");
        this.fitting = mine = true;
        const { planned } = await import("./plan.js");
        return planned(this.at, (method, ...args) => this.ask(method, ...args), x, y, options);
      },
      slice: async (ms, until) => {
        // after the core broke it is a progress alone
        const slice: Progress & Partial<FitSlice> = await this.ask("fitFor", ms, until);
        return { ...this.noted(slice), epochs: slice.epochs ?? [] };
      },
      over: () => {
        if (mine) this.fitting = false;
      },
    };
    return new Later(import("./fit.js").then(({ Fit }) => new Fit(trainee, options)));
  }

  evaluate(data?: Dataset): Promise<Evaluation>;
  evaluate(x: TensorLike | readonly Picture[], y: Targets): Promise<Evaluation>;
  async evaluate(x?: unknown, y?: unknown): Promise<Evaluation> {
    if (x === undefined) return this.ask("evaluate");
    const { datasetOf } = await import("./extras.js");
    const { data, files } = datasetOf(x, y, this.info.data.shape).pack(wantedFor(this.info));
    return this.ask("evaluateOn", textOf(data), files);
  }

  image(index: number, part: "train" | "test" = "test"): Promise<ImagePixels> {
    return this.ask("image", numberOf(index), part !== "train");
  }

  async augmented(index: number, steps = 5, augment?: Augment): Promise<AugmentedImage> {
    return this.ask("augmented", numberOf(index), numberOf(steps), augment === undefined ? "" : textOf(augment));
  }

  async generate({ prompt = "", length = 200, temperature = 1, seed = 0 }: GenerateOptions = {}): Promise<string> {
    return this.ask("generate", stringOf(prompt), numberOf(length), numberOf(temperature), numberOf(seed));
  }

  examples(most: number, part: "train" | "test" = "test"): Promise<RawExamples> {
    return this.ask("examples", numberOf(most), part !== "train");
  }

  async inspect(example: Float32Array): Promise<Inspection> {
    return this.ask("inspect", floatsOf("inspect", example));
  }

  async predict(examples: Examples): Promise<Float32Array> {
    return this.ask("predict", await this.raw("predict", examples));
  }

  async classify(examples: Examples, { top = Infinity }: { top?: number } = {}): Promise<Classification[][]> {
    const raw = await this.raw("classify", examples);
    const { classified } = await import("./extras.js");
    const most = top === Infinity ? (this.info.data.classes?.length ?? 1) : top;
    return classified(await this.ask("predict", raw), raw.length / this.info.data.shape.reduce((a, b) => a * b), this.info, most);
  }

  private async raw(place: string, examples: unknown): Promise<Float32Array> {
    return examples instanceof Float32Array ? examples : (await import("./extras.js")).rawOf(place, examples, this.info);
  }

  weights(): Promise<Weight[]> {
    return this.ask("weights");
  }

  async setWeights(weights: Parameters<ModelApi["setWeights"]>[0]): Promise<void> {
    const { tensorsOf } = await import("./extras.js");
    await this.ask("setWeights", ...tensorsOf(weights, await this.ask("weights")));
  }

  async freeze(layers?: Parameters<ModelApi["freeze"]>[0], frozen = true): Promise<void> {
    const { frozenAfter } = await import("./extras.js");
    Object.assign(this.at, await this.ask("freeze", frozenAfter(layers, frozen, this.info, this.spec.frozen ?? [])));
  }

  memory(): Promise<MemoryInfo> {
    return this.ask("memory");
  }

  // eslint-disable-next-line no-console -- where Keras and TensorFlow.js print it
  async summary(print: (line: string) => void = console.log): Promise<ModelInfo> {
    const { summaryLines } = await import("./extras.js");
    summaryLines(this.info, this.spec.frozen ?? []).forEach((line) => { print(line); });
    return this.info;
  }

  async encode(rows: TableRow[]): Promise<Float32Array> {
    return this.ask("encode", textOf(rows));
  }

  curvature(): Promise<CurvaturePoint> {
    return this.ask("curvature");
  }

  layerStatistics(): Promise<Statistics> {
    return this.ask("layerStatistics");
  }

  profile(ms = PROFILED): Promise<StepProfile> {
    return this.ask("profile", numberOf(ms));
  }

  async rangeTest({ from = 1e-5, to = 1, steps = 100 }: RateRange = {}, { signal, progress }: RangeTestOptions = {}): Promise<RangeTest> {
    const testing = ++this.testing;
    await this.ask("beginRangeTest", numberOf(from), numberOf(to), numberOf(steps));
    for (;;) {
      checkSignal(signal);
      if (testing !== this.testing) throw superseded();
      const { over, ...test } = await this.ask("rangeTestFor", SLICE);
      if (over) return test;
      progress?.(test);
    }
  }

  async leastSquares({ ridge = 0 }: { ridge?: number } = {}): Promise<RegressionFit> {
    return this.ask("leastSquares", numberOf(ridge));
  }

  async reset(): Promise<void> {
    await this.ask("reset");
    this.at.step = 0;
    this.at.rate = undefined;
  }

  restore(learningRate: number): Promise<Progress> {
    this.at.rate = numberOf(learningRate);
    return this.progress("restore", this.at.rate);
  }

  save(): Promise<Uint8Array> {
    return this.ask("save");
  }

  /** @internal The run as a file, kept to go back to as well. */
  async snapshot(): Promise<Uint8Array> {
    await this.ask("keepSnapshot");
    const { snapshot } = this.living();
    if (!snapshot) throw disposed();
    return (this.told = snapshot);
  }

  /** @internal The files that the data are. */
  get files(): NamedBytes[] {
    return this.at.origin.files;
  }

  dispose(): Promise<void> {
    this.link?.close();
    this.link = null;
    for (const observer of this.observers) observer.disposed();
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  private async progress<M extends "trainFor" | "step" | "history" | "restore">(method: M, ...args: Asked<Calls[M]>): Promise<Progress> {
    return this.noted(await this.ask(method, ...args));
  }

  private noted(progress: Progress): Progress {
    this.at.step = progress.step;
    const snapshot = this.link?.snapshot;
    for (const observer of this.observers) observer.heard(progress, snapshot === this.told ? undefined : snapshot);
    this.told = snapshot;
    this.at.stopped = progress.state === "stopped";
    const news = this.news;
    this.news = null;
    return news ? { ...progress, report: progress.report ?? news } : progress;
  }

  private ask<M extends keyof Calls>(method: M, ...args: Asked<Calls[M]>): Promise<Answered<Calls[M]>> {
    if (this.fitting && ALONE.includes(method)) return Promise.reject(alone(method));
    const answer = this.queue.then(async () => {
      if (!this.link) throw disposed();
      try {
        return await this.link.call(method, ...args);
      } catch (error) {
        if (!(error instanceof Broken)) throw error;
        await this.revive(error);
        // training goes on from where it was put back to; another question is for the caller to ask again
        if (method === "trainFor" || method === "step" || method === "fitFor") return (await this.living().call("progress")) as Answered<Calls[M]>;
        throw unusable(error);
      }
    });
    this.queue = answer.catch(() => undefined);
    return answer;
  }

  private living(): Link<"training"> {
    if (this.link) return this.link;
    throw disposed();
  }

  /** Puts a new core in the place of one that broke, at the last snapshot. */
  private async revive(cause: Broken): Promise<void> {
    const old = this.living();
    // what breaks at the same place again will always do so
    if (this.brokeAt >= 0 && this.at.step <= this.brokeAt) {
      await this.dispose();
      throw unusable(cause);
    }
    this.brokeAt = this.at.step;
    old.close();
    try {
      const link = await openLink("training", this.at.origin.worker, this.at.origin.set, false, this.at.origin.build.place);
      // disposed of while the new core was loaded
      if (!this.link) {
        link.close();
        throw disposed();
      }
      this.link = link;
      await begin(link, this.at.origin, old.snapshot);
      const { step } = await link.call("progress");
      this.at.step = step;
      this.news = restored(cause, step);
    } catch (error) {
      await this.dispose();
      throw error instanceof Broken ? unusable(error) : error;
    }
  }
}

function begin(link: Link<"training">, { run, file, files }: Origin, snapshot: Uint8Array | undefined): Promise<Opened> {
  const from = snapshot ?? file;
  return from ? link.call("load", from, files) : link.call("create", run ?? "", files);
}

/** What is given to `fit`, in any of its forms. */
function fitRequest(given: readonly unknown[]): [x: unknown, y: unknown, options: FitOptions] {
  const [first, second, third] = given;
  const only = given.length < 2 && !isDataset(first) && !Array.isArray(first) && !ArrayBuffer.isView(first);
  if (only) return [undefined, undefined, first ?? {}];
  return isDataset(first) ? [first, undefined, second ?? {}] : [first ?? null, second, third ?? {}];
}

function alone(call: string): SaddlepointError {
  const words = { expected: "no fit under way", got: "one that is not over", hint: "await it, or stop it first" };
  return new SaddlepointError(report("state", "fit-under-way", call, words));
}

/** What is said to who waits for a range test when another is begun. */
function superseded(): SaddlepointError {
  const words = { expected: "one range test at a time", got: "another one begun", hint: "wait for the first" };
  return new SaddlepointError(report("state", "range-test-replaced", "rangeTest", words));
}

function restored(cause: Broken, step: number): ReportMessage {
  const words = { expected: "an answer of the core", got: cause.message, hint: `training goes on from step ${step}` };
  return report("internal", "restored", "core", words, { step: String(step), got: cause.message });
}

/** One core that stays and only answers what needs no weights. It keeps the files that it was given last: they need not travel twice. */
class Resident {
  private readonly line: Line<"training">;
  private held: readonly Uint8Array[] = [];

  /** The one for these options. */
  static of({ worker }: CreateOptions, { place }: Build): Resident {
    const key = `${worker === false ? "here" : "usual"} ${place === undefined ? "" : "fast"}`;
    const found = residents.get(key) ?? new Resident(worker, place);
    residents.set(key, found);
    return found;
  }

  constructor(private readonly worker: boolean | undefined, place: Place | undefined) {
    this.line = new Line(() => {
      this.held = [];
      return openLink("training", worker, undefined, false, place);
    });
  }

  summary(run: RunSpec, given: readonly NamedBytes[]): Promise<ModelInfo> {
    const text = textOf(run);
    const files = needsFiles(run) ? filesOf(given) : null;
    return this.line.use(async (link) => {
      if (files) await this.give(link, given, files);
      return link.call("summary", text);
    });
  }

  curve(activation: string, from: number, to: number, points: number): Promise<Curve> {
    return this.line.call("activationCurve", activation, from, to, points);
  }

  describe(given: readonly NamedBytes[]): Promise<FilesInfo> {
    const files = filesOf(given);
    return this.line.use(async (link) => {
      await this.give(link, given, files);
      return link.call("describe");
    });
  }

  private async give(link: Link<"training">, given: readonly NamedBytes[], files: NamedBytes[]): Promise<void> {
    if (this.holds(given)) return;
    this.held = [];
    await link.call("give", await readFiles(files, { worker: this.worker }));
    this.held = given.map(({ bytes }) => bytes);
  }

  private holds(given: readonly NamedBytes[]): boolean {
    return given.length === this.held.length && given.every(({ bytes }, i) => bytes === this.held[i]);
  }
}

const residents = new Map<string, Resident>();
