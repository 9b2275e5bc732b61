import type { CoreName, Cores } from "./core.js";
import { Broken, type SaddlepointError } from "./error.js";
import { disposed, unusable, type Answered, type Asked, type Link } from "./link.js";

/** A queue before one core: one question after the other. A core that broke is replaced at the next question. */
export class Line<N extends CoreName> {
  private link: Promise<Link<N>> | null = null;
  private queue: Promise<unknown> = Promise.resolve();
  private closed: SaddlepointError | null = null;

  /** `open` gives a core that is ready for questions. */
  constructor(private readonly open: () => Promise<Link<N>>) {}

  call<M extends keyof Cores[N]>(method: M, ...args: Asked<Cores[N][M]>): Promise<Answered<Cores[N][M]>> {
    return this.use((link) => link.call(method, ...args));
  }

  /** A piece of work that is not interrupted by other questions. */
  use<T>(work: (link: Link<N>) => Promise<T>): Promise<T> {
    const answer = this.queue.then(async () => {
      if (this.closed) throw this.closed;
      this.link ??= this.open();
      const link = await this.link.catch((error: unknown) => {
        // the next question tries again
        this.link = null;
        throw error instanceof Broken ? unusable(error) : error;
      });
      try {
        return await work(link);
      } catch (error) {
        if (!(error instanceof Broken)) throw error;
        link.close();
        this.link = null;
        throw unusable(error);
      }
    });
    this.queue = answer.catch(() => undefined);
    return answer;
  }

  close(): void {
    this.closed ??= disposed();
    this.link?.then((link) => link.close(), () => undefined);
    this.link = null;
  }
}
