/** One model whose run is saved as it goes. */
import type { Autosave, SavedPoint } from "./autosave.js";
import { report, SaddlepointError } from "./error.js";
import type { Held } from "./hold.js";
import type { Model } from "./model.js";
import * as store from "./store.js";
import type { NamedBytes, Progress, ReportMessage } from "./types.js";

interface Options {
  every: number;
  keep: number;
  data: boolean;
  onSave: ((saved: SavedPoint) => void) | undefined;
  onReport: ((report: ReportMessage) => void) | undefined;
}

/** A snapshot that comes a little early is taken: the next one would be late. */
const EARLY = 0.8;
/** Where none comes by itself, one is asked for. */
const LATE = 1.25;
/** A run as a file, with what is known of it. */
interface Snapshot { file: Uint8Array; step: number; hash: string; time: number }

export class Saver implements Autosave {
  saved: SavedPoint | null = null;
  report: ReportMessage | null = null;
  readonly name: string;
  /** The run hash of the last progress, and of what was written or is being written. */
  private latest = { step: 0, hash: "", state: "ready" };
  private taken = "";
  private takenAt = -Infinity;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private next: Snapshot | null = null;
  private writing: Promise<void> | null = null;
  /** The data files that were kept last. */
  private files: readonly NamedBytes[] = [];
  private over = false;

  constructor(private readonly model: Model, private readonly held: Held, private kept: number[], private readonly options: Options) {
    this.name = held.name;
    model.observers.add(this);
    globalThis.addEventListener("pagehide", this.hidden);
    globalThis.document.addEventListener("visibilitychange", this.hidden);
  }

  /** Called by the model after each progress; `snapshot` is the run as a file, if one came with it. */
  heard({ step, runHash, state }: Progress, snapshot: Uint8Array | undefined): void {
    this.latest = { step, hash: runHash, state };
    if (!this.isDue()) return;
    const since = performance.now() - this.takenAt;
    if (snapshot && since >= EARLY * this.options.every) {
      this.take({ file: snapshot, step, hash: runHash, time: Date.now() });
      return;
    }
    // the end of a run, and a pause after which nothing more is heard, are saved too
    if (state !== "running") this.arm(0);
    else if (this.timer === undefined) this.arm(Math.max(0, LATE * this.options.every - since));
  }

  /** Called by the model when it is disposed of. */
  disposed(): void {
    void this.stop();
  }

  async flush(): Promise<SavedPoint | null> {
    if (!this.over && this.isDue()) await this.ask();
    while (this.writing) await this.writing;
    return this.saved;
  }

  async stop(): Promise<void> {
    this.over = true;
    clearTimeout(this.timer);
    this.model.observers.delete(this);
    globalThis.removeEventListener("pagehide", this.hidden);
    globalThis.document.removeEventListener("visibilitychange", this.hidden);
    while (this.writing) await this.writing;
    this.held.release();
  }

  /** The tab may be discarded from now on without another word. */
  private readonly hidden = (): void => {
    if (document.visibilityState === "hidden") void this.flush();
  };

  /** Something is not saved yet. After a divergence the numbers are lost: what was saved before is what to go back to. */
  private isDue(): boolean {
    const { hash, state } = this.latest;
    return hash !== "" && hash !== this.taken && state !== "diverged";
  }

  private arm(ms: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.timer = undefined;
      void this.ask();
    }, ms);
  }

  /** Asks the model for a snapshot. */
  private async ask(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    try {
      const file = await this.model.snapshot();
      const { step, hash } = this.latest;
      if (this.isDue()) this.take({ file, step, hash, time: Date.now() });
    } catch {
      // disposed of, or the core broke: whoever trains is told, and the next progress comes back here
    }
  }

  private take(snapshot: Snapshot): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.taken = snapshot.hash;
    this.takenAt = performance.now();
    // a slow disk gets the newest only
    this.next = snapshot;
    this.writing ??= this.write().finally(() => { this.writing = null; });
  }

  private async write(): Promise<void> {
    for (;;) {
      const snapshot = this.next;
      if (!snapshot) return;
      this.next = null;
      const point = { step: snapshot.step, time: snapshot.time, bytes: snapshot.file.byteLength };
      try {
        await this.keep(snapshot, point);
      } catch (error) {
        // written again with the next progress
        this.taken = "";
        this.tell(failure(error, point));
        continue;
      }
      this.saved = point;
      this.report = null;
      this.options.onSave?.(point);
    }
  }

  /** Writes a checkpoint; if there is no room, older ones make it. */
  private async keep({ file }: Snapshot, point: SavedPoint): Promise<void> {
    const { steps, data } = this.model.info;
    const sequence = (this.kept[0] ?? 0) + 1;
    const head = { ...point, name: this.name, sequence, steps, data: data.name };
    try {
      await this.data();
      await this.put(head, file);
    } catch (error) {
      if (!isQuota(error)) throw error;
      const older = this.kept.slice(1);
      await store.drop(this.name, older);
      this.kept = this.kept.slice(0, 1);
      await this.put(head, file);
    }
  }

  private async put(head: store.Head, file: Uint8Array): Promise<void> {
    const drop = this.kept.slice(this.options.keep - 1);
    await store.put(head, file, drop);
    this.kept = [head.sequence, ...this.kept.slice(0, this.options.keep - 1)];
  }

  /** Keeps the files of the data, once; a fit on other data brings others. */
  private async data(): Promise<void> {
    const { files } = this.model;
    if (files === this.files || !this.options.data) return;
    this.files = files;
    if (files.length > 0) await store.putData(this.name, files);
  }

  private tell(message: ReportMessage): void {
    this.report = message;
    this.options.onReport?.(message);
  }
}

function isQuota(error: unknown): boolean {
  return error instanceof DOMException && error.name === "QuotaExceededError";
}

function failure(error: unknown, { step, bytes }: SavedPoint): ReportMessage {
  if (error instanceof SaddlepointError) return error.report;
  const got = error instanceof Error ? error.message || error.name : String(error);
  const args = { step: String(step), bytes: String(bytes), got };
  if (isQuota(error)) {
    return report("state", "autosave-quota", "autosave", {
      expected: `room for a checkpoint of ${bytes} bytes`, got: "a full store", hint: "free space for this site or on the disk; training goes on, the checkpoint before is kept",
    }, args);
  }
  return report("state", "autosave-failed", "autosave", { expected: "a checkpoint that is written", got, hint: "training goes on; the next checkpoint is tried again" }, args);
}
