// A page that uses the package as its users do, without a build step; tests drive it.

import { Model } from "./dist/index.js";
import * as saving from "./dist/autosave.js";

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/** What a call rejects with. */
const refusal = (promise) => promise.then(() => null, ({ code, hint, report }) => ({ code, hint, report }));

globalThis.drive = {
  Model, ...saving, pause, refusal,
  /** The last progress, in the fields that tests compare. */
  now: { step: 0, state: "ready", runHash: "" },
  /** Reports that came with a progress, and of autosave. */
  reports: [],
  saved: [],
  pace: { steps: 2, ms: 4 },
  stopped: false,

  /** Goes on with the run that is stored under `name`, or begins it, and saves it from now on. */
  async begin(name, run, options) {
    const resumed = await saving.resume(name);
    this.model = resumed?.model ?? (await Model.create(run));
    this.saver = await saving.autosave(this.model, {
      name, ...options, onSave: (point) => this.saved.push(point), onReport: (report) => this.reports.push(report),
    });
    return resumed && { step: resumed.step, time: resumed.time, setAside: resumed.setAside };
  },

  /** Trains until the run is over or `stopped` is set. */
  train() {
    return (this.training = this.trained());
  },

  async trained() {
    for (;;) {
      const progress = await (this.pace.steps > 0 ? this.model.step(this.pace.steps) : this.model.trainFor(20));
      const { step, state, runHash, report } = progress;
      this.now = { step, state, runHash };
      if (report) this.reports.push(report);
      if (state !== "running" || this.stopped) return this.now;
      if (this.pace.ms > 0) await pause(this.pace.ms);
    }
  },

  /** The run hash of a run that nothing disturbs. */
  async undisturbed(run) {
    const model = await Model.create(run);
    for (;;) {
      const { state, runHash } = await model.trainFor(500);
      if (state === "running") continue;
      await model.dispose();
      return { state, runHash };
    }
  },
};
