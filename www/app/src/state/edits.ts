/**
 * Changes of the learning rate while a run goes on, as text for an address: `120e0.001_300e0.0005r`. They are part of
 * the run: a link that left them out would replay another one.
 */
import type { Setting } from "./kinds.ts";

export interface Edit {
  /** Steps done when the rate was changed. */
  step: number;
  learningRate: number;
  /** The run had diverged and went on from its kept snapshot. */
  restored: boolean;
}

const MOST_EDITS = 200;

export function editsSetting(url: string): Setting<readonly Edit[]> {
  return {
    url,
    initial: [],
    read(text) {
      const words = text === "" ? [] : text.split("_");
      const edits = words.map(readEdit);
      return words.length <= MOST_EDITS && edits.every((edit) => edit !== undefined) ? edits : undefined;
    },
    write: (edits) => edits.map((edit) => `${String(edit.step)}e${String(edit.learningRate)}${edit.restored ? "r" : ""}`).join("_"),
  };
}

function readEdit(text: string): Edit | undefined {
  const [, step, rate, restored] = /^(\d{1,9})e(\d*\.?\d+(?:e-\d{1,2})?)(r?)$/.exec(text) ?? [];
  const learningRate = Number(rate);
  return step !== undefined && learningRate > 0 ? { step: Number(step), learningRate, restored: restored === "r" } : undefined;
}
