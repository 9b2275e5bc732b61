/**
 * A long series kept short: at most `capacity` buckets, each with the least and the greatest value of its steps.
 *
 * A run may have a million steps and a plot has a few hundred pixels. When the buckets are full, neighbours are joined,
 * so that drawing costs the same at any length, and no peak is ever smoothed away.
 */
export class Trace {
  /** Steps in one bucket: a power of two. */
  private width = 1;
  private filled = 0;
  /** Steps in the last bucket. */
  private inLast = 0;
  private readonly low: Float64Array;
  private readonly high: Float64Array;
  /** 1 where the least value came before the greatest. */
  private readonly lowFirst: Uint8Array;

  constructor(
    private readonly firstStep: number,
    private readonly capacity = 1024,
  ) {
    this.low = new Float64Array(capacity);
    this.high = new Float64Array(capacity);
    this.lowFirst = new Uint8Array(capacity);
  }

  get length(): number {
    return this.filled === 0 ? 0 : (this.filled - 1) * this.width + this.inLast;
  }

  push(values: ArrayLike<number>): void {
    for (let i = 0; i < values.length; i++) this.add(values[i] ?? NaN);
  }

  private add(value: number): void {
    if (this.filled === 0 || this.inLast === this.width) {
      if (this.filled === this.capacity) this.halve();
      if (this.filled === 0 || this.inLast === this.width) {
        this.low[this.filled] = value;
        this.high[this.filled] = value;
        this.lowFirst[this.filled] = 1;
        this.filled += 1;
        this.inLast = 1;
        return;
      }
    }
    const at = this.filled - 1;
    if (beats(value, this.low[at], -1)) {
      this.low[at] = value;
      this.lowFirst[at] = 0;
    }
    if (beats(value, this.high[at], 1)) {
      this.high[at] = value;
      this.lowFirst[at] = 1;
    }
    this.inLast += 1;
  }

  /** Joins neighbouring buckets; the capacity is even and every bucket is full when this is called. */
  private halve(): void {
    for (let i = 0; i < this.capacity / 2; i++) {
      const [a, b] = [2 * i, 2 * i + 1];
      const lowInFirst = !beats(this.low[b], this.low[a], -1);
      const highInFirst = !beats(this.high[b], this.high[a], 1);
      const lowFirst = lowInFirst === highInFirst ? this.lowFirst[lowInFirst ? a : b] === 1 : lowInFirst;
      this.low[i] = this.low[lowInFirst ? a : b] ?? NaN;
      this.high[i] = this.high[highInFirst ? a : b] ?? NaN;
      this.lowFirst[i] = lowFirst ? 1 : 0;
    }
    this.filled = this.capacity / 2;
    this.width *= 2;
    this.inLast = this.width;
  }

  /** The line to draw: one point a step while steps are few, then the two extremes of each bucket in their order. */
  line(): { x: Float64Array; y: Float64Array } {
    if (this.width === 1) {
      return { x: Float64Array.from({ length: this.filled }, (_, i) => this.firstStep + i), y: this.low.slice(0, this.filled) };
    }
    const x = new Float64Array(2 * this.filled);
    const y = new Float64Array(2 * this.filled);
    for (let i = 0; i < this.filled; i++) {
      const steps = i === this.filled - 1 ? this.inLast : this.width;
      const start = this.firstStep + i * this.width;
      const lowFirst = this.lowFirst[i] === 1;
      x[2 * i] = start;
      x[2 * i + 1] = start + steps - 1;
      y[2 * i] = (lowFirst ? this.low[i] : this.high[i]) ?? NaN;
      y[2 * i + 1] = (lowFirst ? this.high[i] : this.low[i]) ?? NaN;
    }
    return { x, y };
  }
}

/** Whether `a` lies further out than `b` (sign -1: below, 1: above). A value that is not a number never hides one. */
function beats(a = NaN, b = NaN, sign: 1 | -1 = 1): boolean {
  return sign * a > sign * b || (Number.isNaN(b) && !Number.isNaN(a));
}
