/** What a fit is to do, from what it was given. */
import type { FitOptions } from "./api.js";
import type { TrainingCalls } from "./engine.js";
import { report, SaddlepointError } from "./error.js";
import type { Plan } from "./fit.js";
import { dataType, refused, stringOf, textOf } from "./input.js";
import type { Answered, Asked } from "./link.js";
import type { Standing } from "./model.js";
import type { RunSpec } from "./types.js";
import { isDataset, wantedFor } from "./wanted.js";

type Ask = <M extends keyof TrainingCalls>(method: M, ...args: Asked<TrainingCalls[M]>) => Promise<Answered<TrainingCalls[M]>>;

/** Makes the run of a model one that `fit` can be done on, and says from where to where. */
export async function planned(at: Standing, ask: Ask, x: unknown, y: unknown, options: FitOptions): Promise<Plan> {
  checkOptions(options);
  const { epochs, batchSize, validationSplit, validationData } = options;
  if (x === undefined && at.info.data.absent) throw noData();
  const spec: RunSpec = { ...at.spec };
  let files = at.origin.files;
  if (x !== undefined || validationData !== undefined) {
    if (x === undefined) {
      throw refused("validation-alone", "validationData", "training data beside it", "validation data alone", "call fit(x, y, {validationData}), or hold out a share by validationSplit");
    }
    const { datasetOf, packedFor } = await import("./extras.js");
    const shape = at.info.data.shape;
    const packed = packedFor(datasetOf(x, y, shape), validationData, shape, wantedFor(at.info));
    // the description says what is held out, unless it was for other data
    [spec.data, spec.test, files] = [packed.data, at.info.data.absent ? spec.test : 0, packed.files];
  }
  if (validationSplit !== undefined) spec.test = validationSplit;
  if (batchSize !== undefined) spec.batch = { type: "mini", size: batchSize };
  const asked = [isDataset(x) || x === undefined ? x : {}, validationData, spec.test, JSON.stringify(spec.batch)];
  const same = x === undefined ? spec.test === at.spec.test && JSON.stringify(spec.batch) === JSON.stringify(at.spec.batch) : asked.every((one, i) => one === at.fitted[i]);
  let resumed = x === undefined;
  if (!same) {
    spec.epochs = epochs ?? at.planned;
    if (at.rate !== undefined) spec.optimizer = { ...spec.optimizer, learningRate: at.rate };
    const run = textOf(spec);
    Object.assign(at, await ask("goOn", run, files));
    // the data that a loaded run was without: it goes on where it was
    resumed ||= at.step > 0;
    // a core that takes the place of this one begins here
    Object.assign(at.origin, { run, files, set: dataType(spec), file: undefined });
    at.fitted = asked;
  }
  const per = at.info.stepsPerEpoch;
  const begun = Math.floor(at.step / per);
  const left = Math.round(at.info.steps / per) - begun;
  const wanted = epochs ?? (resumed && left > 0 ? left : at.planned);
  if (wanted > left || at.stopped) Object.assign(at, await ask("extend", Math.max(wanted - left, 1)));
  at.stopped = false;
  return { step: at.step, until: (begun + wanted) * per, stepsPerEpoch: per, batchSize: at.info.batchSize };
}

function noData(): SaddlepointError {
  const words = { expected: "data", got: "a network without data", hint: "call fit(x, y) or fit(dataset)" };
  return new SaddlepointError(report("state", "no-data", "fit", words));
}

/** Numbers of a call, or a report of what is wrong with them. */
function checkOptions(options: unknown): asserts options is FitOptions {
  if (typeof options !== "object" || options === null) throw refused("fit-options", "fit", "an object of options", String(options), "call fit(x, y, {epochs: 10}), fit(dataset, {...}) or fit({...})");
  const { epochs, batchSize, validationSplit, callbacks, signal, ...rest } = options as { [Name in keyof FitOptions]: unknown };
  const [unknown] = Object.keys(rest).filter((name) => name !== "validationData");
  if (unknown !== undefined) {
    throw refused("fit-options", `fit.${unknown}`, "epochs, batchSize, validationSplit, validationData, callbacks or signal", unknown, "use one of these names; what else a run needs stands in its description");
  }
  whole("epochs", epochs, 1_000_000);
  whole("batchSize", batchSize, 2 ** 24);
  if (validationSplit !== undefined && !(typeof validationSplit === "number" && validationSplit >= 0 && validationSplit < 1)) {
    throw refused("fit-split", "validationSplit", "a share from 0 to less than 1", stringOf(validationSplit), "hold out a share such as 0.2");
  }
  if (callbacks !== undefined && (typeof callbacks !== "object" || callbacks === null)) throw refused("fit-callbacks", "callbacks", "an object of functions, or a list of them", typeof callbacks, "pass {onEpochEnd(epoch, logs) {...}}");
  for (const one of [callbacks ?? []].flat() as unknown[]) {
    for (const [name, call] of Object.entries(one ?? {})) {
      if (!CALLBACKS.includes(name) || (call !== undefined && typeof call !== "function")) throw refused("fit-callbacks", `callbacks.${name}`, `functions called ${CALLBACKS.join(", ")}`, typeof call, "use one of these names");
    }
  }
  if (signal !== undefined && !(signal instanceof AbortSignal)) throw refused("fit-signal", "signal", "an AbortSignal", typeof signal, "pass controller.signal");
}

const CALLBACKS = ["onTrainBegin", "onTrainEnd", "onEpochBegin", "onEpochEnd", "onBatchEnd", "onProgress"];

function whole(name: string, value: unknown, most: number): void {
  if (value === undefined || (Number.isInteger(value) && (value as number) >= 1 && (value as number) <= most)) return;
  throw refused("fit-number", name, `a whole number from 1 to ${String(most)}`, stringOf(value), "choose a number in this range");
}
