import type { ReportMessage } from "saddlepoint";

/** The step in which a fault is mended, by the place it names: a field of the run's spec, or a layer. */
export function stepOfFault({ kind, place }: ReportMessage): 1 | 2 | 3 | 4 {
  if (kind === "data" || kind === "file" || /^(data|test|augment)\b/.test(place)) return 1;
  if (/^(optimizer|batch|loss|schedule|regularization|earlyStopping)\b/.test(place)) return 3;
  return /^(epochs|seed)\b/.test(place) ? 4 : 2;
}
