/** What the core says of the gradient on its way to the first layer, in words. */
import type { GradientFlow } from "saddlepoint";

import { count, short } from "../format.ts";
import { language, t } from "../i18n/index.svelte.ts";

/** How many times: two digits, 41,000, and beyond a thousand millions as a power of ten. */
export function times(ratio: number): string {
  return ratio >= 1e3 && ratio < 1e9 ? count(Number(ratio.toPrecision(2))) : short(ratio, 2);
}

export function flowText({ first, last, ratio, limit, starved, steps }: GradientFlow): string {
  if (ratio === null) return t("flow.none", { first });
  const way = ratio >= 1 ? t("flow.smaller", { first, last, steps, ratio: times(ratio) }) : t("flow.larger", { first, last, steps, ratio: times(1 / ratio) });
  return [way, t(starved ? "flow.starved" : "flow.sound", { limit: count(limit) })].join(language() === "zh" ? "" : " ");
}
