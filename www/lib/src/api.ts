/**
 * The face of the package. `Model`, `Landscape` and `Curvature` speak to a worker in a browser and run in-process in Node.
 *
 * Every call rejects with a `SaddlepointError` that carries a `ReportMessage`.
 */
import type {
  Activation, ArmSpec, Augment, AugmentedImage, Box, Certificate, Classification, CriticalPoints, CriticalSearch, CurvaturePoint, Curve, CurveRange, DataSpec,
  Escapes, EscapeSpec, Evaluation, FilesInfo, FitProgress, FunctionSpec, GenerateOptions, HessianTrace, History, ImagePixels, IndexLossPoint, Inspection, LandscapeInfo,
  LandscapeSpec, Logs, MemoryInfo, ModelInfo, NamedBytes, NamedFunction, NetworkInfo, NetworkRace, NetworkRaceSpec, NetworkSpec, NoiseOnPlane, OptimizerSpec, PathOnPlane, Plane,
  PlaneChoice, Progress, Race, RaceSpec, RangeTest, RateRange, RawExamples, RegressionFit, RunSpec, SeedStrip, SlicePicture, SliceProgress,
  SpectralDensity, Statistics, StayArm, StepProfile, StaysSpec, Surface, TableRow, Weight,
} from "./types.js";

import type { Dataset, Targets } from "./dataset.js";
import type { Picture } from "./pixels.js";
import type { TensorLike } from "./tensors.js";

/**
 * A run as it is written by hand. What is left out is: `optimizer` Adam, `batch` 32 examples, `epochs` 1, `test` 0, `seed` 0. A network
 * without data has `inputShape`, the extents of one example (`[784]`, `[28, 28, 1]`), and is given data by `fit(x, y)`.
 */
export type ModelSpec = Omit<RunSpec, "data" | "optimizer" | Left> & Partial<Pick<RunSpec, Left>> & {
  data?: DataSpec | Dataset;
  /** Extents of one example, without the batch; in place of `data`. */
  inputShape?: readonly number[];
  /** Names of the classes or how many there are; as many as the last layer puts out if left out. */
  classes?: readonly string[] | number;
  /** A method with its constants, or its name alone. */
  optimizer?: OptimizerSpec | OptimizerSpec["type"];
};
type Left = "test" | "batch" | "epochs" | "seed";

/** Called on the way; `epoch` and `batch` count from 0. A function that returns a promise is waited for; one that throws ends the fit. */
export interface FitCallbacks {
  onTrainBegin?(): void | Promise<void>;
  onTrainEnd?(): void | Promise<void>;
  onEpochBegin?(epoch: number): void | Promise<void>;
  onEpochEnd?(epoch: number, logs: Logs): void | Promise<void>;
  /** After each slice, once for each of its batches; `size` is that of a full batch. */
  onBatchEnd?(batch: number, logs: { batch: number; size: number; loss: number }): void | Promise<void>;
  /** After each slice of about 40 ms. */
  onProgress?(progress: FitProgress): void | Promise<void>;
}

export interface FitOptions {
  /** Passes over the training part. Without data of the call: to the end of the run that the description plans. */
  epochs?: number;
  /** Examples of an update; the batch of the description if left out. */
  batchSize?: number;
  /** Share held out, 0 to less than 1, drawn by the run's seed. */
  validationSplit?: number;
  /** Examples that are measured after each epoch and not learnt from: arrays beside arrays. */
  validationData?: Dataset | readonly [TensorLike, Targets];
  callbacks?: FitCallbacks | readonly FitCallbacks[];
  /** Ends the fit after the slice under way; it then rejects, and the model stays as it was trained. */
  signal?: AbortSignal;
}

/**
 * A fit under way: a promise of the history, and an iterator of what happens, slice by slice of about 40 ms. Who iterates sets the pace:
 * the next slice but one begins when the last was taken. Leaving the loop stops the fit.
 */
export interface FitRun extends Promise<History>, AsyncIterable<FitProgress, undefined> {
  /** Waits after the slice under way until `resume`. */
  pause(): void;
  resume(): void;
  /** Ends after the slice under way; the promise resolves with the history so far. */
  stop(): void;
}

/** Examples to be asked about: numbers, one example after the other or in lists, one picture, or a list of pictures. */
export type Examples = TensorLike | Picture | readonly Picture[];

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
  /**
   * Trains as in Keras: on the data of the description, `fit({epochs})`, or on others of the same shape, `fit(dataset, options)` and
   * `fit(x, y, options)`. Weights, optimizer state and what layers carry stay from fit to fit. One fit at a time.
   *
   * Rejects with `fit-under-way`, `no-data`, `fit-number`, `fit-split`, `fit-options`, `fit-callbacks`, `aborted`, and with what is
   * wrong with the data.
   */
  fit(options?: FitOptions): FitRun;
  fit(data: Dataset, options?: FitOptions): FitRun;
  fit(x: TensorLike | readonly Picture[], y: Targets, options?: FitOptions): FitRun;
  /** Measures the test part, or all examples of other data of the same shape. */
  evaluate(data?: Dataset): Promise<Evaluation>;
  evaluate(x: TensorLike | readonly Picture[], y: Targets): Promise<Evaluation>;
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
  /**
   * Outputs `(N, K)` for N raw examples, one after the other: probabilities of classes, or numbers in the units of the data. Features are
   * scaled as the training data were; images are pixels of 0..255.
   */
  predict(examples: Examples): Promise<Float32Array>;
  /** For each example its classes, the likeliest first, at most `top` of them. */
  classify(examples: Examples, options?: { top?: number }): Promise<Classification[][]>;
  /** All tensors of weights by name, such as `dense_1.kernel` (inputs, units), and what layers carry, such as running means. */
  weights(): Promise<Weight[]>;
  /** Replaces the numbers of some tensors, all or, if one is wrong, none. The optimizer keeps its state. */
  setWeights(weights: readonly { name: string; values: TensorLike; shape?: readonly number[] }[] | Record<string, TensorLike>): Promise<void>;
  /** Leaves layers as they are from now on, or with `false` lets them learn again. Names, or places from 0; all layers if left out. */
  freeze(layers?: string | number | readonly (string | number)[], frozen?: boolean): Promise<void>;
  /** Bytes in use. */
  memory(): Promise<MemoryInfo>;
  /** Prints a table of the layers, line by line, and returns what is known of the network. */
  summary(print?: (line: string) => void): Promise<ModelInfo>;
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
  /** Ends the core, also in the middle of a call. */
  dispose(): Promise<void>;
  /** The same, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}

export interface ModelStatic {
  create(run: ModelSpec, options?: CreateOptions): Promise<ModelApi>;
  /**
   * From a file written by `save`. Sets of the package come by themselves, files of yours by `options.files`. Without these the model
   * predicts, classifies and is evaluated on other data; `info.data.absent` is then true. `fit` on the data that it was trained on goes on
   * as if it had never been saved, on others it begins from the weights.
   */
  load(bytes: Uint8Array, options?: CreateOptions): Promise<ModelApi>;
  /** Summary table of a network without its weights, for the layer editor; rejects with the layer's name. */
  summary(run: ModelSpec, options?: CreateOptions): Promise<ModelInfo>;
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
