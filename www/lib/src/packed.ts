/** The file in which arrays of a program travel to the core: `src/data/given.rs` says what is in it. */
import type { Features, Given } from "./dataset.js";
import { refused } from "./input.js";

const MAGIC = "SPARRAY1";
const BYTES = 1;
const STANDARDISE = 2;
const CLASSES = 4;
const ABSENT = 8;
/** What the core accepts. */
const MOST = 2 ** 28;

/** The same file, whose examples only stand for others that are still to come. */
export function standing(file: Uint8Array): Uint8Array {
  const marked = file.slice();
  marked.set([(file[MAGIC.length] ?? 0) | ABSENT], MAGIC.length);
  return marked;
}

export function packed(name: string, x: Features, y: Given): Uint8Array {
  const texts = [name, ...y.names].map((text) => new TextEncoder().encode(text));
  const counts = [
    (x.bytes ? BYTES : 0) | (x.standardise ? STANDARDISE : 0) | (y.classes ? CLASSES : 0), x.examples, x.shape.length, ...x.shape, y.each, y.names.length,
  ];
  const head = 8 + 4 * counts.length + texts.reduce((sum, text) => sum + 4 + text.length, 0);
  const size = head + 4 * y.values.length + (x.bytes ? 1 : 4) * x.values.length;
  if (size > MOST) throw refused("arrays-too-large", "data", `at most ${String(MOST)} bytes`, String(size), "use fewer examples, or images of Uint8Array");
  const file = new Uint8Array(size);
  const view = new DataView(file.buffer);
  let at = 0;
  const count = (n: number): void => {
    view.setUint32(at, n, true);
    at += 4;
  };
  const bytes = (part: Uint8Array): void => {
    file.set(part, at);
    at += part.length;
  };
  bytes(new TextEncoder().encode(MAGIC));
  counts.forEach(count);
  for (const text of texts) {
    count(text.length);
    bytes(text);
  }
  // a copy in between, since the place in the file need not be a multiple of four
  const words = y.classes ? Uint32Array.from(y.values) : Float32Array.from(y.values);
  bytes(new Uint8Array(words.buffer));
  bytes(x.bytes ? (x.values as Uint8Array) : new Uint8Array((x.values instanceof Float32Array ? x.values : Float32Array.from(x.values)).slice().buffer));
  return file;
}
