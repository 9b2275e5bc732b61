/** Speed of training over the last second of training time; pauses do not count. */

/** Milliseconds of training that the speed is measured over. */
const WINDOW = 1000;

export class Rates {
  /** Milliseconds trained and steps done, oldest first. */
  private marks: { time: number; step: number }[] = [];

  /** Notes a call that took `ms` and ended at `step`, having begun at `before`. */
  add(ms: number, before: number, step: number): void {
    // after a reset or a return to a snapshot the count begins anew
    if (this.marks.at(-1)?.step !== before) this.marks = [{ time: 0, step: before }];
    const last = this.marks.at(-1);
    this.marks.push({ time: (last?.time ?? 0) + ms, step });
    const now = this.marks.at(-1)?.time ?? 0;
    // one mark older than the window stays, so that the window is always full
    while ((this.marks[1]?.time ?? now) <= now - WINDOW) this.marks.shift();
  }

  /** Steps per second; 0 while nothing was measured. */
  perSecond(): number {
    const first = this.marks[0];
    const last = this.marks.at(-1);
    if (!first || !last || last.time <= first.time) return 0;
    return (1000 * (last.step - first.step)) / (last.time - first.time);
  }
}
