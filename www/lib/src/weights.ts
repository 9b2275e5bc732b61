/**
 * Weights as files that others read and write: safetensors, and the NPZ of NumPy. Tensors are named as `model.weights()` names them,
 * `dense_1.kernel`; those that a layer carries, such as running means, are among them.
 *
 * ```ts
 * import { exportWeights, importWeights } from "saddlepoint/weights";
 *
 * const file = await exportWeights(model, "npz"); // numpy.load("weights.npz")["dense_1.kernel"]
 * await importWeights(other, file);
 * ```
 */
import type { ModelApi } from "./api.js";
import { report, SaddlepointError } from "./error.js";
import { bytesOf, refused, stringOf } from "./input.js";
import { joined, unzipped, zipped, type Entry } from "./zip.js";

/** A tensor of a file; its last axis runs fastest. */
export interface Tensor { name: string; shape: number[]; values: Float32Array }

export type WeightsFormat = "safetensors" | "npz";

/** All weights of a model as a file. */
export async function exportWeights(model: ModelApi, format: WeightsFormat = "safetensors"): Promise<Uint8Array<ArrayBuffer>> {
  const weights = await model.weights();
  if (format === "safetensors") return safetensors(weights);
  if ((format as unknown) === "npz") return zipped(weights.map(({ name, shape, values }) => ({ name: `${name}.npy`, bytes: npy(shape, values) })));
  throw refused("weights-format", "exportWeights", "safetensors or npz", stringOf(format), "choose one of them");
}

/**
 * Puts the weights of a file, safetensors or NPZ, into a model; a file of `save` is one too. Names and shapes must be those of the
 * model, all of them; nothing is changed otherwise.
 */
export async function importWeights(model: ModelApi, file: Uint8Array): Promise<void> {
  const tensors = await readWeights(file);
  const known = await model.weights();
  const find = (list: readonly { name: string }[], name: string): boolean => list.some((tensor) => tensor.name === name);
  const missing = known.find(({ name }) => !find(tensors, name));
  const strange = tensors.find(({ name }) => !find(known, name));
  if (missing ?? strange) {
    throw wrong("weights-other", missing?.name ?? strange?.name ?? "", missing ? "a tensor of this name in the file" : "a tensor of the model", missing ? "none" : "a name that it does not have",
      "describe the network that the weights are of, or use setWeights for a part of them");
  }
  await model.setWeights(tensors);
}

/** The tensors of a file. */
export async function readWeights(file: Uint8Array): Promise<Tensor[]> {
  const bytes = bytesOf(file);
  try {
    // archives begin with the letters PK
    return bytes[0] === 0x50 && bytes[1] === 0x4b ? (await unzipped(bytes)).map(tensorOf) : tensorsOf(bytes);
  } catch (error) {
    if (error instanceof SaddlepointError) throw error;
    throw wrong("weights-damaged", "file", "a whole safetensors or NPZ file", error instanceof Error ? error.message : String(error), "export or copy it again");
  }
}

function wrong(code: string, place: string, expected: string, got: string, hint: string): SaddlepointError {
  return new SaddlepointError(report("file", code, place, { expected, got, hint }));
}

const littleEndian = (values: Float32Array): Uint8Array<ArrayBuffer> => new Uint8Array(values.slice().buffer);

function safetensors(tensors: readonly Tensor[]): Uint8Array<ArrayBuffer> {
  let at = 0;
  const header = JSON.stringify(Object.fromEntries(tensors.map(({ name, shape, values }) => [name, { dtype: "F32", shape, data_offsets: [at, (at += 4 * values.length)] }])));
  const text = new TextEncoder().encode(header);
  // blanks at its end make the data begin at a multiple of eight
  const length = Math.ceil(text.length / 8) * 8;
  const head = new Uint8Array(8 + length).fill(0x20);
  new DataView(head.buffer).setBigUint64(0, BigInt(length), true);
  head.set(text, 8);
  return joined([head, ...tensors.map(({ values }) => littleEndian(values))]);
}

function tensorsOf(bytes: Uint8Array): Tensor[] {
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length))) as Record<string, { dtype: string; shape: number[]; data_offsets: [number, number] }>;
  return Object.entries(header).flatMap(([key, tensor]) => {
    // in a checkpoint stand history and optimizer too
    if (key === "__metadata__" || /^(optimizer|best|history)\//.test(key)) return [];
    const name = key.replace(/^(theta|state)\//, "");
    const { dtype, shape, data_offsets: [from, to] } = tensor;
    if (dtype !== "F32") throw wrong("weights-type", name, "numbers of type F32", dtype, "export them as float32");
    return [{ name, shape, values: floats(name, shape, bytes.slice(8 + length + from, 8 + length + to)) }];
  });
}

function floats(name: string, shape: readonly number[], bytes: Uint8Array<ArrayBuffer>, size = 4): Float32Array {
  const count = shape.reduce((a, b) => a * b, 1);
  if (bytes.length !== size * count) throw new Error(`${name} has ${bytes.length} bytes, not ${size * count}`);
  return size === 8 ? Float32Array.from(new Float64Array(bytes.buffer)) : new Float32Array(bytes.buffer);
}

/** An NPY file (NEP 1, version 1.0). */
function npy(shape: readonly number[], values: Float32Array): Uint8Array<ArrayBuffer> {
  const header = `{'descr': '<f4', 'fortran_order': False, 'shape': (${shape.map((n) => `${n},`).join(" ")}), }`;
  const length = Math.ceil((header.length + 11) / 64) * 64 - 10;
  const text = new TextEncoder().encode(`${header.padEnd(length - 1)}\n`);
  return joined([Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, length & 255, length >> 8), text, littleEndian(values)]);
}

function tensorOf({ name: file, bytes }: Entry): Tensor {
  const name = file.replace(/\.npy$/, "");
  const view = new DataView(bytes.buffer);
  if (view.getUint32(0) !== 0x934e554d) throw new Error(`${file} is no NPY file`);
  const long = (bytes[6] ?? 1) > 1;
  const [start, length] = long ? [12, view.getUint32(8, true)] : [10, view.getUint16(8, true)];
  const header = new TextDecoder().decode(bytes.subarray(start, start + length));
  const type = /'descr': *'([^']*)'/.exec(header)?.[1] ?? "none";
  const sizes: Record<string, number> = { "<f4": 4, "<f8": 8 };
  const size = sizes[type];
  if (size === undefined) throw wrong("weights-type", name, "numbers of type float32 or float64, little-endian", type, "export them as float32");
  if (/'fortran_order': *True/.test(header)) throw wrong("weights-order", name, "rows one after the other", "columns one after the other", "pass numpy.ascontiguousarray of it");
  const shape = (/'shape': *\(([^)]*)\)/.exec(header)?.[1] ?? "").split(",").filter((part) => part.trim() !== "").map(Number);
  return { name, shape, values: floats(name, shape, bytes.slice(start + length), size) };
}
