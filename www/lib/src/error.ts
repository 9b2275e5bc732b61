import type { ReportMessage } from "./types.js";

/** What every call of the package rejects with: a sentence that says what was expected, what came and what to change. */
export class SaddlepointError extends Error {
  override readonly name: string = "SaddlepointError";
  /** Stable identifier in kebab-case. */
  readonly code: string;
  /** What to change. */
  readonly hint: string;

  constructor(readonly report: ReportMessage) {
    super(report.message);
    this.code = report.code;
    this.hint = report.hint;
  }
}

/** A call that a signal ended; `cause` is the reason that the signal gives. Named as the platform names it. */
export class Aborted extends SaddlepointError {
  override readonly name = "AbortError";

  constructor(signal: AbortSignal) {
    const reason: unknown = signal.reason;
    const got = reason instanceof Error ? reason.message : String(reason);
    super(report("state", "aborted", "signal", { expected: "a signal that lets the call go on", got, hint: "call it again, with another signal" }));
    this.cause = reason;
  }
}

/** A report made on this side, with the sentence that the core would form of it. */
export function report(kind: string, code: string, place: string, words: { expected: string; got: string; hint: string }, args: Record<string, string> = {}): ReportMessage {
  const { expected, got, hint } = words;
  return { kind, code, place, expected, got, hint, args, message: `${place}: expected ${expected}, got ${got}; ${hint}` };
}

/** Whether a thrown value is a report of the core, which throws plain objects. */
export function isReport(value: unknown): value is ReportMessage {
  return typeof value === "object" && value !== null && "code" in value && "message" in value && "args" in value;
}

/** The core broke: a trap of WebAssembly, after which its memory cannot be trusted. Never leaves the package. */
export class Broken extends Error {
  override readonly name = "Broken";
}
