/**
 * What is said of a race at a step. Nothing is computed here that the core could: where each descent is, when it came
 * near the saddle and when it left are read off the core's answer.
 */
import type { CriticalPoint, Descent } from "saddlepoint";

import type { Series } from "../chart/types.ts";
import { short } from "../format.ts";
import { language, list, t } from "../i18n/index.svelte.ts";
import { LOOKS, type LookName } from "../marks/optimizers.ts";

/** A descent with the name the page knows it by. */
export interface Shown { arm: LookName; descent: Descent }

export function shown(descents: readonly Descent[]): Shown[] {
  return descents.flatMap((descent) => {
    return isLook(descent.id) ? [{ arm: descent.id, descent }] : [];
  });
}

export function isLook(id: string): id is LookName {
  return Object.hasOwn(LOOKS, id);
}

export function armName(arm: LookName): string {
  return t(`opt.${arm}`);
}

/** One line a descent. */
export function linesOf(descents: readonly Shown[], y: (descent: Descent) => Float64Array): Series[] {
  return descents.map(({ arm, descent }) => ({ id: arm, name: armName(arm), label: armName(arm), y: y(descent), optimizer: arm }));
}

/** The learning rate beyond which a full-batch step overshoots at the start: 2/λmax there; null where no direction curves upwards. */
export function limitAtStart(descents: readonly Shown[]): { at: number; text: string } | null {
  const lambda = descents[0]?.descent.lambdaMax[0];
  return lambda === undefined || lambda <= 0 ? null : { at: 2 / lambda, text: t("land.limit", { value: short(2 / lambda, 2) }) };
}

/** Last step that has a point: the asked one, or the last before the descent was no longer finite. */
export function lastStep(descent: Descent, step: number): number {
  return Math.min(step, descent.loss.length - 1);
}

export function pointAt(descent: Descent, step: number): readonly [number, number] {
  const at = 2 * lastStep(descent, step);
  return [descent.path[at] ?? 0, descent.path[at + 1] ?? 0];
}

/** Points of the path up to `step` that lie within the radius of the saddle; at the last step the core's own count. */
export function nearUntil(descent: Descent, saddle: CriticalPoint | null, radius: number, step: number): number {
  if (step >= descent.loss.length - 1) return descent.nearSaddle;
  if (saddle === null) return 0;
  let near = 0;
  for (let s = 0; s <= step; s++) {
    const dx = (descent.path[2 * s] ?? 0) - saddle.at[0];
    const dy = (descent.path[2 * s + 1] ?? 0) - saddle.at[1];
    // as the core writes it: another formula may round the other way
    if (Math.sqrt(dx * dx + dy * dy) < radius) near += 1;
  }
  return near;
}

export function leftBy(descent: Descent, step: number): boolean {
  return descent.leftAt !== null && descent.leftAt <= step;
}

export function divergedBy(descent: Descent, step: number): boolean {
  return descent.divergedAt !== null && descent.divergedAt <= step;
}

/** The finding in one sentence: who left and when, who is still there, who has not come yet or never came. */
export function finding(all: readonly Shown[], saddle: CriticalPoint | null, radius: number, step: number, steps: number): string {
  if (all.length === 0) return t("land.nobody");
  const diverged = all.filter(({ descent }) => divergedBy(descent, step));
  const finite = all.filter(({ descent }) => !divergedBy(descent, step));
  const left = finite.filter(({ descent }) => leftBy(descent, step)).sort((a, b) => (a.descent.leftAt ?? 0) - (b.descent.leftAt ?? 0));
  const inside = finite.filter(({ descent }) => !leftBy(descent, step));
  const near = inside.filter(({ descent }) => nearUntil(descent, saddle, radius, step) > 0);
  const outside = inside.filter((one) => !near.includes(one));

  const parts: string[] = [];
  if (left.length > 0) parts.push(left.map(({ arm, descent }) => t("land.left", { name: named(arm), step: descent.leftAt ?? 0 })).join(t("land.comma")));
  if (near.length > 0) parts.push(together(left.length > 0 ? "land.still" : "land.near", near, radius));
  if (outside.length > 0) parts.push(together(step >= steps ? "land.passed" : "land.coming", outside, radius));
  if (diverged.length > 0) parts.push(diverged.map(({ arm, descent }) => t("land.diverged", { name: named(arm), step: descent.divergedAt ?? 0 })).join(t("land.comma")));
  const text = parts.join(t("land.semicolon")) + t("land.stop");
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function together(key: "land.still" | "land.near" | "land.passed" | "land.coming", who: readonly Shown[], radius: number): string {
  const names = spaced(list(who.map(({ arm }) => armName(arm))));
  return t(who.length > 1 ? `${key}.many` : key, { names, radius: short(radius) });
}

/** The name of an arm inside a sentence. */
export function named(arm: LookName): string {
  return spaced(armName(arm));
}

/** Chinese sets a space between a Latin word and a Han one; English has it in the sentence. */
function spaced(name: string): string {
  return language() === "zh" && /[A-Za-z]$/.test(name) ? `${name} ` : name;
}
