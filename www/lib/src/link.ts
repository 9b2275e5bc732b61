/** The way to a core: a worker of its own, or this very thread. */
import type { Calls } from "./engine.js";
import { Broken, report, SaddlepointError } from "./error.js";
import type { Reply, Request, Start } from "./protocol.js";
import { compiled, inNode, packedBytes, packedSet } from "./wasm.js";

export interface Link {
  /** Rejects with a `SaddlepointError`, or with `Broken` if the core is of no use any more. */
  call<M extends keyof Calls>(method: M, ...args: Parameters<Calls[M]>): Promise<ReturnType<Calls[M]>>;
  /** The run as a file, as it was a little while ago; to go back to. */
  readonly snapshot: Uint8Array | undefined;
  /** Ends the core. What was asked and is not answered rejects. */
  close(): void;
}

/**
 * Opens a way to a new core. In a browser that is a worker, unless `worker` says otherwise. `set`: the data it will be asked
 * about, if that is known; a file of theirs is then fetched together with the core.
 */
export async function openLink(worker: boolean | undefined, set?: string): Promise<Link> {
  const expected = packedSet(set);
  // a failure is told when the core asks for the set
  if (expected) void packedBytes(expected).catch(() => undefined);
  try {
    const start = { module: await compiled() };
    return supplied((worker ?? (!inNode && typeof Worker === "function")) ? new WorkerLink(start) : await localLink(start));
  } catch (error) {
    throw new SaddlepointError(failure("core-not-loaded", "the compiled core", error, "reload, or check that saddlepoint_bg.wasm is served beside the scripts"));
  }
}

/** The same way, on which a core that asks for a packed set is given it, and then asked again. */
function supplied(link: Link): Link {
  return {
    get snapshot() { return link.snapshot; },
    close: () => { link.close(); },
    async call(method, ...args) {
      try {
        return await link.call(method, ...args);
      } catch (error) {
        const set = error instanceof SaddlepointError && error.report.code === "set-missing" ? packedSet(error.report.args["set"]) : undefined;
        if (!set) throw error;
        const packed = await packedBytes(set).catch((cause: unknown) => {
          throw new SaddlepointError(failure("set-not-loaded", `the data set ${set}`, cause, "reload, or check that the files of pkg are served beside the scripts"));
        });
        await link.call("provide", set, packed);
        return link.call(method, ...args);
      }
    },
  };
}

/** What is said to those who still wait when a model is disposed of. */
export function disposed(): SaddlepointError {
  return new SaddlepointError(report("state", "disposed", "model", { expected: "a model in use", got: "one that was disposed of", hint: "create another" }));
}

/** What is said of a core that broke. */
export function unusable(cause: Broken): SaddlepointError {
  return new SaddlepointError(failure("core-broken", "an answer", cause, "create it again, from the last file that was saved"));
}

function failure(code: string, expected: string, error: unknown, hint: string): ReturnType<typeof report> {
  return report("internal", code, "core", { expected, got: error instanceof Error ? error.message : String(error), hint });
}

interface Waiting { resolve: (value: never) => void; reject: (reason: Error) => void }

class WorkerLink implements Link {
  snapshot: Uint8Array | undefined;
  private readonly worker: Worker;
  private readonly waiting = new Map<number, Waiting>();
  private count = 0;

  constructor(start: Start) {
    // one expression, as bundlers look for it
    this.worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
    this.worker.onmessage = ({ data }: MessageEvent<Reply>) => this.take(data);
    this.worker.onerror = (event) => {
      event.preventDefault();
      this.end(new Broken(event.message || "the worker could not be loaded"));
    };
    this.worker.postMessage(start);
  }

  call<M extends keyof Calls>(method: M, ...args: Parameters<Calls[M]>): Promise<ReturnType<Calls[M]>> {
    const id = this.count++;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.worker.postMessage({ id, method, args } satisfies Request);
    });
  }

  close(): void {
    this.end(disposed());
  }

  private take(reply: Reply): void {
    const waiting = this.waiting.get(reply.id);
    this.waiting.delete(reply.id);
    if (reply.ok) {
      this.snapshot = reply.snapshot ?? this.snapshot;
      waiting?.resolve(reply.value as never);
    } else {
      waiting?.reject("report" in reply ? new SaddlepointError(reply.report) : new Broken(reply.broken));
    }
  }

  private end(reason: Error): void {
    this.worker.terminate();
    for (const { reject } of this.waiting.values()) reject(reason);
    this.waiting.clear();
  }
}

/** The memory of this thread's core is shared by all its models: once it broke, none can be trusted. */
let brokenHere: Broken | undefined;

/** The engine is fetched only here: a page that works with workers does not need it in its own thread. */
async function localLink({ module }: Start): Promise<Link> {
  const { Engine, judged } = await import("./engine.js");
  const engine = brokenHere ? undefined : new Engine(module, false);
  return {
    snapshot: undefined,
    // async, so that what is thrown rejects
    // eslint-disable-next-line @typescript-eslint/require-await
    async call(method, ...args) {
      if (brokenHere ?? !engine) throw new Broken(`${brokenHere?.message ?? ""}; only another thread or worker has a sound core`);
      try {
        return (engine[method] as (...args: unknown[]) => never)(...args);
      } catch (error) {
        const fault = judged(error);
        if (fault instanceof Broken) brokenHere = fault;
        throw fault;
      }
    },
    close: () => {
      if (!brokenHere) engine?.free();
    },
  };
}
