/**
 * The shapes that travel between the page and the core: plain data that structured clone can carry. Those that the core
 * reads or writes as JSON are generated from its structs; here stand only those with typed arrays or clocks in them,
 * which the border adds.
 */
import type {
  DescentHead, EpochLog, EvaluationPoint, ExamplesHead, ImageHead, IndexPoint, Loss, PlanesHead, ProgressHead, RaceHead, ReportMessage, RunMemory, SearchHead, SurfaceHead, TrajectoryHead, WeightHead,
} from "../pkg/saddlepoint.js";

export type {
  Activation, ActivationName, Augment, BatchSpec, Border, Column, ColumnKind, CriticalKind, CurvaturePoint, Curve, DataInfo, DataSpec, Distribution,
  EarlyStopping, EpochLog, Evaluation, EvaluationPoint, FilesInfo, Generator, GradientFlow, Initializer, LayerRow, LayerSpec, LayerStatistics, Mistake,
  ModelInfo, OptimizerSpec, PaddingSpec as Padding, ProfileRow, RangeTest, Region as Box, RegressionFit, Regularization, ReportMessage, RunMemory, RunSpec, Scaler, Scaling,
  Schedule as ScheduleSpec, SplitSpec, Statistics, StepProfile, TableInfo, TableSpec, Task,
} from "../pkg/saddlepoint.js";

export type {
  ArmSpec, CriticalPoints, DescentSpec, EscapeArm, EscapeSpec, Escapes, FunctionSpec, LandscapeInfo, LandscapeSpec, NamedFunction,
  PlanePoint as CriticalPoint, RaceSpec, SeedStrip, Share, StayArm, StaysSpec, StripArm,
} from "../pkg/saddlepoint.js";

export type { Certificate, Equal, IndexAt, IndexPoint, NetworkInfo, NetworkRaceSpec, NetworkSpec, NoiseOnPlane, Verdict, WeightInfo } from "../pkg/saddlepoint.js";

// what those are made of
export type {
  ActivationLayer, ActivationWith, Adadelta, Adagrad, Adam, AdamW, Adamax, AveragePool2d, BatchNormalization, BinaryCrossEntropy, ClassScore,
  ClassScores, Coefficient, Concatenate, Constant, Conv2dLayer as Conv2d, Conv2dTranspose, Cosine, Custom, CustomLoss, DampedNewton, Dense, DepthwiseConv2d, Dropout,
  Embedding, Exponential, Flatten, GaussianNoise, GlobalAveragePool2d, GlobalMaxPool2d, GroupNormalization, Gru, HalfMeanSquaredError, Hinge,
  Huber, Instruction, InverseTime, KlDivergence, LayerNormalization, Linear, LinearFit, Lion, LocallyConnected2d, LogCosh, Loss, Lstm, MaxPool2d,
  MeanAbsoluteError, MeanSquaredError, MethodSpec as OptimizerMethod, Missing as MissingCells, Momentum, Monitor, MultiHeadAttention, Nadam,
  Newton, Odd as OddCell, OneCycle, Options as OptimizerOptions, OwnParameter, PRelu, PerturbedGradientDescent, Plateau, Radam, RegressionScore, Reshape,
  Residual, RmsNormalization, Rmsprop, SaddleFreeNewton, SaddleSpec as SaddleMethod, SearchEnd, SequenceTask, Sgd, ShapeSpec as ScheduleShape,
  SimpleRnn, SmoothL1, SoftmaxCrossEntropy, SpatialDropout2d, Step, Verb,
} from "../pkg/saddlepoint.js";

/** A loss by its name, or with options. */
export type LossSpec = Loss | Loss["type"];

/** Where a function is drawn: from one number to another, at so many points. */
export interface CurveRange { from?: number; to?: number; points?: number }

/** Learning rates to try: from one to another, growing by one factor in so many steps. */
export interface RateRange { from?: number; to?: number; steps?: number }

/** A row of a table: what it has in each column. */
export type TableRow = Record<string, string | number | boolean | null>;

export interface NamedBytes { name: string; bytes: Uint8Array }

/**
 * What one call of `trainFor` or `step` did. Arrays hold only what is new since the call before. `report` is also set
 * once, with code `restored`, after the core broke and training was put back to the last snapshot.
 */
export interface Progress extends Omit<ProgressHead, "evaluations"> {
  /** One entry per step, the first of step `from`. What a caller has from this step on is void (after `restore`). */
  loss: Float32Array;
  /** Euclidean norm of the gradient of each layer with parameters: layer by layer, one entry per step each. */
  gradientNorms: { layer: string; norms: Float32Array }[];
  evaluations: EvaluationPoint[];
  stepsPerSecond: number; examplesPerSecond: number; secondsLeft: number | null;
}

/** A progress of `fit` as the core gives it: with what the epochs that ended were worth. */
export interface FitSlice extends Progress { epochs: EpochLog[] }

/** What an epoch was worth, under the names of Keras. `r2` stands in the place of `accuracy` for a regression; `val_` ones are there if there is a validation part. */
export interface Logs {
  /** Number of the epoch in this fit, from 0. */
  epoch: number;
  /** Mean of the losses of its batches. */
  loss: number;
  /** Share of the first 1,000 training examples that is classified rightly. */
  accuracy?: number;
  r2?: number;
  /** Mean loss over all of the validation part. */
  val_loss?: number;
  val_accuracy?: number;
  val_r2?: number;
}

/** What a slice of `fit` did: a progress with the epochs that ended in it; `done` is the share of the fit that is done, 0 to 1. */
export interface FitProgress extends Progress { epochs: Logs[]; done: number }

/** What `fit` did: as in Keras a list for each name, one entry for each epoch in `epoch`. */
export interface History {
  epoch: number[];
  history: { [Name in Exclude<keyof Logs, "epoch">]?: number[] };
  /** Where the run stands; `stopped` if early stopping ended it, `diverged` if a loss was not finite. */
  state: Progress["state"];
  step: number;
  /** What is to be said of a run that was stopped, diverged or does not move. */
  report: ReportMessage | null;
}

/** A tensor of weights: its name, its extents, and its numbers with the last axis running fastest. */
export interface Weight extends WeightHead { values: Float32Array }

/** Bytes in use: of WebAssembly as a whole (never less than it once was), and of this run: arena of a step, weights, optimizer. */
export interface MemoryInfo extends RunMemory { wasm: number }

/** A class with its probability. */
export interface Classification { label: string; index: number; probability: number }

/** Numbers of an image or a filter bank, ready to draw: `count` planes of height x width, one after the other. */
export interface Planes extends PlanesHead { values: Float32Array }

/**
 * What the network makes of one example. `output` is in the units of the data; `probabilities` is null if the outputs are
 * none; `filters` are those of a convolution that comes first (all channels of the first filter, then the second, ...);
 * `maps` are what each layer on images puts out.
 */
export interface Inspection { probabilities: Float32Array | null; output: Float32Array; filters: Planes | null; maps: Planes[] }

export interface ImagePixels extends ImageHead { /** 0..255 */ pixels: Uint8Array }

/** An image in successive steps of training: `pixels` are those of all steps, one after the other. */
export type AugmentedImage = ImagePixels;

/** What a character model is to write on after `prompt` (empty: after the first character of its text). */
export interface GenerateOptions {
  prompt?: string;
  /** Characters to write, 200 if left out. */
  length?: number;
  /** 1 (the default) takes characters as likely as they were learned, below 1 the likely ones more often, 0 the likeliest alone. */
  temperature?: number;
  /** The same seed writes the same text. */
  seed?: number;
}

/** Raw examples, `width` features each, one after the other; `labels` are class numbers, null for a regression. */
export interface RawExamples extends ExamplesHead { features: Float32Array; labels: Uint32Array | null }

/** The loss on a grid; values: rows x columns, y ascending by row, x by column. */
export interface Surface extends SurfaceHead { values: Float64Array; min: number; max: number }

/** What one arm of a race did. */
export interface Descent extends DescentHead {
  /** x0, y0, x1, y1, ...: steps + 1 points, or fewer if it diverged. */
  path: Float64Array;
  /** Loss and gradient norm over all examples at each point. */
  loss: Float64Array; gradientNorm: Float64Array;
  /** Largest and smallest Hessian eigenvalue at each point. */
  lambdaMax: Float64Array; lambdaMin: Float64Array;
}

export interface Race extends RaceHead { descents: Descent[] }

/** What one arm of a race of a network did, at the points that were recorded. */
export interface Trajectory extends TrajectoryHead {
  /** Updates done, and examples seen, at each point. */
  updates: Float64Array; examples: Float64Array;
  /** The weights at each point, one after the other. */
  thetas: Float64Array;
  /** Loss and gradient norm over all examples of the landscape at each point. */
  loss: Float64Array; gradientNorm: Float64Array;
}

export interface NetworkRace { paths: Trajectory[] }

/** Which plane through the space of all weights is looked at. `at`: the weights it goes through, those of the network if left out. */
export type PlaneChoice =
  /** Along the most negative and the most positive curvature, found by so many steps (60) of Lanczos iteration. */
  | { type: "eigen"; at?: Float64Array; steps?: number; seed?: number }
  /** The first two principal components of paths: `thetas` of trajectories. */
  | { type: "principal"; paths: Float64Array[] }
  /** Two random directions whose filters have the size of the network's (Li et al. 2018). */
  | { type: "random"; at?: Float64Array; seed?: number }
  /** Through three points: between the first two lies the interpolation of two solutions. */
  | { type: "interpolation"; points: [Float64Array, Float64Array, Float64Array] }
  /** Of two weights, by number or by name, as in `dense_1.kernel[3,4]`. */
  | { type: "weights"; at?: Float64Array; weights: [number | string, number | string] };

/** A point and two orthonormal directions: coordinates are distances in the space of all weights. */
export interface Plane {
  type: PlaneChoice["type"];
  origin: Float64Array;
  axes: [Float64Array, Float64Array];
  /** Of a principal plane: the share of the variance along each axis, and what it would be for random walks of as many points. */
  explained?: [number, number];
  randomWalk?: [number, number];
  /** Of a random plane: how far one unit of filter-normalised directions is. */
  unit?: number;
  /** Of an eigen-plane: the curvature along each axis, within which of an eigenvalue it lies, and all Ritz values, ascending. */
  eigenvalues?: [number, number];
  residuals?: [number, number];
  ritz?: Float64Array;
}

/** Where a search for a critical point of any index ended. */
export interface CriticalSearch extends SearchHead { theta: Float64Array }

/** The share of a Hessian's eigenvalues for each unit of lambda, with its standard error; `broadening` is the standard deviation of the Gaussian that stands for an eigenvalue. */
export interface SpectralDensity { lambda: Float64Array; density: Float64Array; error: Float64Array; range: Float64Array; broadening: number }

/** The sum of a Hessian's eigenvalues and its diagonal, each with its standard error over the probes. */
export interface HessianTrace { trace: number; error: number; diagonal: Float64Array; diagonalError: Float64Array }

/** Where a search for a critical point ended that began near a trajectory, with its number and weights. */
export interface IndexLossPoint extends IndexPoint { number: number; theta: Float64Array }

/** The loss on a grid of a plane, coarse or whole; values: rows x columns, y ascending by row. */
export interface SlicePicture { box: { x: [number, number]; y: [number, number] }; columns: number; rows: number; values: Float64Array; min: number; max: number; complete: boolean }

/** How far a slice is. */
export interface SliceProgress { done: number; points: number; secondsLeft: number }

/** A path seen on a plane: coordinates `x0, y0, x1, y1, ...`, the distance of each point from the plane, and the loss the plane shows there. */
export interface PathOnPlane { at: Float64Array; off: Float64Array; slice: Float64Array }
