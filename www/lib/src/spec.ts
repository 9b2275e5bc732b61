/** A description as it is written by hand, made into the one that the core reads. */
import type { ModelSpec } from "./api.js";
import { isDataset, type Wanted } from "./wanted.js";
import { needsFiles, refused } from "./input.js";
import { readFiles } from "./images.js";
import type { NamedBytes, RunSpec } from "./types.js";

/** Losses that have no meaning for numbers to be predicted. */
const OVER_CLASSES = ["softmaxCrossEntropy", "binaryCrossEntropy", "hinge"];

/** `files` are those of the data. */
export interface Prepared { run: RunSpec; files: NamedBytes[] }

const DEFAULTS = { test: 0, optimizer: { type: "adam" }, batch: { type: "mini", size: 32 }, epochs: 1, seed: 0 } as const;

/** What a loss wants of targets that do not say it themselves. */
export function wantedBy(loss: unknown): Wanted {
  const name = typeof loss === "object" ? (loss as { type?: unknown } | null)?.type : loss;
  return { needsClasses: OVER_CLASSES.includes(name as string) };
}

export async function prepared(spec: ModelSpec | RunSpec, options: { files?: NamedBytes[]; worker?: boolean; signal?: AbortSignal }): Promise<Prepared> {
  const given: unknown = spec;
  if (typeof given !== "object" || given === null || Array.isArray(given)) return { run: spec as RunSpec, files: [] };
  const { inputShape, classes, ...rest } = spec as ModelSpec;
  const run = { ...DEFAULTS, ...rest } as RunSpec;
  if (typeof rest.optimizer === "string") run.optimizer = { type: rest.optimizer };
  const data: unknown = rest.data;
  if (inputShape !== undefined && data !== undefined) {
    throw refused("input-shape-twice", "inputShape", "data or an input shape", "both", "leave inputShape out: data say what an example is");
  }
  if (isDataset(data)) {
    const packed = data.pack({ ...wantedBy(run.loss), ...(classes === undefined ? {} : { classes: namesOf(classes) }) });
    return { run: { ...run, data: packed.data }, files: packed.files };
  }
  if (inputShape !== undefined) {
    const { standIn } = await import("./stand-in.js");
    const packed = standIn(inputShape, run, classes, OVER_CLASSES);
    return { run: { ...run, data: packed.data }, files: packed.files };
  }
  return { run, files: needsFiles(run) ? await readFiles(options.files ?? [], options) : [] };
}

function namesOf(classes: NonNullable<ModelSpec["classes"]>): readonly string[] {
  return typeof classes === "number" ? Array.from({ length: Math.min(classes, 1e6) }, (_, i) => String(i)) : classes;
}
