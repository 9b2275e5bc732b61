/** The measuring of this machine: begun, told line by line, ended early or done. */
import type { Line, Peak } from "./measure.js";
import type { Told } from "./speed-worker.ts";

export type Phase = "ready" | "running" | "stopped" | "done" | "failed";

export class Measuring {
  phase: Phase = $state("ready");
  peak: Peak | null = $state.raw(null);
  lines: readonly Line[] = $state.raw([]);
  /** Lines that there will be; 0 before the first is known. */
  all = $state(0);
  fault = $state("");
  private worker: Worker | null = null;

  constructor(private readonly ended: (phase: Phase) => void) {}

  begin(): void {
    this.drop();
    this.peak = null;
    this.lines = [];
    this.phase = "running";
    this.worker = new Worker(new URL("./speed-worker.ts", import.meta.url), { type: "module" });
    this.worker.onmessage = ({ data }: MessageEvent<Told>) => { this.take(data); };
    this.worker.onerror = (event) => {
      event.preventDefault();
      this.take({ fault: event.message || "the worker could not be loaded" });
    };
  }

  /** Ends it; the lines that are known stay. */
  stop(): void {
    if (this.phase === "running") this.end("stopped");
  }

  private take(told: Told): void {
    if ("fault" in told) {
      this.fault = told.fault;
      this.end("failed");
    } else if ("result" in told) {
      this.peak = told.result.peak;
      this.lines = told.result.lines;
      this.end("done");
    } else {
      this.peak = told.peak;
      this.lines = [...this.lines, told.line];
      this.all = told.all;
    }
  }

  private end(phase: Phase): void {
    this.drop();
    this.phase = phase;
    this.ended(phase);
  }

  private drop(): void {
    this.worker?.terminate();
    this.worker = null;
  }
}
