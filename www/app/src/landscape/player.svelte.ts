/** The transport: which step is shown, and whether it moves. */
import { reducedMotion } from "../shell/theme.svelte.ts";

/** Steps a second. A step lasts two `--motion-step`s: the eye can follow a descent and still sees it creep. */
const PACE = 1000 / 32;

export type Phase = "empty" | "running" | "paused" | "done";

export class Player {
  /** Last step of the race, 0 while there is none. */
  readonly steps: () => number;
  step = $state(0);
  playing = $state(false);

  readonly phase: Phase = $derived.by(() => {
    if (this.playing) return "running";
    if (this.step >= this.steps() && this.steps() > 0) return "done";
    return this.step === 0 ? "empty" : "paused";
  });

  constructor(steps: () => number) {
    this.steps = steps;
  }

  /** Moves the step with the clock while `playing`. Call during component initialisation. */
  follow(): void {
    $effect(() => {
      if (!this.playing) return;
      let before = performance.now();
      let owed = 0;
      let frame = requestAnimationFrame(function tick(this: Player, now: number): void {
        // a tab that was hidden does not catch up
        owed += Math.min(100, now - before) * (PACE / 1000);
        before = now;
        const whole = Math.floor(owed);
        owed -= whole;
        if (whole > 0 && this.steps() > 0) this.#advance(whole);
        if (this.playing) frame = requestAnimationFrame(tick.bind(this));
      }.bind(this));
      return () => {
        cancelAnimationFrame(frame);
      };
    });
  }

  #advance(by: number): void {
    const last = this.steps();
    this.step = Math.min(last, this.step + by);
    if (this.step === last) this.playing = false;
  }

  /** Runs, pauses, goes on; from the end, runs again. */
  toggle(): void {
    if (this.playing) {
      this.playing = false;
      return;
    }
    if (this.step >= this.steps()) this.step = 0;
    this.playing = true;
  }

  restart(): void {
    this.step = 0;
    this.playing = true;
  }

  /** Shows a race from its start, or where motion is not wanted at its end. */
  present(): void {
    if (reducedMotion()) this.go(this.steps());
    else this.restart();
  }

  go(step: number): void {
    this.playing = false;
    this.step = Math.min(this.steps(), Math.max(0, Math.round(step)));
  }
}
