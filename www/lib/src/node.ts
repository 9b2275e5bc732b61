/**
 * `saddlepoint/node`, which Node takes by itself for `saddlepoint`: training runs in the calling thread, or with `worker: true` in a
 * thread of its own. An idle thread does not keep the process alive.
 */
import "./assets.js";
import { threads, type Port } from "./node-threads.js";
import type { Reply } from "./protocol.js";
import { provide } from "./wasm.js";

/** A thread that is spoken to as a browser's worker. */
class Thread {
  onmessage: ((event: { data: Reply }) => void) | null = null;
  onerror: ((event: { message: string; preventDefault(): void }) => void) | null = null;
  private readonly thread: Port;
  /** Messages that are not answered yet. */
  private open = 0;

  constructor() {
    // options of the process may be for another kind of script
    this.thread = new (threads().Worker)(new URL("./thread-worker.js", import.meta.url), { execArgv: [] });
    this.thread.unref();
    this.thread.on("message", (data) => {
      this.open -= 1;
      if (this.open === 0) this.thread.unref();
      this.onmessage?.({ data: data as Reply });
    });
    this.thread.on("error", (error) => this.onerror?.({ message: (error as Error).message, preventDefault() { /* nothing is printed */ } }));
  }

  postMessage(message: object): void {
    // the first message to a core is not answered
    if (!("face" in message)) {
      this.open += 1;
      this.thread.ref();
    }
    this.thread.postMessage(message);
  }

  terminate(): void {
    void this.thread.terminate();
  }
}

const thread = () => new Thread() as unknown as Worker;

provide({}, { training: thread, landscape: thread, curvature: thread, images: thread });

export * from "./face.js";
