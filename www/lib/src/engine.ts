/** The core as it is asked to train, in f32. */
import type { Session, Store } from "../pkg/saddlepoint.js";
import type { Common, Core } from "./core.js";
import { report, SaddlepointError } from "./error.js";
import type { Glue } from "./glue.js";
import { parts } from "./input.js";
import { Rates } from "./rates.js";
import type {
  AugmentedImage, CurvaturePoint, Curve, EpochLog, Evaluation, EvaluationPoint, FilesInfo, FitSlice, ImagePixels, Inspection, MemoryInfo, ModelInfo,
  NamedBytes, Progress, RangeTest, RawExamples, RegressionFit, RunMemory, RunSpec, Statistics, StepProfile, Weight,
} from "./types.js";

/** Shortest time between two snapshots, in milliseconds. */
const SNAPSHOT_EVERY = 2000;
/** Snapshots may take this share of the time. */
const SNAPSHOT_SHARE = 0.02;

export interface Opened { info: ModelInfo; spec: RunSpec; step: number }

/** What a page may ask. Specs travel as JSON, so that proxies of a framework and numbers that are none do no harm. */
export interface TrainingCalls extends Common {
  create(run: string, files: NamedBytes[]): Opened;
  load(file: Uint8Array, files: NamedBytes[]): Opened;
  /** Files for summaries, in place of those before. */
  give(files: NamedBytes[]): undefined;
  /** What the files are good for. */
  describe(): FilesInfo;
  summary(run: string): ModelInfo;
  activationCurve(activation: string, from: number, to: number, points: number): Curve;
  trainFor(ms: number): Progress;
  step(n: number): Progress;
  /** Trains for a while, but not beyond a step. */
  fitFor(ms: number, until: number): FitSlice;
  /** Plans more epochs. */
  extend(epochs: number): Opened;
  /** Goes on with another description over other files from the present weights. */
  goOn(run: string, files: NamedBytes[]): Opened;
  /** What is new since the last progress, without training. */
  progress(): Progress;
  history(): Progress;
  setLearningRate(rate: number): undefined;
  evaluate(): Evaluation;
  evaluateOn(data: string, files: NamedBytes[]): Evaluation;
  weights(): Weight[];
  setWeights(names: string[], values: Float32Array[]): undefined;
  freeze(layers: string[]): Opened;
  memory(): MemoryInfo;
  image(index: number, test: boolean): ImagePixels;
  augmented(index: number, steps: number, augment: string): AugmentedImage;
  generate(prompt: string, length: number, temperature: number, seed: number): string;
  examples(most: number, test: boolean): RawExamples;
  inspect(example: Float32Array): Inspection;
  encode(rows: string): Float32Array;
  predict(examples: Float32Array): Float32Array;
  curvature(): CurvaturePoint;
  layerStatistics(): Statistics;
  profile(ms: number): StepProfile;
  beginRangeTest(from: number, to: number, steps: number): undefined;
  /** The test so far, and whether that is all of it. */
  rangeTestFor(ms: number): RangeTest & { over: boolean };
  leastSquares(ridge: number): RegressionFit;
  reset(): undefined;
  restore(rate: number): Progress;
  save(): Uint8Array;
  /** Sends a snapshot with the answer, without waiting for the next that is due. */
  keepSnapshot(): undefined;
}

/** A progress as the core gives it, without what needs a clock. */
type Raw = Omit<Progress, "stepsPerSecond" | "examplesPerSecond" | "secondsLeft">;

export class Engine implements Core, TrainingCalls {
  private readonly store: Store;
  private session: Session | undefined;
  private info: ModelInfo | undefined;
  private rates = new Rates();
  private step_ = 0;
  private nextSnapshot = 0;
  private snapshot: Uint8Array | undefined;

  private readonly wasm: WebAssembly.Memory;

  constructor(private readonly glue: Glue, module: WebAssembly.Module, private readonly keepsSnapshots: boolean) {
    this.wasm = glue.initSync({ module }).memory;
    this.store = new glue.Store();
  }

  create(run: string, files: NamedBytes[]): Opened {
    if (files.length > 0) this.give(files);
    return this.open(new this.glue.Session(run, this.store));
  }

  load(file: Uint8Array, files: NamedBytes[]): Opened {
    return this.open(this.glue.Session.load(file, ...parts(files)));
  }

  give(files: NamedBytes[]): undefined {
    this.store.give(...parts(files));
  }

  describe(): FilesInfo {
    return this.store.describe() as FilesInfo;
  }

  provide(set: string, packed: Uint8Array): undefined {
    this.glue.provideSet(set, packed);
  }

  summary(run: string): ModelInfo {
    return this.store.summary(run) as ModelInfo;
  }

  activationCurve(activation: string, from: number, to: number, points: number): Curve {
    return this.glue.activationCurve(activation, from, to, points) as Curve;
  }

  trainFor(ms: number): Progress {
    return this.train((session) => session.trainFor(ms) as Raw);
  }

  step(n: number): Progress {
    return this.train((session) => session.step(n) as Raw);
  }

  fitFor(ms: number, until: number): FitSlice {
    let epochs: EpochLog[] = [];
    const progress = this.train((session) => {
      const slice = session.fitFor(ms, until) as Raw & Pick<FitSlice, "epochs">;
      ({ epochs } = slice);
      return slice;
    });
    return { ...progress, epochs };
  }

  extend(epochs: number): Opened {
    this.model().extend(epochs);
    return this.opened();
  }

  goOn(run: string, files: NamedBytes[]): Opened {
    const session = this.model();
    this.give(files);
    session.goOn(run, this.store);
    this.rates = new Rates();
    this.step_ = (session.progress() as Raw).step;
    // a file from before is of other data
    if (this.keepsSnapshots) this.snapshot = session.save();
    return this.opened();
  }

  evaluateOn(data: string, files: NamedBytes[]): Evaluation {
    const store = new this.glue.Store();
    try {
      store.give(...parts(files));
      return evaluated(this.model().evaluateOn(data, store));
    } finally {
      store.free();
    }
  }

  weights(): Weight[] {
    return this.model().weights() as Weight[];
  }

  setWeights(names: string[], values: Float32Array[]): undefined {
    this.model().setWeights(names, values);
    this.nextSnapshot = 0;
  }

  freeze(layers: string[]): Opened {
    this.model().freeze(layers);
    this.nextSnapshot = 0;
    return this.opened();
  }

  memory(): MemoryInfo {
    return { wasm: this.wasm.buffer.byteLength, ...(this.model().memory() as RunMemory) };
  }

  progress(): Progress {
    return this.timed(this.model().progress() as Raw);
  }

  history(): Progress {
    return this.timed(this.model().history() as Raw);
  }

  setLearningRate(rate: number): undefined {
    this.model().setLearningRate(rate);
  }

  evaluate(): Evaluation {
    return evaluated(this.model().evaluate());
  }

  image(index: number, test: boolean): ImagePixels {
    return this.model().image(index, test) as ImagePixels;
  }

  augmented(index: number, steps: number, augment: string): AugmentedImage {
    return this.model().augmented(index, steps, augment) as AugmentedImage;
  }

  generate(prompt: string, length: number, temperature: number, seed: number): string {
    return this.model().generate(prompt, length, temperature, seed);
  }

  examples(most: number, test: boolean): RawExamples {
    return this.model().examples(most, test) as RawExamples;
  }

  inspect(example: Float32Array): Inspection {
    return this.model().inspect(example) as Inspection;
  }

  encode(rows: string): Float32Array {
    return this.model().encode(rows);
  }

  predict(examples: Float32Array): Float32Array {
    return this.model().predict(examples);
  }

  reset(): undefined {
    this.model().reset();
    this.rates = new Rates();
    this.step_ = 0;
  }

  restore(rate: number): Progress {
    return this.timed(this.model().restore(rate) as Raw);
  }

  curvature(): CurvaturePoint {
    return this.model().curvature() as CurvaturePoint;
  }

  layerStatistics(): Statistics {
    return this.model().layerStatistics() as Statistics;
  }

  profile(ms: number): StepProfile {
    return this.model().profile(ms) as StepProfile;
  }

  beginRangeTest(from: number, to: number, steps: number): undefined {
    this.model().beginRangeTest(from, to, steps);
  }

  rangeTestFor(ms: number): RangeTest & { over: boolean } {
    return this.model().rangeTestFor(ms) as RangeTest & { over: boolean };
  }

  leastSquares(ridge: number): RegressionFit {
    return this.model().leastSquares(ridge) as RegressionFit;
  }

  save(): Uint8Array {
    return this.model().save();
  }

  keepSnapshot(): undefined {
    this.keep(this.model(), performance.now());
  }

  /** The run as a file, if one was due since the last time. */
  takeSnapshot(): Uint8Array | undefined {
    const snapshot = this.snapshot;
    this.snapshot = undefined;
    return snapshot;
  }

  /** Gives the memory of the core back. */
  free(): void {
    this.session?.free();
    this.session = undefined;
    this.store.free();
  }

  private open(session: Session): Opened {
    this.session?.free();
    this.session = session;
    this.rates = new Rates();
    this.step_ = (session.progress() as Raw).step;
    return this.opened();
  }

  private opened(): Opened {
    const session = this.model();
    this.info = session.info() as ModelInfo;
    return { info: this.info, spec: JSON.parse(session.spec()) as RunSpec, step: this.step_ };
  }

  private model(): Session {
    if (this.session) return this.session;
    throw new SaddlepointError(report("state", "nothing-open", "model", { expected: "a model", got: "none", hint: "create one first" }));
  }

  private train(run: (session: Session) => Raw): Progress {
    const session = this.model();
    const start = performance.now();
    const raw = run(session);
    const now = performance.now();
    this.rates.add(now - start, this.step_, raw.step);
    const progress = this.timed(raw);
    if (this.keepsSnapshots && now >= this.nextSnapshot && raw.state === "running") this.keep(session, now);
    return progress;
  }

  private keep(session: Session, now: number): void {
    this.snapshot = session.save();
    const end = performance.now();
    this.nextSnapshot = end + Math.max(SNAPSHOT_EVERY, (end - now) / SNAPSHOT_SHARE);
  }

  private timed(raw: Raw): Progress {
    this.step_ = raw.step;
    const { steps, stepsPerEpoch, data } = this.info ?? { steps: 0, stepsPerEpoch: 1, data: { train: 0 } };
    const stepsPerSecond = this.rates.perSecond();
    return {
      ...raw,
      evaluations: raw.evaluations.map(finite),
      stepsPerSecond,
      examplesPerSecond: (stepsPerSecond * data.train) / stepsPerEpoch,
      secondsLeft: stepsPerSecond > 0 ? (steps - raw.step) / stepsPerSecond : null,
    };
  }
}

function evaluated(given: unknown): Evaluation {
  const evaluation = given as Evaluation;
  return { ...evaluation, loss: number(evaluation.loss) };
}

/** JSON has null where a number is not finite. */
function number(value: number | null): number {
  return value ?? NaN;
}

function finite(point: EvaluationPoint): EvaluationPoint {
  return { ...point, trainLoss: number(point.trainLoss), testLoss: point.testExamples > 0 ? number(point.testLoss) : null };
}
