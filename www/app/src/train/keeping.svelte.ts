/** The run of the Train view outlives its tab: it is saved while it trains, and offered again after a reload. */
import type { ModelApi, ReportMessage } from "saddlepoint";
import type { Autosave, StoredRun } from "saddlepoint/autosave";

import { reportOf } from "../i18n/report.svelte.ts";
import type { Session } from "./session.svelte.ts";

/** A run that begins while another is offered must not take its place. */
const NAMES = ["train", "train, another"] as const;

/** Fetched once it is needed: most of what the page shows can do without. */
const store = (): Promise<typeof import("saddlepoint/autosave")> => import("saddlepoint/autosave");

export class Keeping {
  /** A run of an earlier visit. */
  offered: StoredRun | null = $state.raw(null);
  /** Why the run is not kept. */
  fault: ReportMessage | null = $state.raw(null);
  /** Step of the checkpoint that was used because a newer one was damaged. */
  insteadAt: number | null = $state.raw(null);
  busy = $state(false);

  private name: string = NAMES[0];
  private kept: ModelApi | null = null;
  private saver: Promise<Autosave | null> = Promise.resolve(null);
  private looked: Promise<void> | undefined;

  constructor(private readonly session: Session) {}

  /** Looks for a run of an earlier visit, once. */
  look(): Promise<void> {
    return (this.looked ??= this.find());
  }

  private async find(): Promise<void> {
    try {
      const runs = await (await store()).storedRuns();
      this.offered = runs.find(({ busy, step }) => !busy && step > 0) ?? null;
      if (this.offered) this.name = NAMES.find((name) => name !== this.offered?.name) ?? NAMES[0];
    } catch {
      // where nothing is stored there is nothing to offer
    }
  }

  /** Keeps the run of this model from now on. */
  keep(model: ModelApi): void {
    if (model === this.kept) return;
    this.kept = model;
    this.saver = this.saver.then(async (before) => {
      // a run that is offered keeps its name
      await Promise.all([before?.stop(), this.look()]);
      if (model !== this.kept) return null;
      try {
        const { autosave } = await store();
        return await autosave(model, { name: this.name, ifBusy: "rename", onSave: () => { this.fault = null; }, onReport: (report) => { this.fault ??= report; } });
      } catch {
        // the page says on its own that a model is gone; where nothing can be stored, Save is at hand
        return null;
      }
    });
  }

  /** Goes on with the run that is offered. */
  async resume(): Promise<number | null> {
    const { offered } = this;
    if (!offered || this.busy) return null;
    this.busy = true;
    try {
      const resumed = await (await store()).resume(offered.name);
      this.offered = null;
      if (!resumed) return null;
      this.name = offered.name;
      await this.session.show(resumed.model, resumed.files);
      this.insteadAt = resumed.setAside.length > 0 ? resumed.step : null;
      return resumed.step;
    } catch (error) {
      this.offered = null;
      this.fault = reportOf(error);
      return null;
    } finally {
      this.busy = false;
    }
  }

  /** Forgets the run that is offered. */
  async discard(): Promise<void> {
    const { offered } = this;
    this.offered = null;
    if (offered) await store().then(({ removeRun }) => removeRun(offered.name)).catch((error: unknown) => { this.fault = reportOf(error); });
  }

  /** Ends with the view; what was saved stays. */
  async end(): Promise<void> {
    this.kept = null;
    await (await this.saver)?.stop();
  }
}
