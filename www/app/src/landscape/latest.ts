/** Work of which only the newest request waits while one is under way: a dragged start asks faster than the core answers. */
export class Latest<T> {
  readonly #work: (asked: T) => Promise<void>;
  #next: { asked: T } | null = null;
  #busy = false;

  constructor(work: (asked: T) => Promise<void>) {
    this.#work = work;
  }

  /** Ends when all that was asked meanwhile is done, or at once if another call sees to it. */
  async ask(asked: T): Promise<void> {
    this.#next = { asked };
    if (this.#busy) return;
    this.#busy = true;
    try {
      while (this.#next !== null) {
        const { asked: newest } = this.#next;
        this.#next = null;
        await this.#work(newest);
      }
    } finally {
      this.#busy = false;
    }
  }
}
