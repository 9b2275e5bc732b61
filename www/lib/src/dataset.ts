/** Data that a program has: arrays, tables, files, pictures. A `Dataset` is the `data` of a description, or is given to `fit` and `evaluate`. */
import { readFiles } from "./images.js";
import { refused } from "./input.js";
import { packed } from "./packed.js";
import type { Picture } from "./pixels.js";
import { flatten, isNumberArray, kindOf, shapeOf, type Flat, type TensorLike } from "./tensors.js";
import type { DataSpec, NamedBytes, TableSpec } from "./types.js";
import type { Wanted } from "./wanted.js";

/** What is to be predicted: a class for each example (a number, a word, true or false), one row of 0 and a single 1 each, or real numbers. */
export type Targets = TensorLike | readonly string[] | readonly boolean[];

/** Arrays with what they mean. */
export interface Arrays {
  /** Features of all examples, one after the other: flat, or a list with one entry for each example. */
  x: TensorLike;
  /** One entry for each example. */
  y: Targets;
  /**
   * Extents of one example: `[F]` of a table, `[H, W, C]` of images, `[T, F]` of sequences. Left out, it is taken from lists in lists; a flat
   * array is then shared out evenly, one row of features for each entry of `y`.
   */
  shape?: readonly number[];
  /** Names of the classes, or how many there are; what is to be predicted is then a class. */
  classes?: readonly string[] | number;
  /**
   * What the core does to the features: `standard` (tables, if left out) brings each column to mean 0 and deviation 1, `none` (other
   * floats, if left out) leaves them as they are; images of `Uint8Array` are divided by 255. `predict` does the same to what it is given.
   */
  scaling?: "standard" | "none";
  /** What the set is called. */
  name?: string;
}

/** How pictures become examples. */
export interface ImageOptions extends Pick<Arrays, "classes" | "name"> { size: readonly [number, number]; channels?: 1 | 3 | 4 }

/** A set as the core takes it. */
export interface Packed { data: DataSpec; files: NamedBytes[] }

/** Bytes of a file: of the file system, of the network, of a drop. */
export type FileLike = Blob | NamedBytes;

/** Examples with what is to be predicted of them. Nothing is computed before a model needs it; arrays are read then, so they must stay as they are. */
export class Dataset {
  private readonly made = new Map<string, Packed>();

  /** `length`: the number of examples, where the program said it; undefined for what the core has to read first. */
  private constructor(private readonly source: Packed | Arrays, readonly length?: number) {}

  /**
   * Of arrays. Counts, shapes and kinds are checked at once, labels when a model asks for them.
   * @throws SaddlepointError `not-numbers`, `not-finite`, `ragged`, `shape-wrong`, `counts-differ`, `no-examples`
   */
  static from(arrays: Arrays): Dataset {
    // callers without types may pass anything
    const given: unknown = arrays;
    if (typeof given !== "object" || given === null || !("x" in given) || !("y" in given)) {
      throw refused("arrays-missing", "data", "an object with x and y", kindOf(given), "pass {x, y}; text of a table goes to Dataset.csv, files to Dataset.files");
    }
    return new Dataset(arrays, features(arrays).examples);
  }

  /** Of the text of a table with commas, semicolons or tabs; `options` as in data of type `csv`. */
  static csv(text: string, options: Omit<TableSpec, "hash"> = {}): Dataset {
    if (typeof text !== "string") throw refused("not-text", "data", "the text of a table", kindOf(text), "read the file with text() first");
    return new Dataset({ data: { type: "csv", ...options }, files: [{ name: "table.csv", bytes: new TextEncoder().encode(text) }] });
  }

  /** Of a text to be learnt character by character, in windows of `steps` (64). */
  static text(text: string, { steps = 64 }: { steps?: number } = {}): Dataset {
    if (typeof text !== "string") throw refused("not-text", "data", "a text", kindOf(text), "read the file with text() first");
    return new Dataset({ data: { type: "text", steps }, files: [{ name: "text.txt", bytes: new TextEncoder().encode(text) }] });
  }

  /**
   * Of files: IDX (plain or gzipped), NPY and NPZ, a CSV table, a text, or PNG and JPEG images, whose folders are their classes
   * (names of `File` are paths where the browser gives them). `options`: those of the table.
   */
  static async files(files: FileLike | readonly FileLike[], options: Omit<TableSpec, "hash"> = {}): Promise<Dataset> {
    const list = await Promise.all((Array.isArray(files) ? (files as readonly FileLike[]) : [files as FileLike]).map(bytesOfFile));
    if (list.length === 0) throw refused("files-missing", "data", "at least one file", "none", "choose a file");
    const [first] = list;
    const ending = /\.(csv|tsv|txt)$/i.exec(first?.name ?? "")?.[1]?.toLowerCase();
    if (ending === "txt") return new Dataset({ data: { type: "text", steps: 64 }, files: list });
    if (ending) return new Dataset({ data: { type: "csv", ...options }, files: list });
    return new Dataset({ data: { type: "files" }, files: await readFiles(list) });
  }

  /**
   * Of pictures of a page, drawn to one `size`, `[height, width]`, with 1 (grey), 3 or 4 channels: image elements that are loaded,
   * `ImageBitmap`, `ImageData`, canvases. `labels` and the other options are those of `from`.
   */
  static async images(pictures: readonly Picture[], labels: Targets, { size, channels = 1, ...options }: ImageOptions): Promise<Dataset> {
    const { bytesOfPictures } = await import("./pixels.js");
    const [height = 0, width = 0] = shapeOf("size", size);
    if (!Array.isArray(pictures) || pictures.some((one: unknown) => typeof one !== "object" || one === null)) {
      throw refused("picture-kind", "pictures", "a list of pictures", kindOf(pictures), "pass image elements, ImageBitmap, ImageData or canvases");
    }
    return Dataset.from({ x: bytesOfPictures(pictures as readonly Picture[], { height, width, channels }), y: labels, shape: [height, width, channels], ...options });
  }

  /** Data that a description names: a set of the package, a generated one. */
  static of(data: DataSpec): Dataset {
    return new Dataset({ data, files: [] });
  }

  /** As the core takes it, with targets as a network wants them. @internal */
  pack(wanted: Wanted = {}): Packed {
    if (!("x" in this.source)) return this.source;
    const key = JSON.stringify(wanted);
    let made = this.made.get(key);
    if (!made) {
      const x = features(this.source);
      const bytes = packed(this.source.name ?? "arrays", x, targets(this.source, x.examples, wanted));
      made = { data: { type: "files" }, files: [{ name: "arrays", bytes }] };
      this.made.set(key, made);
    }
    return made;
  }
}

async function bytesOfFile(file: FileLike): Promise<NamedBytes> {
  if (typeof Blob === "function" && file instanceof Blob) {
    const { name = "data", webkitRelativePath: path } = file as Partial<File>;
    return { name: path || name, bytes: new Uint8Array(await file.arrayBuffer()) };
  }
  const { name, bytes } = (file as Partial<NamedBytes> | null) ?? {};
  if (typeof name !== "string" || !(bytes instanceof Uint8Array)) {
    throw refused("file-no-bytes", "data", "a File, a Blob or {name, bytes}", kindOf(file), "pass the files of an input element or a drop");
  }
  return { name, bytes };
}

/** Entries of what is to be predicted. */
function count(y: unknown): number {
  const n = Array.isArray(y) || isNumberArray(y) ? y.length : undefined;
  if (n === undefined) throw refused("not-numbers", "y", "a typed array or a list", kindOf(y), "give one target for each example");
  if (n === 0) throw refused("no-examples", "y", "at least one example", "none", "give examples to learn from");
  return n;
}

/** What an example is, in the file for the core. */
export interface Features { values: ArrayLike<number>; shape: number[]; examples: number; bytes: boolean; standardise: boolean }

function features({ x, y, shape, scaling }: Arrays): Features {
  const entries = count(y);
  if (![undefined, "standard", "none"].includes(scaling)) {
    throw refused("scaling-unknown", "scaling", "standard or none", kindOf(scaling), "leave it out, or choose one of these");
  }
  const flat = flatten("x", x);
  const nested = flat.shape.length > 1;
  // a flat list of targets may hold several numbers for each example: then the shape says how many examples there are
  let each = shape === undefined ? undefined : shapeOf("shape", shape);
  if (!each && nested) each = flat.shape.slice(1);
  const examples = each ? flat.values.length / product(each) : entries;
  each ??= [flat.values.length / examples];
  if (!Number.isInteger(examples) || examples === 0 || !Number.isInteger(each[0]) || each[0] === 0) {
    throw refused("counts-differ", "x", `whole examples of ${each.map(Math.ceil).join(" x ")} numbers`, `${String(flat.values.length)} numbers`, "check the shape, or leave out what does not fill an example");
  }
  if (nested && flat.shape[0] !== examples) throw refused("counts-differ", "x", `${String(flat.shape[0])} examples of the shape given`, String(examples), "give the shape that the entries of x have");
  // flat targets may be several numbers an example
  if (entries !== examples && !(isNumberArray(y) && entries % examples === 0)) {
    throw refused("counts-differ", "y", `${String(examples)} targets, one for each example`, String(entries), "give every example exactly one target");
  }
  const bytes = (x instanceof Uint8Array || x instanceof Uint8ClampedArray) && each.length > 1;
  // one channel, as for images with colours
  if (bytes && each.length === 2) each = [...each, 1];
  return { values: flat.values, shape: each, examples, bytes, standardise: scaling === "standard" || (scaling === undefined && each.length === 1) };
}

/** What is to be predicted, in the file for the core. */
export interface Given { values: ArrayLike<number>; each: number; names: string[]; classes: boolean }

function targets({ y, classes }: Arrays, examples: number, wanted: Wanted): Given {
  const own = namesOf(classes);
  const words = Array.isArray(y) && y.some((one: unknown) => typeof one === "string");
  const flat = words ? undefined : flatten("y", Array.isArray(y) ? (y as unknown[]).map((one) => (typeof one === "boolean" ? Number(one) : one)) : y);
  const asClasses = wanted.classes !== null && (words || own !== undefined || wanted.classes !== undefined || wanted.needsClasses === true || isWhole(y));
  if (!asClasses) {
    if (!flat) throw refused("targets-words", "y", "numbers, since the loss is one over numbers", "words", "choose a loss over classes, such as softmaxCrossEntropy, or give numbers");
    const each = flat.values.length / examples;
    return { values: flat.values, each, names: each === 1 ? ["y"] : Array.from({ length: each }, (_, i) => `y${String(i + 1)}`), classes: false };
  }
  const found = own ?? (words ? [...new Set((y as unknown[]).map(String))].sort() : undefined);
  const names = [...classNames(found, flat, examples, wanted)];
  const labels = flat ? numbered(flat, examples, names) : (y as unknown[]).map((word, i) => place(word, i, names));
  return { values: labels, each: labels.length / examples, names, classes: true };
}

/** Whether the type of an array says that its numbers are whole. */
function isWhole(y: unknown): boolean {
  return isNumberArray(y) ? !(y instanceof Float32Array || y instanceof Float64Array) : Array.isArray(y) && typeof y[0] === "boolean";
}

function namesOf(classes: Arrays["classes"]): string[] | undefined {
  if (classes === undefined) return undefined;
  if (typeof classes === "number" && Number.isInteger(classes) && classes >= 1 && classes <= 1e6) return numbers(classes);
  if (Array.isArray(classes) && classes.length > 0 && classes.every((name: unknown) => typeof name === "string") && new Set(classes).size === classes.length) return [...classes];
  throw refused("classes-wrong", "classes", "how many classes there are, or their names, each once", kindOf(classes), "pass a whole number from 1, or a list of different words");
}

const numbers = (n: number): string[] => Array.from({ length: n }, (_, i) => String(i));

/** Those of the network, unless the data have others; with as many as it has outputs. */
function classNames(found: readonly string[] | undefined, flat: Flat | undefined, examples: number, { classes }: Wanted): readonly string[] {
  if (!classes) return found ?? numbers(inferred(flat, examples));
  if (!found || found.every((name) => classes.includes(name))) return classes;
  // a network without words for its classes takes those of the data
  const generic = classes.every((name, i) => name === String(i));
  if (generic && found.length <= classes.length) return [...found, ...classes.slice(found.length)];
  return found.length === classes.length ? found : classes;
}

function inferred(flat: Flat | undefined, examples: number): number {
  const values = flat?.values ?? [];
  const each = values.length / examples;
  if (each > 1 && isOneHot(values, each)) return each;
  let top = 0;
  for (let i = 0; i < values.length; i++) top = Math.max(top, values[i] ?? 0);
  return Math.min(Math.floor(top), 1e6) + 1;
}

function isOneHot(values: ArrayLike<number>, each: number): boolean {
  for (let start = 0; start < values.length; start += each) {
    let ones = 0;
    for (let i = start; i < start + each; i++) {
      if (values[i] === 1) ones++;
      else if (values[i] !== 0) return false;
    }
    if (ones !== 1) return false;
  }
  return true;
}

/** Class numbers, one for each example or for each step of it. */
function numbered({ values }: Flat, examples: number, names: readonly string[]): Uint32Array {
  const each = values.length / examples;
  if (each > 1 && each === names.length && isOneHot(values, each)) {
    return Uint32Array.from({ length: examples }, (_, row) => {
      let label = 0;
      while (values[row * each + label] !== 1) label++;
      return label;
    });
  }
  return Uint32Array.from({ length: values.length }, (_, i) => {
    const label = values[i] ?? NaN;
    if (Number.isInteger(label) && label >= 0 && label < names.length) return label;
    throw refused("label-range", "y", `class numbers from 0 to ${String(names.length - 1)}`, `${String(label)} at ${String(i)}`, "count classes from 0, and name them all; for numbers to be predicted choose another loss, such as meanSquaredError");
  });
}

function place(word: unknown, i: number, names: readonly string[]): number {
  const label = names.indexOf(String(word));
  if (label < 0) throw refused("label-unknown", `y[${String(i)}]`, `one of ${names.slice(0, 20).join(", ")}`, kindOf(word), "name every class, or correct the label");
  return label;
}

const product = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);
