/** The data sets of the package by name, and those that are drawn from the run's seed. */
import { Dataset } from "./dataset.js";
import type { Generator, SequenceTask } from "./types.js";

/** Which columns of a table are used, in this order; all if left out. */
export interface Columns { features?: string[] }

/** How many points, and how far each is moved at random (standard deviation). */
export interface Points { examples?: number; noise?: number }

const generated = (kind: Generator) => ({ examples = 400, noise = 0.1 }: Points = {}): Dataset => Dataset.of({ type: "generated", kind, examples, noise });
const sequences = (task: SequenceTask) => ({ examples = 10_000, steps = 50 } = {}): Dataset => Dataset.of({ type: "sequences", task, examples, steps });

export const datasets = {
  /** 1,797 images `(8, 8, 1)` of handwritten digits, 10 classes (UCI). */
  digits: (): Dataset => Dataset.of({ type: "digits" }),
  /** 150 flowers, 4 features, 3 classes (Fisher 1936). */
  iris: (columns: Columns = {}): Dataset => Dataset.of({ type: "iris", ...columns }),
  /** 178 wines, 13 features, 3 classes (UCI). */
  wine: (columns: Columns = {}): Dataset => Dataset.of({ type: "wine", ...columns }),
  /** 569 tumours, 30 features, 2 classes (UCI). */
  breastCancer: (columns: Columns = {}): Dataset => Dataset.of({ type: "breastCancer", ...columns }),
  /** 442 patients, 10 features, one number to predict (Efron and others 2004). */
  diabetes: (columns: Columns = {}): Dataset => Dataset.of({ type: "diabetes", ...columns }),
  /** 16 years, 6 features, one number to predict (Longley 1967). */
  longley: (columns: Columns = {}): Dataset => Dataset.of({ type: "longley", ...columns }),
  /** Points of the plane in four corners, two classes. */
  xor: generated("xor"),
  /** A disc and a ring around it, two classes. */
  circle: generated("circle"),
  /** Two arms of a spiral, two classes. */
  spiral: generated("spiral"),
  /** Two clouds of points, two classes. */
  gaussians: generated("gaussians"),
  /** The adding problem: sequences `(T, 2)`, one number to predict (Hochreiter, Schmidhuber 1997). */
  adding: sequences("adding"),
  /** The copy task: sequences `(T, 10)`, a class at each step (Arjovsky, Shah, Bengio 2016). */
  copy: sequences("copy"),
};
