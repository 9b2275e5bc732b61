/**
 * The shapes that travel between the page and the core. Where the core has a struct of the same name the two are
 * held together by a test; everything is plain data that structured clone can carry.
 */

export type Activation = "linear" | "relu" | "leakyRelu" | "tanh" | "sigmoid" | "softmax";

export type Initializer =
  | { type: "glorotUniform" | "glorotNormal" | "heUniform" | "heNormal" | "lecunUniform" | "lecunNormal" | "zeros" }
  | { type: "normal"; stddev: number }
  | { type: "uniform"; limit: number };

export type Padding = "valid" | "same";

export type LayerSpec =
  | { type: "dense"; name?: string; units: number; activation?: Activation; useBias?: boolean; initializer?: Initializer }
  | {
      type: "conv2d"; name?: string; filters: number; kernelSize: [number, number]; strides?: [number, number];
      padding?: Padding; dilation?: [number, number]; groups?: number; activation?: Activation; useBias?: boolean;
      initializer?: Initializer;
    }
  | { type: "maxPool2d" | "averagePool2d"; name?: string; poolSize: [number, number]; strides?: [number, number]; padding?: Padding }
  | { type: "flatten"; name?: string }
  | { type: "activation"; name?: string; activation: Activation };

export type LossSpec = "softmaxCrossEntropy" | "meanSquaredError" | "halfMeanSquaredError";

export type OptimizerSpec =
  | { type: "sgd"; learningRate: number }
  | { type: "momentum"; learningRate: number; momentum?: number; nesterov?: boolean }
  | { type: "adam"; learningRate: number; beta1?: number; beta2?: number; epsilon?: number };

/** How many examples one update sees: all (GD), one (SGD), or `size` (mini-batch). */
export type BatchSpec = { type: "full" } | { type: "one" } | { type: "mini"; size: number };

/** How the learning rate moves from the first step to the last. */
export type ScheduleSpec = { type: "constant" } | { type: "linear" };

export type DataSpec =
  | { type: "digits" }
  | { type: "diabetes"; features?: string[] }
  | { type: "generated"; kind: "xor" | "circle" | "spiral" | "gaussians"; examples: number; noise: number }
  /** Files handed over beside the spec (`CreateOptions.files`); `hash` is filled in by the core and names their bytes. */
  | { type: "files"; hash?: string };

/** Everything that decides a run: the same spec over the same bytes gives the same run, bit for bit. */
export interface RunSpec {
  data: DataSpec;
  /** Test examples held out (a share of 0..1, or a count above 1). A set that brings its own test part keeps it. */
  test: number;
  layers: LayerSpec[];
  loss: LossSpec;
  optimizer: OptimizerSpec;
  schedule?: ScheduleSpec;
  batch: BatchSpec;
  epochs: number;
  seed: number;
}

export interface NamedBytes { name: string; bytes: Uint8Array }

/** One row of the summary table. */
export interface LayerRow { name: string; type: string; detail: string; output: number[]; parameters: number; weights: number; biases: number; bytes: number }

export interface DataInfo {
  name: string; train: number; test: number;
  /** Extents of one example: (H, W, C) for images, (F) for tables. */
  shape: number[];
  /** Class names, or null for a regression. */
  classes: string[] | null;
  features: string[] | null;
  /** Where the data are from: author, source, licence. */
  attribution: string;
  hash: string;
}

export interface ModelInfo {
  layers: LayerRow[]; parameters: number;
  /** Peak bytes of one training step of this batch size, and of full-batch descent done in chunks. */
  stepBytes: number; fullBatchBytes: number;
  /** Examples in a full batch of this run. */
  batchSize: number;
  stepsPerEpoch: number; steps: number;
  data: DataInfo;
}

/**
 * One measurement on a fixed sample of the training part (`trainExamples` of them) and one of the test part: mean losses
 * (`testLoss` is null without a test part) and accuracies (null for a regression). A loss may be NaN just before a run diverges.
 */
export interface EvaluationPoint {
  step: number; trainLoss: number; testLoss: number | null; trainAccuracy: number | null; testAccuracy: number | null;
  trainExamples: number; testExamples: number;
}

/** A mistake or an event in words. `code` is stable; `args` are the values of the sentence, for translation. */
export interface ReportMessage { kind: string; code: string; place: string; expected: string; got: string; hint: string; args: Record<string, string>; message: string }

/** What one call of `trainFor` or `step` did. Arrays hold only what is new since the call before. */
export interface Progress {
  state: "ready" | "running" | "done" | "diverged" | "stuck";
  step: number;
  /** The epoch under way, from 1. */
  epoch: number;
  /** Step of the first entry of `loss`; one entry per step. What a caller has from this step on is void (after `restore`). */
  from: number;
  loss: Float32Array;
  /** Euclidean norm of the gradient of each layer with parameters: layer by layer, one entry per step each. */
  gradientNorms: { layer: string; norms: Float32Array }[];
  evaluations: EvaluationPoint[];
  stepsPerSecond: number; examplesPerSecond: number; secondsLeft: number | null;
  learningRate: number;
  /**
   * Set for `diverged` (layer, step, kept step, rate, 2/lambda_max) and `stuck`; and, once, with code `restored` after the
   * core broke and training was put back to the last snapshot.
   */
  report: ReportMessage | null;
  /** Hash of the run so far, 16 hex digits. */
  runHash: string;
}

/** Test-set detail, for the confusion matrix and the mistakes. */
export interface Evaluation {
  loss: number; accuracy: number | null;
  /** Row = true class, column = predicted; null for a regression. */
  confusion: number[][] | null;
  /** Test examples predicted wrongly, worst (highest loss) first, at most 24. */
  mistakes: { index: number; label: number; predicted: number; probability: number }[];
}

/** Numbers of an image or a filter bank, ready to draw: `count` planes of height x width, one after the other. */
export interface Planes { layer: string; count: number; height: number; width: number; values: Float32Array }

/**
 * What the network makes of one example. `output` is in the units of the data; `probabilities` is null if the outputs are
 * none; `filters` are those of a convolution that comes first (all channels of the first filter, then the second, ...);
 * `maps` are what each layer on images puts out.
 */
export interface Inspection { probabilities: Float32Array | null; output: Float32Array; filters: Planes | null; maps: Planes[] }

export interface ImagePixels { height: number; width: number; channels: number; /** 0..255 */ pixels: Uint8Array; label: number | null }

/** Raw examples, `width` features each, one after the other; `labels` are class numbers, null for a regression. */
export interface RawExamples { count: number; width: number; features: Float32Array; labels: Uint32Array | null }

// ---- landscape ------------------------------------------------------------------------------------------------

export interface Box { x: [number, number]; y: [number, number] }

/** A network with two weights, whose landscape can be drawn whole. */
export interface LandscapeSpec { data: DataSpec; layers: LayerSpec[]; loss: LossSpec }

export interface LandscapeInfo { weights: [string, string]; examples: number; features: string[] | null; target: string }

export interface Surface { box: Box; columns: number; rows: number; /** rows x columns, y ascending by row, x by column */ values: Float64Array; min: number; max: number }

export interface CriticalPoint {
  type: "minimum" | "saddle" | "maximum" | "flat";
  at: [number, number]; loss: number; gradientNorm: number;
  /** Ascending, with their unit eigenvectors. */
  eigenvalues: [number, number]; eigenvectors: [[number, number], [number, number]];
}

export interface ArmSpec { id: string; optimizer: OptimizerSpec; batch: BatchSpec }

export interface RaceSpec {
  start: [number, number]; steps: number; seed: number; arms: ArmSpec[];
  /** "near the saddle" means a Euclidean distance below this. */
  radius: number;
}

export interface Descent {
  id: string;
  /** x0, y0, x1, y1, ...: steps + 1 points, or fewer if it diverged. */
  path: Float64Array;
  /** Loss and gradient norm over all examples at each point. */
  loss: Float64Array; gradientNorm: Float64Array;
  /** Points within the radius of the saddle. */
  nearSaddle: number;
  /** First step after entering the radius at which it was outside again; null if it never entered or never left. */
  leftAt: number | null;
  /** Whether it came within the radius at all. */
  entered: boolean;
  divergedAt: number | null;
  /** Largest and smallest Hessian eigenvalue along the path. */
  lambdaMax: Float64Array; lambdaMin: Float64Array;
}

export interface Race { descents: Descent[]; runHash: string }

/** Points near the saddle for many seeds: one row per arm, one entry per seed. */
export interface SeedStrip { seeds: number[]; arms: { id: string; nearSaddle: number[]; median: number }[] }
