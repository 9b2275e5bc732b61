/** What a run has measured so far, kept short enough to draw at any length. */
import type { EvaluationPoint, Progress } from "saddlepoint";

import { Trace } from "../chart/trace.ts";

export interface Line { x: Float64Array; y: Float64Array }

/** The same, ready to draw. */
export interface Drawing {
  loss: Line;
  norms: { layer: string; line: Line }[];
  evaluations: readonly EvaluationPoint[];
}

export const NOTHING_DRAWN: Drawing = { loss: { x: new Float64Array(), y: new Float64Array() }, norms: [], evaluations: [] };

export class Curves {
  private loss: Trace | null = null;
  private norms: { layer: string; trace: Trace }[] = [];
  private evaluations: EvaluationPoint[] = [];
  /** Step of the entry that is due next. */
  private next: number | null = null;

  /** Adds what is new. False if steps are missing between what is here and what came: then the history is needed. */
  add(progress: Progress): boolean {
    const { from, loss, gradientNorms, evaluations } = progress;
    if (loss.length > 0) {
      if (this.next !== null && from !== this.next) return false;
      this.next = from + loss.length;
      this.loss ??= new Trace(from);
      this.loss.push(loss);
      for (const { layer, norms } of gradientNorms) {
        let entry = this.norms.find((one) => one.layer === layer);
        if (!entry) {
          entry = { layer, trace: new Trace(from) };
          this.norms.push(entry);
        }
        entry.trace.push(norms);
      }
    }
    for (const point of evaluations) {
      if (point.step > (this.evaluations.at(-1)?.step ?? -1)) this.evaluations.push(point);
    }
    return true;
  }

  draw(): Drawing {
    return {
      loss: this.loss?.line() ?? NOTHING_DRAWN.loss,
      norms: this.norms.map(({ layer, trace }) => ({ layer, line: trace.line() })),
      evaluations: [...this.evaluations],
    };
  }
}
