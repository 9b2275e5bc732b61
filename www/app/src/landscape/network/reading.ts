/** What a plane shows and what it leaves out, in sentences made of its figures. */
import { fixed, short } from "../../format.ts";
import { list, t } from "../../i18n/index.svelte.ts";
import { named } from "../account.ts";
import type { View } from "./core.svelte.ts";

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

/** A distance from a plane; what rounding leaves of none is 0. */
export function distance(off: number): string {
  return off < 1e-9 ? "0" : short(off, 2);
}
