/**
 * The face of the package. `Model`, `Landscape` and `Curvature` speak to a worker in a browser and run in-process in Node.
 *
 * Every call rejects with a `SaddlepointError` that carries a `ReportMessage`.
 */
import type {
  Activation, ArmSpec, Augment, AugmentedImage, Box, Certificate, CriticalPoints, CriticalSearch, CurvaturePoint, Curve, CurveRange, Escapes,
  EscapeSpec, Evaluation, FilesInfo, FunctionSpec, GenerateOptions, HessianTrace, ImagePixels, IndexLossPoint, Inspection, LandscapeInfo,
  LandscapeSpec, ModelInfo, NamedBytes, NamedFunction, NetworkInfo, NetworkRace, NetworkRaceSpec, NetworkSpec, NoiseOnPlane, PathOnPlane, Plane,
  PlaneChoice, Progress, Race, RaceSpec, RangeTest, RateRange, RawExamples, RegressionFit, RunSpec, SeedStrip, SlicePicture, SliceProgress,
  SpectralDensity, Statistics, StayArm, StepProfile, StaysSpec, Surface, TableRow,
} from "./types.js";

export interface CreateOptions { files?: NamedBytes[]; worker?: boolean; signal?: AbortSignal }

export interface RangeTestOptions { signal?: AbortSignal; progress?: (soFar: RangeTest) => void }

export interface ModelApi {
  readonly info: ModelInfo;
  readonly spec: RunSpec;
  /** Trains for about `ms` milliseconds or to the end, whichever is first. */
  trainFor(ms: number): Promise<Progress>;
  /** Trains exactly `n` steps. */
  step(n?: number): Promise<Progress>;
  /** All progress since step 0 in one piece (after a load or a reload of the view). */
  history(): Promise<Progress>;
  setLearningRate(value: number): Promise<void>;
  evaluate(): Promise<Evaluation>;
  /** One example of the test part, or of the training part. */
  image(index: number, part?: "train" | "test"): Promise<ImagePixels>;
  /**
   * A training image as the next `steps` steps (5) would see it, moved by the run's own augmentation or by another; the
   * pixels of all steps, one after the other.
   */
  augmented(index: number, steps?: number, augment?: Augment): Promise<AugmentedImage>;
  /** Text that a character model writes, one character after the other; rejects if a character of the prompt is not in its text. */
  generate(options?: GenerateOptions): Promise<string>;
  /** The first examples of the test part, or of the training part, at most `most`. */
  examples(most: number, part?: "train" | "test"): Promise<RawExamples>;
  /** Raw features (images: 0..255 pixels, H x W x C); scaled by the core as the training data were. */
  inspect(example: Float32Array): Promise<Inspection>;
  /**
   * Raw features of new rows of a table, in the order of `info.data.features`, to `predict` or `inspect`. A row is an object of
   * column names and values, in any order; a category becomes one feature for each of its values, and where the run fills missing
   * cells, those of the rows are filled alike.
   */
  encode(rows: TableRow[]): Promise<Float32Array>;
  /** Rows of raw features; returns rows x outputs. */
  predict(examples: Float32Array): Promise<Float32Array>;
  /**
   * Both ends of the Hessian's spectrum at the present weights, over the first 512 training examples: lambda_max and the value it must
   * stay below, lambda_min, how many negative directions there are at least, and the gradient norm. The run stays as it is.
   */
  curvature(): Promise<CurvaturePoint>;
  /**
   * Weights, last gradient and outputs of every layer: histograms, dead units, saturation, and how much of the gradient
   * reaches the first layer. Computed only when asked for; the run stays as it is.
   */
  layerStatistics(): Promise<Statistics>;
  /**
   * What a step of training spends its time on, operation by operation: milliseconds, FLOP and bytes of each, beside the
   * multiply-add peak of this machine, measured right before and after. Steps are done for `ms` (400) milliseconds on a run
   * of the same description; this one is left alone and waits.
   */
  profile(ms?: number): Promise<StepProfile>;
  /**
   * The loss while the learning rate grows from `from` (0.00001) to `to` (1) over `steps` (100) steps, on a copy of the run
   * as it stands, and a rate to choose; ends early where the loss diverges. It is done in slices, between which other calls
   * are answered and the run may go on; `progress` is given what was seen after each.
   */
  rangeTest(range?: RateRange, options?: RangeTestOptions): Promise<RangeTest>;
  /**
   * Least squares on the same split, for a table with one number to predict: a coefficient with its standard error and
   * variance inflation for each column, R² on both parts. `ridge` (0) is the k of ridge regression.
   */
  leastSquares(options?: { ridge?: number }): Promise<RegressionFit>;
  /** Back to step 0 with the same spec. */
  reset(): Promise<void>;
  /** Goes back to the kept snapshot (after a divergence) and sets the learning rate. */
  restore(learningRate: number): Promise<Progress>;
  /** A safetensors file: spec, weights, optimizer state, step. */
  save(): Promise<Uint8Array>;
  dispose(): Promise<void>;
}

export interface ModelStatic {
  create(run: RunSpec, options?: CreateOptions): Promise<ModelApi>;
  /** From a file written by `save`; the data are loaded as its spec says, or from `options.files`. */
  load(bytes: Uint8Array, options?: CreateOptions): Promise<ModelApi>;
  /** Summary table of a network without its weights, for the layer editor; rejects with the layer's name. */
  summary(run: RunSpec, options?: CreateOptions): Promise<ModelInfo>;
  /** An activation function and its derivative, from -6 to 6 at 121 points if `range` says nothing else. */
  activationCurve(activation: Activation, range?: CurveRange, options?: CreateOptions): Promise<Curve>;
  /** What files are good for: the description of data to run on them, and what they hold then. */
  describe(files: NamedBytes[], options?: Omit<CreateOptions, "files">): Promise<FilesInfo>;
}

export interface LandscapeApi {
  readonly info: LandscapeInfo;
  surface(box: Box, columns: number, rows: number): Promise<Surface>;
  loss(at: [number, number]): Promise<number>;
  /**
   * The critical points inside the box. Of a function all are found, by interval arithmetic; `undecided` are the parts of the
   * box where that does not suffice. Of a network those that Newton's method finds from many starts.
   */
  criticalPoints(box: Box): Promise<CriticalPoints>;
  /** Steps that each descent takes to leave the first saddle, from a millionth off its stable manifold, over a grid of learning rates. */
  escape(spec: EscapeSpec): Promise<Escapes>;
  /** The share of many starts about the first saddle that are still near it after so many updates, and after so many examples. */
  stays(spec: StaysSpec): Promise<StayArm[]>;
  race(spec: RaceSpec): Promise<Race>;
  /** The same race over several seeds, which the cores share; only the figure of the strip comes back. */
  strip(spec: RaceSpec, seeds: number[]): Promise<SeedStrip>;
  dispose(): Promise<void>;
}

export interface LandscapeOptions extends CreateOptions {
  /** Cores that share a strip; as many as the machine seems to have, up to four, if left out. */
  workers?: number;
}

export interface LandscapeStatic {
  /** The landscape of a network with two weights, or of a function of x and y; a formula with a mistake rejects with its column. */
  create(spec: LandscapeSpec | FunctionSpec, options?: LandscapeOptions): Promise<LandscapeApi>;
  /** The functions that have a name. */
  functions(options?: Omit<CreateOptions, "files">): Promise<NamedFunction[]>;
}

export interface CurvatureOptions extends CreateOptions {
  /** A file that `Model.save` wrote, or the weights themselves; the initial ones of the spec's seed if left out. */
  weights?: Uint8Array | Float64Array;
  /** Cores that share the work; as many as the machine seems to have, up to four, if left out. */
  workers?: number;
}

export interface RaceOptions {
  /** Where all start; the initial weights of the race's seed if left out. */
  start?: Float64Array;
  signal?: AbortSignal;
  /** Told after each arm. */
  progress?: (done: number, arms: number) => void;
}

export interface SeedsOptions extends RaceOptions {
  /** Told each race when its last arm is in, with the place of its seed. */
  found?: (race: NetworkRace, index: number) => void;
}

export interface DensityOptions {
  /** Lanczos steps of a probe (60), random vectors (6), points of the curve (256). */
  steps?: number; probes?: number; points?: number;
  seed?: number;
}

export interface IndexOptions {
  /** Most steps of gradient descent before a search begins; 300 if left out. */
  descent?: number;
  seed?: number;
  signal?: AbortSignal;
  /** Told each point as it is found, in no order. */
  found?: (point: IndexLossPoint) => void;
}

export interface SliceOptions {
  /** Points along x and y, 51 if left out. */
  columns?: number; rows?: number;
  signal?: AbortSignal;
  progress?: (progress: SliceProgress) => void;
}

export interface CurvatureApi {
  readonly info: NetworkInfo;
  /** The weights it was created with. */
  readonly weights: Float64Array;
  /** The weights that a run of this seed begins with. */
  initial(seed: number): Promise<Float64Array>;
  /** Loss and gradient norm, at the network's weights or others. */
  measure(at?: Float64Array): Promise<{ loss: number; gradientNorm: number }>;
  /** Descents from one start, with an equal number of examples or of updates; arms run beside each other. */
  race(spec: NetworkRaceSpec, options?: RaceOptions): Promise<NetworkRace>;
  /** The same race from each seed; arms of all of them run beside each other. */
  seeds(spec: NetworkRaceSpec, seeds: number[], options?: SeedsOptions): Promise<NetworkRace[]>;
  /** A plane through the space of all weights. */
  plane(choice: PlaneChoice): Promise<Plane>;
  /** Pictures of the loss on a box of a plane, each finer than the one before; the last one is complete. */
  slice(plane: Plane, box: Box, options?: SliceOptions): AsyncIterableIterator<SlicePicture>;
  /** `thetas` of a trajectory seen on a plane. */
  project(plane: Plane, path: Float64Array): Promise<PathOnPlane>;
  /**
   * What can be proved of the network's weights or others: critical, gradient-flat or neither, with eigenvalues and index. All
   * eigenvalues of networks of at most `whole` weights (3,000 at most); above, those that `steps` (60) steps of Lanczos iteration give.
   */
  certify(at?: Float64Array, options?: { whole?: number; steps?: number }): Promise<Certificate>;
  /** The critical point, of any index, that Newton-MR reaches within `steps` steps (200), or where it ended. */
  search(at?: Float64Array, steps?: number): Promise<CriticalSearch>;
  /** The density of the Hessian's eigenvalues by stochastic Lanczos quadrature: `steps` times `probes` Hessian-vector products. */
  density(at?: Float64Array, options?: DensityOptions): Promise<SpectralDensity>;
  /** Trace and diagonal of the Hessian from random probes (20). */
  trace(at?: Float64Array, options?: { probes?: number; seed?: number }): Promise<HessianTrace>;
  /**
   * Points `from` to `from + count` of index against loss (Dauphin et al. 2014, figure 1): searches for critical points of any
   * index that begin near trajectories of gradient descent. Only those whose verdict is `critical` are critical points.
   */
  indexPoints(from: number, count: number, options?: IndexOptions): Promise<IndexLossPoint[]>;
  /** How gradients of single examples and of batches scatter on a plane. */
  noise(plane: Plane, batches: number[], at?: Float64Array): Promise<NoiseOnPlane>;
  dispose(): Promise<void>;
}

export interface CurvatureStatic { create(spec: NetworkSpec, options?: CurvatureOptions): Promise<CurvatureApi> }

export type { ArmSpec };
