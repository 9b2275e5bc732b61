/** What a model and data tell each other; all that a page that trains needs to know of `Dataset`. */
import type { Dataset } from "./dataset.js";
import type { ModelInfo } from "./types.js";

/** What a network needs the targets to be. */
export interface Wanted {
  /** Names of its classes; null for real numbers, undefined to go by the data. */
  classes?: readonly string[] | null | undefined;
  /** Whether its loss is one over classes alone. */
  needsClasses?: boolean;
}

/** Whether something came from `Dataset`, also of another copy of the package. */
export function isDataset(value: unknown): value is Dataset {
  return typeof (value as Partial<Dataset> | null | undefined)?.pack === "function";
}

/** What targets must be for a network. */
export const wantedFor = ({ data: { classes } }: ModelInfo): Wanted => ({ classes });
