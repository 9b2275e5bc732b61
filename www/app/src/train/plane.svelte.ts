/** The decision over the plane of two features: the network's outputs on a grid, asked for again as it learns. */
import type { ModelApi, RawExamples } from "saddlepoint";

import type { TrainRun } from "./run.svelte.ts";

/** Cells a side: 5 px each at the figure's size. */
export const CELLS = 64;
/** The sets lie in -1..1; the margin shows what the network says where it saw nothing. */
export const REACH = 1.25;

/** More points would only cover the map. */
const MOST_POINTS = 600;

const GRID = ((): Float32Array => {
  const points = new Float32Array(2 * CELLS * CELLS);
  for (let row = 0; row < CELLS; row++) {
    for (let column = 0; column < CELLS; column++) {
      const at = 2 * (row * CELLS + column);
      points[at] = REACH * ((2 * (column + 0.5)) / CELLS - 1);
      points[at + 1] = REACH * (1 - (2 * (row + 0.5)) / CELLS);
    }
  }
  return points;
})();

export class DecisionPlane {
  /** Outputs of the grid's points, row by row from the top, `outputs` numbers each. */
  answer: { values: Float32Array; outputs: number } | null = $state.raw(null);
  /** The training examples of the data the model was made from. */
  points: RawExamples | null = $state.raw(null);
  private pointsOf: ModelApi | null = null;
  private asking = false;
  private again = false;

  constructor(private readonly run: TrainRun) {}

  refresh(): void {
    this.again = true;
    if (!this.asking) void this.ask();
  }

  forget(): void {
    this.answer = null;
    this.points = null;
    this.pointsOf = null;
  }

  private async ask(): Promise<void> {
    this.asking = true;
    while (this.again) {
      this.again = false;
      const model = this.run.model;
      if (!model) break;
      try {
        if (this.pointsOf !== model) {
          this.points = await model.examples(MOST_POINTS, "train");
          this.pointsOf = model;
        }
        const values = await model.predict(GRID);
        if (model === this.run.model) this.answer = { values, outputs: values.length / (CELLS * CELLS) };
      } catch (error) {
        if (model === this.run.model) this.run.fail(error);
      }
    }
    this.asking = false;
  }
}
