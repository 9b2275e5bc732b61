/** A fit under way, whose loop is fetched first: a promise of the history that is also an iterator of what happens on the way. */
import type { FitRun } from "./api.js";
import type { Fit } from "./fit.js";
import type { FitProgress, History } from "./types.js";

export class Later implements FitRun {
  readonly [Symbol.toStringTag] = "Fit";
  private readonly outcome: Promise<History>;

  constructor(private readonly fit: Promise<Fit>) {
    this.outcome = fit.then(({ outcome }) => outcome);
  }

  then<A = History, B = never>(done?: ((history: History) => A | PromiseLike<A>) | null, failed?: ((reason: unknown) => B | PromiseLike<B>) | null): Promise<A | B> {
    return this.outcome.then(done, failed);
  }

  catch<B = never>(failed?: ((reason: unknown) => B | PromiseLike<B>) | null): Promise<History | B> {
    return this.outcome.catch(failed);
  }

  finally(done?: (() => void) | null): Promise<History> {
    return this.outcome.finally(done);
  }

  pause(): void {
    this.tell((fit) => { fit.pause(); });
  }

  resume(): void {
    this.tell((fit) => { fit.resume(); });
  }

  stop(): void {
    this.tell((fit) => { fit.stop(); });
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<FitProgress, undefined> {
    this.tell((fit) => { fit.iterated(); });
    this.outcome.catch(() => undefined);
    return {
      [Symbol.asyncIterator]() { return this; },
      next: async () => (await this.fit).next(),
      return: async () => {
        this.stop();
        await this.outcome.catch(() => undefined);
        return { done: true, value: undefined };
      },
    };
  }

  private tell(what: (fit: Fit) => void): void {
    // a loop that could not be fetched is told by the outcome
    void this.fit.then(what, () => undefined);
  }
}
