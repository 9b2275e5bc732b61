/**
 * Between the recipe and the run. Every change of the recipe is put to the core, which answers with the layer table or
 * with what is wrong. While nothing was trained the model follows; a trained one is kept until the visitor starts anew.
 */
import {
  Model, readFiles, SaddlepointError, type Column, type DataInfo, type ImagePixels, type LayerRow, type LayerSpec, type ModelApi, type ModelInfo, type NamedBytes, type ReportMessage,
  type RunSpec, type TableInfo,
} from "saddlepoint";

import { reportOf } from "../i18n/report.svelte.ts";
import { pathOf } from "../shell/entries.ts";
import { settings } from "../state/settings.svelte.ts";
import { OWN, type SetName, table } from "../state/table.ts";
import type { TrainRun } from "./run.svelte.ts";
import { pause, settled } from "./settled.ts";
import { aimAt, aimed, RECIPE, runSpec, settingsOf, startFor, startForImages, startForTable, startForText, type TrainSettings } from "./spec.ts";

/** Beyond this a file is refused before it is read: MNIST has 55 MB unpacked, and a tab must hold the bytes twice. */
export const LARGEST_FILE = 200e6;
/** How long a change waits for the next one, while a number is typed or a slider dragged; in milliseconds. */
const SETTLE = 120;
/** How much longer, before files are read by yet another worker. */
const HEAVY = 500;
/** Rows of networks that were tried and left. */
const MOST_ROWS = 500;
const MODEL_FILE = /\.safetensors$/i;

/** Something that could not be loaded, or a model that could not be made for a reason that is not in the layer table. */
export interface Problem { kind: "file" | "model" | "core"; report: ReportMessage }

/** A model on its way. */
interface Making { key: string; model: Promise<ModelApi>; controller: AbortController }

/** The first model, until there is a session to show it. */
let ahead: Making | null = null;

/** Asks for the first model before the view is built: the core makes it meanwhile. */
export function askAhead(): void {
  const recipe = snapshot();
  if (!isOwn(recipe.trainSet)) ahead = make(recipe, {});
}

function make(recipe: TrainSettings, options: { files?: NamedBytes[] }): Making {
  const controller = new AbortController();
  const model = Model.create(runSpec(recipe), { ...options, signal: controller.signal });
  // told where the model is awaited
  model.catch(() => undefined);
  return { key: keyOf(recipe), model, controller };
}

export class Session {
  /** Reads of the data and shapes that belong to the recipe as it stands; the last valid ones while it has a fault. */
  draft: ModelInfo | null = $state.raw(null);
  /** A fault of the recipe: `place` names the layer or the field. */
  fault: ReportMessage | null = $state.raw(null);
  problem: Problem | null = $state.raw(null);
  /** One training image of each class, at most ten. */
  samples: readonly ImagePixels[] = $state.raw([]);
  /** The recipe the model in hand was made from. */
  made: TrainSettings | null = $state.raw(null);
  /** The recipe is being read. */
  busy = $state(false);
  /** The columns of the table that was loaded last. */
  table: TableInfo | null = $state.raw(null);
  /** What the last files started with, to come back to them from another set. */
  filesStart: (Partial<TrainSettings> & { trainSet: SetName }) | null = $state.raw(null);

  /** A link named files that are not here. */
  readonly awaitsFiles = $derived(isOwn(settings.trainSet) && this.draft === null && this.filesStart === null && !this.busy);

  /** Everything that decides the run, as one text. */
  readonly key = $derived(keyOf(settings));
  /** The recipe differs from the run that is shown. */
  readonly pending = $derived(this.made !== null && keyOf(this.made) !== this.key);

  /** The `key` a model was last asked for. */
  followed = "";

  private rows: ReadonlyMap<string, LayerRow> = $state.raw(new Map<string, LayerRow>());
  private files: NamedBytes[] = [];
  private loaded: { key: string; spec: RunSpec } | null = $state.raw(null);
  private inMaking: Making | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private ticket = 0;
  private sampled = "";

  constructor(readonly run: TrainRun) {
    if (ahead) void this.waitFor(ahead);
    ahead = null;
  }

  /** Changes the recipe. Rates that were edited during the run become the recipe's own. */
  change(patch: Partial<TrainSettings>): void {
    if (!this.pending && settings.edits.length > 0) {
      settings.trainEta = table.trainEta.clamp(this.run.learningRate);
      settings.edits = [];
    }
    Object.assign(settings, patch);
  }

  /** Back to the recipe of the run that is shown. */
  revert(): void {
    if (this.made) Object.assign(settings, this.made);
  }

  /** Another set, with a network that suits it. */
  chooseSet(set: SetName): void {
    this.problem = null;
    if (isOwn(set)) {
      if (this.filesStart) this.change(this.filesStart);
      return;
    }
    this.change({ trainSet: set, fileHash: "", ...startFor(set), split: "random", tuning: {} });
  }

  /** The run of the recipe as it stands. A loaded model's own spec may say more than the page has controls for. */
  get spec(): RunSpec {
    return this.loaded?.key === this.key ? this.loaded.spec : runSpec(settings);
  }

  /** The files that the data of the model in hand are. */
  get dataFiles(): readonly NamedBytes[] {
    return this.made !== null && isOwn(this.made.trainSet) ? this.files : [];
  }

  /** Names of the files that the recipe's data are. */
  get fileNames(): readonly string[] {
    return isOwn(settings.trainSet) ? this.files.map(({ name }) => name) : [];
  }

  /** The network that suits the set in hand. */
  get startLayers(): readonly LayerSpec[] {
    return isOwn(settings.trainSet) ? (this.filesStart?.layers ?? settings.layers) : startFor(settings.trainSet).layers;
  }

  /** The column of the table that is predicted. */
  readonly target = $derived.by(() => {
    const wanted = settings.target === "" ? this.table?.target : settings.target;
    return this.table?.columns.find(({ name }) => name === wanted) ?? null;
  });

  /** Another column to predict, or the same one as another task: the network's last layer follows. */
  aim(column: Column, task: TrainSettings["task"] = "auto"): void {
    const aim = aimAt(column, task);
    const exclude = settings.exclude.filter((name) => name !== column.name);
    this.change({ target: column.name, task, exclude, ...(aim ? aimed(settings.layers, aim) : {}) });
  }

  /**
   * What the core said of layer `index`, or null. A layer's output depends only on what stands above it, so that a fault
   * further down leaves the rows before it as they are.
   */
  row(index: number): LayerRow | null {
    return this.rows.get(beginning(this.draft?.data.shape ?? [], settings.layers, index)) ?? null;
  }

  /** The core has described the recipe: remembers the rows by all that decides them. */
  private described(info: ModelInfo, layers: readonly LayerSpec[]): void {
    const known = this.rows.size > MOST_ROWS ? [] : this.rows;
    this.rows = new Map([...known, ...info.layers.map((row, index) => [beginning(info.data.shape, layers, index), row] as const)]);
    this.draft = info;
    this.fault = null;
  }

  /** Call when `key` is no longer the one followed. */
  follow(): void {
    this.followed = this.key;
    clearTimeout(this.timer);
    // the first model is wanted at once
    if (this.run.model === null) void this.describe();
    else this.timer = setTimeout(() => { void this.describe(); }, SETTLE);
  }

  /** Asks the core about the recipe as it stands; if nothing was trained yet, the model follows it. */
  private async describe(): Promise<void> {
    const ticket = ++this.ticket;
    const recipe = snapshot();
    const key = keyOf(recipe);
    if (this.made !== null && keyOf(this.made) === key) {
      this.forgetMaking();
      if (this.run.info) this.described(this.run.info, recipe.layers);
      this.busy = false;
      return;
    }
    if (isOwn(recipe.trainSet) && this.files.length === 0) return;
    this.busy = true;
    try {
      // a summary is far cheaper than a model; only the very first visit saves the extra question
      if (this.run.model !== null) {
        const info = await Model.summary(runSpec(recipe), this.options(recipe));
        if (ticket !== this.ticket) return;
        this.described(info, recipe.layers);
      }
      if (this.isIdle()) {
        if (isOwn(recipe.trainSet)) await pause(HEAVY);
        if (ticket !== this.ticket) return;
        const model = await this.making(recipe);
        if (ticket === this.ticket && this.isIdle()) this.adopt(model, recipe);
      }
    } catch (error) {
      if (ticket === this.ticket) this.fault = reportOf(error);
    } finally {
      if (ticket === this.ticket) this.busy = false;
    }
  }

  /** Nothing would be lost if the model were replaced. */
  private isIdle(): boolean {
    return this.run.step === 0 && this.run.phase !== "running";
  }

  private options(recipe: TrainSettings): { files?: NamedBytes[] } {
    return isOwn(recipe.trainSet) ? { files: [...this.files] } : {};
  }

  /** The model of a recipe, the same one while it is on its way; one that is on its way for another recipe is called off. */
  private making(recipe: TrainSettings): Promise<ModelApi> {
    const key = keyOf(recipe);
    if (this.inMaking?.key === key) return this.inMaking.model;
    this.forgetMaking();
    return this.waitFor(make(recipe, this.options(recipe)));
  }

  private waitFor(entry: Making): Promise<ModelApi> {
    this.inMaking = entry;
    entry.model.catch(() => {
      if (this.inMaking === entry) this.inMaking = null;
    });
    return entry.model;
  }

  private forgetMaking(): void {
    this.inMaking?.controller.abort();
    this.inMaking = null;
  }

  private adopt(model: ModelApi, recipe: TrainSettings): void {
    this.inMaking = null;
    this.made = recipe;
    this.described(model.info, recipe.layers);
    this.run.adopt(model, recipe.edits);
    void this.sample(model);
  }

  /** Starts from step 0: the recipe as it stands, or the same run again. */
  async startAnew(andRun: boolean): Promise<void> {
    this.run.pause();
    clearTimeout(this.timer);
    if (!this.pending && this.run.learningRate === this.run.spec?.optimizer.learningRate) {
      settings.edits = [];
      if (this.made) this.made = { ...this.made, edits: [] };
      await this.run.reset();
    } else {
      this.change({});
      const ticket = ++this.ticket;
      const recipe = snapshot();
      this.followed = keyOf(recipe);
      this.busy = true;
      try {
        const model = await this.making(recipe);
        if (ticket !== this.ticket) return;
        this.adopt(model, recipe);
      } catch (error) {
        if (ticket === this.ticket) this.fault = reportOf(error);
        return;
      } finally {
        if (ticket === this.ticket) this.busy = false;
      }
    }
    if (andRun) this.run.run();
  }

  /** Files that were dropped or chosen: a saved model, or data. What is wrong with them is said, and nothing else changes. */
  async open(list: readonly File[]): Promise<void> {
    if (list.length === 0) return;
    this.problem = null;
    const large = list.find((file) => file.size > LARGEST_FILE);
    if (large) {
      this.problem = { kind: "file", report: tooLarge(large) };
      return;
    }
    this.busy = true;
    try {
      const files = await Promise.all(list.map(async (file) => ({ name: pathOf(file), bytes: new Uint8Array(await file.arrayBuffer()) })));
      const saved = files.find((file) => MODEL_FILE.test(file.name));
      // image files become one, here and not for each model anew
      const data = await readFiles(files.filter((file) => file !== saved));
      if (saved) await this.load(saved.bytes, data);
      else await this.openData(data);
    } catch (error) {
      this.problem = { kind: list.some((file) => MODEL_FILE.test(file.name)) ? "model" : "file", report: reportOf(error) };
    } finally {
      this.busy = false;
    }
  }

  private async load(bytes: Uint8Array, files: NamedBytes[]): Promise<void> {
    const given = files.length > 0 ? files : this.files;
    const model = await Model.load(bytes, given.length > 0 ? { files: [...given] } : {});
    await this.show(model, files, given);
  }

  /** Shows a run that was under way before, with its recipe; `given` are the files that its data are, `files` those that are new. */
  async show(model: Model, files: NamedBytes[], given: NamedBytes[] = files): Promise<void> {
    if (model.info.data.absent) {
      await model.dispose();
      throw new SaddlepointError(needsData(model.info.data));
    }
    const history = await model.history();
    clearTimeout(this.timer);
    this.ticket += 1;
    this.forgetMaking();
    if (files.length > 0) this.files = files;
    if (model.spec.data.type === "csv") this.table = (await Model.describe(given)).table;
    Object.assign(settings, settingsOf(model.spec, model.info.data.hash));
    this.made = snapshot();
    this.followed = keyOf(this.made);
    this.loaded = { key: this.followed, spec: model.spec };
    this.described(model.info, this.made.layers);
    this.run.adopt(model, [], history);
    void this.sample(model);
  }

  private async openData(files: NamedBytes[]): Promise<void> {
    const expected = isOwn(settings.trainSet) && this.files.length === 0 ? settings.fileHash : "";
    const { spec, data, table } = await Model.describe(files);
    if (!("hash" in spec)) return;
    const hash = spec.hash ?? "";
    // refused by the core, which says why
    if (expected !== "" && expected !== hash) await Model.summary({ ...runSpec(snapshot()), data: { ...spec, hash: expected } }, { files });
    const start = table ? startOfTable(table) : data && spec.type === "text" ? startOfText(data, spec.steps) : data ? startOf(data) : null;
    if (!start) return;
    this.files = files;
    this.table = table;
    this.filesStart = { fileHash: hash, target: "", exclude: [], missing: "refuse", task: "auto", split: "random", tuning: {}, ...start };
    // what was said of other data does not hold for these
    this.draft = null;
    // a link over these very files brings its own network
    if (expected !== "") this.follow();
    else this.change(this.filesStart);
  }

  /** One image of each class out of the first hundred. */
  private async sample(model: ModelApi | null): Promise<void> {
    if (!model) return;
    const { data } = model.info;
    // pixels do not change with the network, but a generated set changes with the seed
    const wanted = `${data.hash} ${String(settings.trainSeed)} ${String(settings.test)}`;
    if (wanted === this.sampled) return;
    this.sampled = wanted;
    if (data.shape.length !== 3) {
      this.samples = [];
      return;
    }
    try {
      await settled();
      const found: ImagePixels[] = [];
      const classes = Math.min(10, data.classes?.length ?? 10);
      for (let i = 0; i < Math.min(100, data.train) && found.length < classes; i++) {
        const image = await model.image(i, "train");
        if (image.label === null || !found.some((one) => one.label === image.label)) found.push(image);
      }
      if (wanted === this.sampled) this.samples = found.sort((a, b) => (a.label ?? 0) - (b.label ?? 0));
    } catch {
      // the model was let go of meanwhile; the one that follows brings its own
      this.sampled = "";
    }
  }
}

function beginning(input: readonly number[], layers: readonly LayerSpec[], index: number): string {
  return JSON.stringify([input, layers.slice(0, index + 1)]);
}

/** The recipe as it stands, free of the page. */
export function snapshot(): TrainSettings {
  return Object.fromEntries(RECIPE.map((name) => [name, $state.snapshot(settings[name])])) as unknown as TrainSettings;
}

/** Everything of a recipe that decides its run, but for rates changed during it. */
export function keyOf(recipe: TrainSettings): string {
  return JSON.stringify(runSpec(recipe));
}

function tooLarge(file: File): ReportMessage {
  const size = `${String(Math.round(file.size / 1e6))} MB`;
  const limit = `${String(LARGEST_FILE / 1e6)} MB`;
  return {
    kind: "file", code: "page-file-size", place: file.name, expected: `at most ${limit}`, got: size, hint: "take a part of it", args: { size, limit },
    message: `${file.name}: expected at most ${limit}, got ${size}; take a part of it`,
  };
}

/** The views show what a network makes of its data: a model alone is not enough for them. */
function needsData({ name, hash }: DataInfo): ReportMessage {
  const [expected, got, hint] = ["the files it was trained on beside it", "the model alone", "drop the model and the files together"];
  return { kind: "file", code: "model-needs-data", place: name, expected, got, hint, args: { hash }, message: `${name}: expected ${expected}, got ${got}; ${hint}` };
}

/** What a table starts with: its own target, and the network for that. */
function startOfTable(table: TableInfo): Partial<TrainSettings> & { trainSet: SetName } {
  const target = table.columns.find(({ name }) => name === table.target);
  const aim = (target && aimAt(target, "auto")) ?? { task: "regression", outputs: 1 };
  return { trainSet: "csv", ...startForTable(table.rows, aim) };
}

/** What other files start with. */
function startOf({ shape, classes, train, test }: DataInfo): Partial<TrainSettings> & { trainSet: SetName } {
  const [height = 1, width = 1] = shape;
  const start = shape.length === 3
    ? startForImages(Math.min(height, width), classes?.length ?? 1, train + test)
    : startForTable(train + test, { task: classes ? "classification" : "regression", outputs: classes?.length ?? 1 });
  return { trainSet: "files", ...start };
}

/** What a text starts with, in windows of so many characters. */
function startOfText({ classes, train, test }: DataInfo, steps: number): Partial<TrainSettings> & { trainSet: SetName } {
  return { trainSet: "text", ...startForText(classes?.length ?? 1, train + test, steps) };
}

function isOwn(set: SetName): set is (typeof OWN)[number] {
  return OWN.some((own) => own === set);
}
