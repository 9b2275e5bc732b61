/** What a plane shows and what it leaves out, in sentences made of its figures. */
import { count, fixed, short } from "../../format.ts";
import { list, t } from "../../i18n/index.svelte.ts";
import { named } from "../account.ts";
import type { Seen, Standing, View } from "./core.svelte.ts";

export function percent(share: number): string {
  return `${fixed(100 * share, 1)} %`;
}

/** How much of the paths the plane holds, and what it shows where they end. */
export function reading(view: View, until: (arm: string) => number): string {
  const { explained, randomWalk } = view.plane;
  const parts: string[] = [];
  if (explained && randomWalk) {
    const [both, null_] = [explained[0] + explained[1], randomWalk[0] + randomWalk[1]];
    parts.push(t(both > null_ ? "real.reading.more" : "real.reading.less", { both: percent(both), null: percent(null_) }));
  }
  const losses = view.seen.map(({ arm, path, on }) => {
    const i = until(arm);
    return t("real.reading.arm", { name: named(arm), loss: short(path.loss[i] ?? NaN), slice: short(on.slice[i] ?? NaN) });
  });
  if (losses.length > 0) parts.push(t("real.reading.losses", { list: list(losses) }));
  return parts.join(t("real.space"));
}

/** A loss of nothing but rounding: cross-entropy of examples that are all learned. */
const NOTHING = 1e-12;

/** What a certificate says, in a sentence: "Index 3 of 1,210: a saddle; leaving along λ = −0.41". */
export function verdict({ certificate, arm, updates, searched }: Standing, eta: number, examples: number): string {
  const { eigenvalues, index, verdict: said, whole, parameters, sweep } = certificate;
  const zeros = sweep.at(-2)?.zeros ?? 0;
  const values = {
    name: named(arm), updates: count(updates), norm: short(certificate.gradientNorm, 2), loss: short(certificate.loss), index: `${whole ? "" : "≥ "}${count(index)}`,
    parameters: count(parameters), low: short(eigenvalues[0] ?? NaN), high: short(eigenvalues.at(-1) ?? NaN), edge: short(2 / eta), zeros: count(zeros), residual: short(certificate.relativeResidual, 2),
  };
  const where = t(searched ? "real.stand.from" : "real.stand.at", values);
  if (searched && certificate.loss < NOTHING) return where + t("real.stand.infinite", { examples: count(examples) });
  if (said === "gradientFlat") return where + t("real.stand.flat", values);
  if (said === "notConverged") return where + t(index > 0 ? "real.stand.slope" : "real.stand.slope.convex", values) + t("real.stand.edge", values);
  return where + t(index > 0 ? "real.stand.saddle" : zeros > 0 ? "real.stand.valley" : "real.stand.minimum", values);
}

/** A distance from a plane; what rounding leaves of none is 0. */
export function distance(off: number): string {
  return off < 1e-9 ? "0" : short(off, 2);
}

/** Every recorded point as a row: where it is seen, how far off the plane, its loss and what the plane shows. */
export function rowsOf(seen: readonly Seen[]): string {
  const rows = seen.flatMap(({ arm, path, on }) =>
    Array.from(on.off, (off, i) => [arm, path.updates[i], path.examples[i], on.at[2 * i], on.at[2 * i + 1], off, path.loss[i], on.slice[i], path.gradientNorm[i]].join(",")),
  );
  return ["descent,updates,examples,x,y,off_plane,loss,slice_loss,gradient_norm", ...rows].join("\n") + "\n";
}
