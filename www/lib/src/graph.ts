/**
 * `saddlepoint/graph`: layers and losses of your own. A function of symbolic tensors is called once and writes down what it does;
 * what it wrote is part of the description of the run, as any other layer or loss. So it is compiled once, trains whole epochs in
 * WebAssembly with exact derivatives of any order, and is in files and links of the run.
 *
 * ```js
 * const gated = layer(({ x, w, v }) => x.matMul(w).mul(x.matMul(v).sigmoid()), { w: [4, 8], v: [4, 8] });
 * const cubes = loss((output, target) => output.sub(target).abs().pow(3));
 * await Model.create({ data, layers: [gated, { type: "dense", units: 1 }], loss: cubes, … });
 * ```
 *
 * Shapes and axes are those of one example: the batch axis in front is not seen, and nothing can mix examples. Two tensors are
 * stretched to one shape by NumPy's rule. Shapes are checked when the run is created, with the number of the instruction.
 */
import { report, SaddlepointError } from "./error.js";
import type { Custom, CustomLoss, Initializer, Instruction } from "./types.js";

/** Writes down one function. */
class Recorder {
  readonly instructions: Instruction[] = [];

  constructor(private readonly place: string, private values: number) {}

  add(instruction: Instruction): Tensor {
    this.instructions.push(instruction);
    return new Tensor(this, this.values++);
  }

  /** The number of a value of this function. */
  numberOf(value: unknown): number {
    if (value instanceof Tensor && value.recorder === this) return value.number;
    if (typeof value === "number" && Number.isFinite(value)) return this.add({ op: "constant", number: value }).number;
    const foreign = value instanceof Tensor;
    throw this.refused("a tensor of this function or a finite number", foreign ? "one of another function" : String(value));
  }

  whole(values: unknown): number[] {
    const sound = Array.isArray(values) && values.every((value) => Number.isSafeInteger(value) && value >= 0);
    if (!sound) throw this.refused("whole numbers from 0 on", Array.isArray(values) ? JSON.stringify(values) : String(values));
    return values as number[];
  }

  /** The instructions, once `result` is known to be the last of them. */
  finished(result: unknown): Instruction[] {
    const number = this.numberOf(result);
    // the last value is the result: an earlier one is repeated by an instruction that changes nothing
    if (number !== this.values - 1 || this.instructions.length === 0) this.add({ op: "add", of: [number, this.numberOf(0)] });
    return this.instructions;
  }

  refused(expected: string, got: string): SaddlepointError {
    const words = { expected, got, hint: "change this argument" };
    return new SaddlepointError(report("spec", "own-argument", this.place, words, { place: this.place, expected, got }));
  }
}

/** What stands for the numbers of an example while a function is written down. */
export class Tensor {
  /** @internal */
  constructor(readonly recorder: Recorder, readonly number: number) {}

  /** `this + other`. */
  add(other: Tensor | number): Tensor { return this.with("add", other); }
  /** `this - other`. */
  sub(other: Tensor | number): Tensor { return this.with("sub", other); }
  /** `this * other`, element by element. */
  mul(other: Tensor | number): Tensor { return this.with("mul", other); }
  /** `this / other`. */
  div(other: Tensor | number): Tensor { return this.with("div", other); }
  /** `this` to the power `other`, for `this` > 0. */
  pow(other: Tensor | number): Tensor { return this.with("pow", other); }
  /** The larger of both. */
  maximum(other: Tensor | number): Tensor { return this.with("maximum", other); }
  /** The smaller of both. */
  minimum(other: Tensor | number): Tensor { return this.with("minimum", other); }
  /** 1 where `this > other`, else 0. */
  greater(other: Tensor | number): Tensor { return this.with("greater", other); }
  /** `yes` where `this` is not 0, `no` elsewhere. */
  where(yes: Tensor | number, no: Tensor | number): Tensor { return this.with("where", yes, no); }
  neg(): Tensor { return this.with("neg"); }
  abs(): Tensor { return this.with("abs"); }
  /** -1, 0 or 1; its derivative is 0. */
  sign(): Tensor { return this.with("sign"); }
  exp(): Tensor { return this.with("exp"); }
  /** The natural logarithm. */
  log(): Tensor { return this.with("log"); }
  sqrt(): Tensor { return this.with("sqrt"); }
  square(): Tensor { return this.with("mul", this); }
  sin(): Tensor { return this.with("sin"); }
  cos(): Tensor { return this.with("cos"); }
  tanh(): Tensor { return this.with("tanh"); }
  /** `1 / (1 + exp(-this))`. */
  sigmoid(): Tensor { return this.with("sigmoid"); }
  /** `log(1 + exp(this))`. */
  softplus(): Tensor { return this.with("softplus"); }
  relu(): Tensor { return this.with("relu"); }
  /** The error function. */
  erf(): Tensor { return this.with("erf"); }
  /** Over the last axis. */
  softmax(): Tensor { return this.with("softmax"); }
  /** Over the last axis. */
  logSoftmax(): Tensor { return this.with("logSoftmax"); }
  /** Over the last axis, which goes. */
  logSumExp(): Tensor { return this.with("logSumExp"); }
  /** Over `axes`, or all, which go. */
  sum(axes?: number[]): Tensor { return this.over("sum", axes); }
  /** Over `axes`, or all, which go. */
  mean(axes?: number[]): Tensor { return this.over("mean", axes); }
  /** The largest over `axes`, or all, which go. */
  max(axes?: number[]): Tensor { return this.over("max", axes); }
  /** `(.., M, K)` by `(K, N)`: `(.., M, N)`; `(K)` by `(K, N)`: `(N)`. */
  matMul(other: Tensor): Tensor { return this.with("matMul", other); }
  /** The same numbers in another shape. */
  reshape(shape: number[]): Tensor { return this.recorder.add({ op: "reshape", of: [this.number], shape: this.recorder.whole(shape) }); }
  /** The axes in another order. */
  transpose(axes: number[]): Tensor { return this.recorder.add({ op: "transpose", of: [this.number], axes: this.recorder.whole(axes) }); }
  /** The box of `shape` that begins at `begin`. */
  slice(begin: number[], shape: number[]): Tensor {
    const { recorder, number } = this;
    return recorder.add({ op: "slice", of: [number], begin: recorder.whole(begin), shape: recorder.whole(shape) });
  }
  /** This and `others`, one behind the other along `axis`. */
  concat(others: Tensor[], axis: number): Tensor {
    const { recorder } = this;
    return recorder.add({ op: "concat", of: [this, ...others].map((one) => recorder.numberOf(one)), axes: recorder.whole([axis]) });
  }

  private with(op: Instruction["op"], ...others: unknown[]): Tensor {
    const of = [this.number, ...others.map((other) => this.recorder.numberOf(other))];
    return this.recorder.add({ op, of });
  }

  private over(op: Instruction["op"], axes: number[] | undefined): Tensor {
    return this.recorder.add({ op, of: [this.number], ...(axes === undefined ? {} : { axes: this.recorder.whole(axes) }) });
  }
}

/** A parameter: its shape, or that and how it starts (a matrix as `glorotUniform`, everything else as `zeros`). */
export type OwnParameterSpec = readonly number[] | { shape: readonly number[]; initializer?: Initializer };

/**
 * A layer that computes `build` of its input `x` and of parameters by their names.
 *
 * @throws {SaddlepointError} with code `own-argument` for an argument that no operation takes.
 */
export function layer<P extends Record<string, OwnParameterSpec> = Record<"x", never>>(
  build: (values: { x: Tensor } & Record<keyof P, Tensor>) => Tensor,
  parameters?: P,
  { name }: { name?: string } = {},
): Custom & { type: "custom" } {
  const given = Object.entries<OwnParameterSpec>(parameters ?? {});
  const recorder = new Recorder(name ?? "layer", given.length + 1);
  const values = Object.fromEntries(given.map(([key], i) => [key, new Tensor(recorder, i + 1)]));
  if ("x" in values) throw recorder.refused("parameters of other names than x, which is the input", "x");
  const list = given.map(([key, spec]) => {
    const { shape, initializer } = "shape" in spec ? spec : { shape: spec, initializer: undefined };
    return { name: key, shape: recorder.whole([...shape]), ...(initializer === undefined ? {} : { initializer }) };
  });
  const result = build({ ...values, x: new Tensor(recorder, 0) } as { x: Tensor } & Record<keyof P, Tensor>);
  const own = { parameters: list, function: recorder.finished(result) };
  return name === undefined ? { type: "custom", ...own } : { type: "custom", name, ...own };
}

/**
 * A loss that computes `build` of an output and its target, both `(K)`; classes come as rows with 1 at the class and 0 elsewhere. Of
 * what it gives for an example the mean is taken.
 *
 * @throws {SaddlepointError} with code `own-argument` for an argument that no operation takes.
 */
export function loss(build: (output: Tensor, target: Tensor) => Tensor): CustomLoss & { type: "customLoss" } {
  const recorder = new Recorder("loss", 2);
  return { type: "customLoss", function: recorder.finished(build(new Tensor(recorder, 0), new Tensor(recorder, 1))) };
}
