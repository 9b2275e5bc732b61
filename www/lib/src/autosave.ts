/**
 * Training that survives the tab: `autosave` writes a checkpoint every few seconds without stopping training, `resume` gives the
 * run back after a reload, a crash or a battery that went flat.
 *
 * ```ts
 * import { Model } from "saddlepoint";
 * import { autosave, resume } from "saddlepoint/autosave";
 *
 * const model = (await resume("digits"))?.model ?? (await Model.create(run));
 * await autosave(model, { name: "digits" });
 * ```
 *
 * Checkpoints are files of `save` in IndexedDB, each written in one transaction and under a checksum. One that is damaged is set
 * aside and the one before it is used. Two tabs cannot write under one name. The core is that of the entry which the page imports
 * beside this one, `saddlepoint` or `saddlepoint/slim`.
 */
import type { CreateOptions, ModelApi } from "./api.js";
import { report, SaddlepointError } from "./error.js";
import { heldNames, hold, type IfBusy } from "./hold.js";
import { refused, stringOf } from "./input.js";
import { Model } from "./model.js";
import { Saver } from "./saver.js";
import * as store from "./store.js";
import type { NamedBytes, ReportMessage } from "./types.js";

export { SaddlepointError } from "./error.js";
export type { IfBusy } from "./hold.js";

export interface AutosaveOptions {
  /** What the run is stored under; another run of the same name takes its place. */
  name: string;
  /** Milliseconds between two checkpoints, 100 to 5000 (2000). */
  every?: number;
  /** Checkpoints that are kept, 1 to 10 (3). */
  keep?: number;
  /**
   * If another tab saves under this name: `"refuse"` rejects with the code `autosave-busy` (the default), `"wait"` begins once
   * the other tab is gone, `"rename"` saves under the first name that is free: `"digits (2)"`.
   */
  ifBusy?: IfBusy;
  /** Keeps the data files of the run too, so that `resume` needs no files (true). */
  data?: boolean;
  /** Gives up waiting for another tab. */
  signal?: AbortSignal;
  /** Told of each checkpoint that was written. */
  onSave?: (saved: SavedPoint) => void;
  /** Told when a checkpoint could not be written; training goes on. */
  onReport?: (report: ReportMessage) => void;
}

/** A checkpoint that was written. */
export interface SavedPoint {
  step: number;
  /** When the checkpoint was made, in milliseconds since 1970. */
  time: number;
  /** Its size. */
  bytes: number;
}

/** Autosave under way. */
export interface Autosave {
  /** The name that the run is stored under. */
  readonly name: string;
  /** The last checkpoint that was written since this began. */
  readonly saved: SavedPoint | null;
  /** Why the last checkpoint could not be written. */
  readonly report: ReportMessage | null;
  /** Writes what is not yet written, and waits for it. */
  flush(): Promise<SavedPoint | null>;
  /** Ends; what was written stays. Another tab may then save under the name. */
  stop(): Promise<void>;
}

/** A run that was given back. */
export interface Resumed {
  model: Model;
  /** Step from which it goes on. */
  step: number;
  /** When its checkpoint was made, in milliseconds since 1970. */
  time: number;
  /** What is wrong with newer checkpoints, which were set aside. */
  setAside: ReportMessage[];
  /** The files that its data are, as they were kept or passed. */
  files: NamedBytes[];
}

/** A run that is stored. */
export interface StoredRun extends SavedPoint {
  name: string;
  /** Steps of the whole run. */
  steps: number;
  /** Name of its data. */
  data: string;
  /** Checkpoints that can be gone back to. */
  checkpoints: number;
  /** A tab saves under this name now. */
  busy: boolean;
}

/** A checkpoint that could not be read. */
export interface DamagedCheckpoint extends SavedPoint { name: string; report: ReportMessage; file: Uint8Array | null }

/**
 * Saves the run of a model every few seconds from now on, until `stop` or until the model is disposed of.
 *
 * Rejects with `autosave-busy` if another tab saves under the name, with `autosave-unavailable` where nothing can be stored.
 */
export async function autosave(model: ModelApi, options: AutosaveOptions): Promise<Autosave> {
  const { every = 2000, keep = 3, ifBusy = "refuse", data = true } = options;
  const name = named(options.name);
  within("every", every, 100, 5000);
  within("keep", keep, 1, 10);
  if (!(model instanceof Model)) throw refused("autosave-model", "autosave", "a Model", typeof model, "pass what Model.create or resume gave");
  if (!["refuse", "wait", "rename"].includes(ifBusy)) {
    throw refused("autosave-option", "autosave.ifBusy", "refuse, wait or rename", stringOf(ifBusy), "leave it out, or choose one of them");
  }
  const held = await hold(name, ifBusy, options.signal);
  try {
    const kept = (await store.heads(held.name)).map(({ sequence }) => sequence);
    return new Saver(model, held, kept, { every, keep: Math.round(keep), data, onSave: options.onSave, onReport: options.onReport });
  } catch (error) {
    held.release();
    throw error;
  }
}

/**
 * The run that was stored under a name, at its newest checkpoint that is whole; `null` if there is none. Data files that were kept
 * need not be passed. Where data were too large to be kept, and none are passed, `info.data.absent` of the model is true: `fit` on the
 * same data goes on.
 *
 * Rejects with `autosave-damaged` if there are checkpoints and none can be read; they are set aside then.
 */
export async function resume(name: string, options: CreateOptions = {}): Promise<Resumed | null> {
  const setAside: ReportMessage[] = [];
  const heads = await store.heads(named(name));
  if (heads.length === 0) return null;
  const files = options.files ?? (await store.dataOf(name));
  for (const head of heads) {
    try {
      const model = await read(head, { ...options, files });
      return { model, step: head.step, time: head.time, setAside, files };
    } catch (error) {
      if (!(error instanceof SaddlepointError) || !DAMAGED.includes(error.code)) throw error;
      await store.setAside(head, error.report);
      setAside.push(error.report);
    }
  }
  throw new SaddlepointError(report("file", "autosave-damaged", "autosave", {
    expected: `a checkpoint of ${name} that is whole`, got: `${heads.length}, all damaged`, hint: "start anew; they were set aside, see damagedCheckpoints()",
  }, { name, count: String(heads.length) }));
}

/** The runs that are stored, the newest first. */
export async function storedRuns(): Promise<StoredRun[]> {
  const runs = new Map<string, StoredRun>();
  const held = await heldNames();
  for (const { name, step, steps, data, time, bytes } of await store.heads()) {
    const run = runs.get(name);
    if (run) run.checkpoints += 1;
    else runs.set(name, { name, step, steps, data, time, bytes, checkpoints: 1, busy: held.has(name) });
  }
  return [...runs.values()].sort((a, b) => b.time - a.time);
}

/** Removes a stored run with all its checkpoints; rejects with `autosave-busy` while another tab saves under its name. */
export async function removeRun(name: string): Promise<void> {
  const held = await hold(named(name), "refuse", undefined);
  await store.removeAll(name).finally(held.release);
}

/** Checkpoints that were set aside since they could not be read, until the run is removed or space is needed. */
export async function damagedCheckpoints(name?: string): Promise<DamagedCheckpoint[]> {
  return (await store.aside(name)).flatMap(({ name, step, time, bytes, damage, file }) => (damage ? [{ name, step, time, bytes, report: damage, file: file ?? null }] : []));
}

/** Codes of files that are not as they were written. */
const DAMAGED = ["model-damaged", "model-foreign"];

async function read(head: store.Head, options: { files: NamedBytes[] } & CreateOptions): Promise<Model> {
  const file = await store.fileOf(head);
  return Model.load(file ?? new Uint8Array(), options);
}

function named(name: unknown): string {
  if (typeof name === "string" && name !== "" && name.length <= 200) return name;
  throw refused("autosave-option", "autosave.name", "a name of 1 to 200 letters", typeof name === "string" ? `${name.length} letters` : typeof name, "name the run");
}

function within(option: string, value: unknown, low: number, high: number): void {
  if (typeof value === "number" && value >= low && value <= high) return;
  throw refused("autosave-option", `autosave.${option}`, `${low} to ${high}`, String(value), "leave it out, or choose within the range");
}
