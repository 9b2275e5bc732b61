/** Numbers as programs have them, made into one flat list. */
import { refused } from "./input.js";

/** Arrays of numbers that are taken as they are; 64-bit integers are not, since most of them are no f32. */
export type NumberArray = Float32Array | Float64Array | Uint8Array | Uint8ClampedArray | Int8Array | Uint16Array | Int16Array | Uint32Array | Int32Array;

/** Numbers: one typed array, a list of them, or lists in lists down to numbers. */
export type TensorLike = NumberArray | readonly number[] | readonly TensorLike[];

/** All numbers in the order of the last axis running fastest, and the extents that lists in lists have; a flat array has one. */
export interface Flat { values: ArrayLike<number>; shape: number[] }

export function isNumberArray(value: unknown): value is NumberArray {
  return ArrayBuffer.isView(value) && !(value instanceof DataView) && !(value instanceof BigInt64Array) && !(value instanceof BigUint64Array);
}

/** Flattens `given`; every number must be finite, and lists of one level equally long. */
export function flatten(place: string, given: unknown): Flat {
  if (isNumberArray(given)) {
    checkFinite(place, given);
    return { values: given, shape: [given.length] };
  }
  if (!Array.isArray(given)) throw refused("not-numbers", place, "a typed array or lists of numbers", kindOf(given), "pass a Float32Array, or numbers in lists, one list for each example");
  const shape: number[] = [];
  for (let part: unknown = given; Array.isArray(part) || isNumberArray(part); part = (part as unknown[])[0]) shape.push(part.length);
  const values = new Float64Array(shape.reduce((a, b) => a * b, 1));
  let at = 0;
  const visit = (part: unknown, depth: number, where: string): void => {
    if (depth === shape.length) {
      if (typeof part !== "number") throw refused("not-numbers", where, "a number", kindOf(part), "pass numbers alone; words belong to labels");
      values[at++] = part;
      return;
    }
    const list = Array.isArray(part) || isNumberArray(part) ? part : undefined;
    if (!list || list.length !== shape[depth]) {
      throw refused("ragged", where, `a list of ${String(shape[depth])}`, list ? `one of ${String(list.length)}` : kindOf(part), "make all lists of one level equally long");
    }
    for (let i = 0; i < list.length; i++) visit(list[i], depth + 1, `${where}[${String(i)}]`);
  };
  visit(given, 0, place);
  checkFinite(place, values);
  return { values, shape };
}

function checkFinite(place: string, values: ArrayLike<number>): void {
  for (let i = 0; i < values.length; i++) {
    // the core computes in f32, where larger numbers are infinite
    if (!Number.isFinite(Math.fround(values[i] ?? NaN))) throw refused("not-finite", place, "finite numbers", `${String(values[i])} at ${String(i)}`, "remove or replace what is missing, and scale numbers beyond 3e38");
  }
}

/** Extents that are whole numbers from 1, of at most eight axes. */
export function shapeOf(place: string, shape: unknown): number[] {
  if (!Array.isArray(shape) || shape.length === 0 || shape.length > 8 || !shape.every((n: unknown) => Number.isInteger(n) && (n as number) > 0 && (n as number) < 2 ** 31)) {
    throw refused("shape-wrong", place, "one to eight whole numbers from 1", Array.isArray(shape) ? JSON.stringify(shape) : kindOf(shape), "give the extents of one example, such as [28, 28, 1] or [4]");
  }
  return shape as number[];
}

export function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return Object.prototype.toString.call(value).slice(8, -1);
  return typeof value === "string" ? `the text ${JSON.stringify(value.slice(0, 20))}` : typeof value === "number" || typeof value === "bigint" ? String(value) : typeof value;
}
