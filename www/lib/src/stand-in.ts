/** Data of a network that has none yet: one example of zeros, so that it can be asked, saved and given weights before it is fitted. */
import type { ModelSpec } from "./api.js";
import { Dataset, type Packed } from "./dataset.js";
import { refused } from "./input.js";
import { standing } from "./packed.js";
import { shapeOf } from "./tensors.js";
import type { RunSpec } from "./types.js";

/** Layers that put out as many numbers as come in, or one channel each. */
const SAME = ["activation", "prelu", "dropout", "spatialDropout2d", "gaussianNoise", "batchNormalization", "layerNormalization", "groupNormalization", "rmsNormalization", "globalAveragePool2d", "globalMaxPool2d"];

export function standIn(inputShape: readonly number[], run: RunSpec, classes: ModelSpec["classes"], overClasses: readonly string[]): Packed {
  const shape = shapeOf("inputShape", inputShape);
  const size = shape.reduce((a, b) => a * b);
  if (size > 2 ** 26) throw refused("shape-wrong", "inputShape", `at most ${String(2 ** 26)} numbers`, String(size), "use smaller examples");
  const loss = typeof run.loss === "object" ? run.loss.type : run.loss;
  const ofClasses = classes !== undefined || overClasses.includes(loss);
  const outputs = outputsOf(run.layers);
  const example = { x: new Float32Array(size), shape, scaling: "none", name: "none" } as const;
  const packed = ofClasses
    ? Dataset.from({ ...example, y: [0], classes: classes ?? outputs ?? missing() }).pack()
    : Dataset.from({ ...example, y: new Float32Array(outputs ?? missing()) }).pack({ classes: null });
  return { ...packed, files: packed.files.map(({ name, bytes }) => ({ name, bytes: standing(bytes) })) };
}

/** What the last layer that says so puts out, or nothing if that cannot be seen. */
function outputsOf(layers: unknown): number | undefined {
  for (const layer of Array.isArray(layers) ? (layers as unknown[]).toReversed() : []) {
    const { type, units, filters } = (layer ?? {}) as { type?: string; units?: unknown; filters?: unknown };
    const own = units ?? filters;
    // what is no number is for the core to refuse, with the layer's name
    if (own !== undefined) return Number.isInteger(own) && (own as number) > 0 && (own as number) <= 2 ** 20 ? (own as number) : 1;
    if (!SAME.includes(type ?? "")) return undefined;
  }
  return 1;
}

function missing(): never {
  throw refused("outputs-unknown", "classes", "how many classes there are, since the last layer does not say how much it puts out", "nothing", "give classes, or end with a dense layer");
}
