/** Where a run broke off, read from the core's report. */
import type { ReportMessage } from "saddlepoint";

import { count, short } from "../format.ts";
import { language, t } from "../i18n/index.svelte.ts";
import type { Drawing, Line } from "./curves.ts";

export interface Failure {
  step: number;
  layer: string;
  /** Whether the gradient or the output of that layer was not finite. */
  what: "gradient" | "output";
  /** Step of the snapshot that was kept; null if there is none. */
  kept: number | null;
  rate: number;
  /** The largest stable rate at the kept weights, if it is known. */
  limit: number | null;
  /** Where the line of the loss ends: the last that was a number; null if none was. */
  end: { x: number; y: number } | null;
}

export function failureOf(report: ReportMessage | null, drawing: Drawing): Failure | null {
  if (report === null) return null;
  const number = (name: string): number | null => {
    const value = Number(report.args[name] ?? "");
    return (report.args[name] ?? "") !== "" && Number.isFinite(value) ? value : null;
  };
  return {
    step: number("step") ?? 0, layer: report.args["layer"] ?? report.place, what: report.args["what"] === "output" ? "output" : "gradient",
    kept: number("kept"), rate: number("rate") ?? NaN, limit: number("limit"), end: lastFinite(drawing.loss),
  };
}

/** The last point of a line that can be drawn on a log scale. */
export function lastFinite({ x, y }: Line): { x: number; y: number } | null {
  for (let i = y.length - 1; i >= 0; i--) {
    const value = y[i] ?? NaN;
    if (Number.isFinite(value) && value > 0) return { x: x[i] ?? 0, y: value };
  }
  return null;
}

/** A rate to go on with, of one digit: half the limit where it is known, otherwise a tenth of the one that failed. */
export function smallerRate(failure: Failure): number {
  const wanted = failure.limit === null ? failure.rate / 10 : Math.min(failure.rate / 2, failure.limit / 2);
  return Number(wanted.toPrecision(1));
}

/** What happened and what is kept, in two or three sentences. */
export function failureText(failure: Failure): string {
  const kept = count(failure.kept ?? 0);
  const sentences = [
    t(`trouble.${failure.what}`, { layer: failure.layer }),
    failure.limit !== null && failure.rate > failure.limit ? t("trouble.above", { rate: short(failure.rate), limit: short(failure.limit, 2), kept }) : t("trouble.rate", { rate: short(failure.rate) }),
    ...(failure.kept === null ? [] : [t("trouble.snapshot", { kept })]),
  ];
  return sentences.join(language() === "zh" ? "" : " ");
}
