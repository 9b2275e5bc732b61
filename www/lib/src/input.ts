/** What callers pass, made into what the core can judge. */
import { report, SaddlepointError } from "./error.js";
import type { Augment, Activation, Box, DataSpec, EscapeSpec, FunctionSpec, LandscapeSpec, NamedBytes, NetworkRaceSpec, NetworkSpec, RaceSpec, RunSpec, StaysSpec, TableRow } from "./types.js";

/** A description as text. A number that is not finite stays visible, so that the core can name its place. */
export function textOf(run: RunSpec | DataSpec | LandscapeSpec | FunctionSpec | EscapeSpec | StaysSpec | RaceSpec | NetworkSpec | NetworkRaceSpec | Box | Augment | Activation | TableRow[]): string {
  try {
    const visible = (_: string, value: unknown): unknown =>
      typeof value === "bigint" || (typeof value === "number" && !Number.isFinite(value)) ? String(value) : value;
    // inside a list, what has no text (undefined, a function) becomes null
    return JSON.stringify([run], visible).slice(1, -1);
  } catch (error) {
    throw refused("spec-not-plain", "description", "a plain object", error instanceof Error ? error.message : String(error), "pass a description without cycles");
  }
}

/** What is no number is passed on as one that every check refuses. */
export function numberOf(value: unknown): number {
  return typeof value === "number" ? value : NaN;
}

/** What is no text is passed on as the text that it is shown as. */
export function stringOf(value: unknown): string {
  return typeof value === "string" ? value : String(value);
}

/** A list of numbers; what is no list is one of nothing. */
export function numbersOf(values: unknown): Float64Array {
  return Float64Array.from(Array.isArray(values) ? values : [], numberOf);
}

/** A point; what is none becomes one that is refused. */
export function pairOf(value: unknown): [number, number] {
  const [x, y] = Array.isArray(value) ? (value as unknown[]) : [];
  return [numberOf(x), numberOf(y)];
}

/** Whether the data of a description are files. */
export function needsFiles(spec: RunSpec | LandscapeSpec | NetworkSpec): boolean {
  return ["files", "csv", "text"].includes(dataType(spec) ?? "");
}

/** Callers without types may pass anything. */
export function dataType(spec: Partial<RunSpec> | null | undefined): string | undefined {
  return spec?.data?.type;
}

/** Numbers of examples, as the core takes them. */
export function floatsOf(place: string, values: unknown): Float32Array {
  if (values instanceof Float32Array) return values;
  if (Array.isArray(values) || (ArrayBuffer.isView(values) && !(values instanceof DataView))) return Float32Array.from(values as ArrayLike<number>);
  throw refused("not-numbers", place, "a Float32Array", typeof values, "pass the raw features of whole examples, one after the other");
}

/** Weights, or points of them, that are all finite numbers. */
export function thetaOf(place: string, values: unknown): Float64Array {
  if (!(values instanceof Float64Array)) throw refused("not-numbers", place, "a Float64Array", typeof values, "pass weights that this package gave");
  if (!values.every(Number.isFinite)) throw refused("not-finite", place, "finite weights", "an infinite or missing number", "go back to weights at which the loss is finite");
  return values;
}

/** Plain copies of the names, and bytes that hold their own memory alone: a view would travel with all of the memory behind it. */
export function filesOf(files: unknown): NamedBytes[] {
  const list: unknown = files ?? [];
  if (!Array.isArray(list)) throw refused("files-no-list", "files", "a list of {name, bytes}", typeof list, "pass the files as a list");
  return list.map((file: Partial<NamedBytes> | null, i) => {
    const { name, bytes } = file ?? {};
    if (typeof name !== "string" || !(bytes instanceof Uint8Array)) {
      throw refused("file-no-bytes", `files[${i}]`, "{name: string, bytes: Uint8Array}", "something else", "read the file with arrayBuffer() first");
    }
    return { name, bytes: bytesOf(bytes) };
  });
}

/** Bytes that hold their own memory alone. */
export function bytesOf(bytes: unknown): Uint8Array {
  if (!(bytes instanceof Uint8Array)) throw refused("file-no-bytes", "file", "a Uint8Array", typeof bytes, "read the file with arrayBuffer() first");
  return bytes.byteLength === bytes.buffer.byteLength ? bytes : bytes.slice();
}

export function refused(code: string, place: string, expected: string, got: string, hint: string): SaddlepointError {
  return new SaddlepointError(report("spec", code, place, { expected, got, hint }));
}

/** Names and contents apart, as the core takes them. */
export function parts(files: NamedBytes[]): [string[], Uint8Array[]] {
  return [files.map(({ name }) => name), files.map(({ bytes }) => bytes)];
}
