/** The core's messages in the page's language. */
import type { ReportMessage } from "saddlepoint";

import { count } from "../format.ts";
import { isKey, language, t } from "./index.svelte.ts";

export interface Said { text: string; /** Set when the words are English on a Chinese page. */ lang: string | undefined }

/** A report's sentence: from the strings table by its code, or as the core words it. */
export function say(report: ReportMessage): Said {
  const key = `report.${report.code}`;
  if (isKey(key)) {
    // counts and sizes come as plain digits
    const args = Object.fromEntries(Object.entries(report.args).map(([name, value]) => [name, /^\d{4,}$/.test(value) ? count(Number(value)) : value]));
    return { text: t(key, { place: report.place, expected: report.expected, got: report.got, ...args }), lang: undefined };
  }
  return { text: report.message, lang: language() === "zh" ? "en" : undefined };
}

/** The report an error of the package carries, or its words if it is some other error. */
export function reportOf(error: unknown): ReportMessage {
  if (typeof error === "object" && error !== null && "report" in error && isReport(error.report)) return error.report;
  const message = error instanceof Error ? error.message : String(error);
  return { kind: "internal", code: "unexpected", place: "", expected: "", got: "", hint: "", args: {}, message };
}

function isReport(value: unknown): value is ReportMessage {
  return typeof value === "object" && value !== null && "code" in value && "message" in value && "args" in value;
}
