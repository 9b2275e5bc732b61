/** The way to a core: a worker of its own, or this very thread. */
import { ask, judged, type Core, type CoreName, type Cores } from "./core.js";
import { Broken, report, SaddlepointError } from "./error.js";
import type { Hold, Reply, Request, Start } from "./protocol.js";
import { compiledCore, compiledRest, inNode, laterRest, newWorker, packedBytes, packedSet, usesWorker } from "./wasm.js";

export type Asked<C> = C extends (...args: infer A) => unknown ? A : never;
export type Answered<C> = C extends (...args: never) => infer R ? R : never;

export interface Link<N extends CoreName> {
  /** Rejects with a `SaddlepointError`, or with `Broken` if the core is of no use any more. */
  call<M extends keyof Cores[N]>(method: M, ...args: Asked<Cores[N][M]>): Promise<Answered<Cores[N][M]>>;
  /** The run as a file, as it was a little while ago; to go back to. */
  readonly snapshot: Uint8Array | undefined;
  /** Ends the core. What was asked and is not answered rejects. */
  close(): void;
}

/** How a core is made in a worker and in this thread, for which its face is fetched only then. */
export interface Place {
  /** Its module, if it is not that of all. */
  compiled?: () => Promise<WebAssembly.Module>;
  worker: () => Worker;
  here: (module: WebAssembly.Module) => Promise<Core>;
}

const PLACES: Record<CoreName, Place> = {
  training: {
    worker: () => newWorker("training"),
    here: async (module) => {
      const [{ Engine }, { glue }] = await Promise.all([import("./engine.js"), import("./glue.js")]);
      return new Engine(glue, module, false);
    },
  },
  landscape: {
    worker: () => newWorker("landscape"),
    here: async (module) => new (await import("./lab.js")).Lab(module),
  },
  curvature: {
    worker: () => newWorker("curvature"),
    here: async (module) => new (await import("./curvature-core.js")).CurvatureCore(module),
  },
};

/** Workers that `preload` has started and nobody has taken yet. */
const early = new Map<CoreName, Promise<Link<CoreName>>>();

/**
 * Opens a way to a new core. In a browser that is a worker, unless `worker` says otherwise. `set`: the data it will be asked
 * about, if that is known; a file of theirs is then fetched together with the core. `whole`: it will need the core's rest. `place`: of
 * another build of it, which has no rest.
 */
export async function openLink<N extends CoreName>(name: N, worker: boolean | undefined, set?: string, whole = false, place: Place = PLACES[name]): Promise<Link<N>> {
  const expected = packedSet(set);
  // a failure is told when the core asks for the set
  const fetched = expected && packedBytes(expected).catch(() => undefined);
  const inWorker = usesWorker(worker);
  const started = inWorker && !whole && !place.compiled ? early.get(name) : undefined;
  if (started) early.delete(name);
  let link: Link<CoreName>;
  try {
    link = await (started ?? begun(name, inWorker, whole, place));
  } catch (error) {
    throw notLoaded(error);
  }
  const packed = await fetched;
  // a new core has no sets: it would ask for this one, and what it was asked would begin anew
  if (expected && packed && inWorker) link.call("provide", expected, packed).catch(() => undefined);
  return supplied(link as Link<N>);
}

async function begun<N extends CoreName>(name: N, inWorker: boolean, whole: boolean, place: Place): Promise<Link<N>> {
  // its script comes while the core is compiled
  const there = inWorker ? new WorkerLink<N>(place.worker()) : undefined;
  try {
    // a page's own thread may not wait for a file
    const getRest = whole || !(inWorker || inNode) ? compiledRest : laterRest;
    const [module, rest] = await Promise.all([(place.compiled ?? compiledCore)(), place.compiled ? undefined : getRest()]);
    const start: Start = { face: name, module, ...(rest ? { rest } : {}) };
    there?.begin(start);
    return there ?? (await localLink<N>(place, start));
  } catch (error) {
    there?.close();
    throw error;
  }
}

/**
 * Fetches and compiles the core, so that the first model or landscape that is made later need not wait for it. `first`: which of
 * them it will be; the worker for it is then started too, where there are workers. `set`: the data it will be of, by their `type`;
 * those in a file of the package are fetched too.
 */
export async function preload(first?: "training" | "landscape", set?: string): Promise<void> {
  const expected = packedSet(set);
  try {
    if (first && usesWorker(undefined) && !early.has(first)) early.set(first, begun(first, true, false, PLACES[first]));
    await Promise.all([first && early.get(first), compiledCore(), expected && packedBytes(expected).catch(() => undefined)]);
  } catch (error) {
    // the next question tries again
    if (first) early.delete(first);
    throw notLoaded(error);
  }
}

function notLoaded(error: unknown): SaddlepointError {
  return new SaddlepointError(failure("core-not-loaded", "the compiled core", error, "reload, or check that the files of pkg are served beside the scripts"));
}

/** The same way, on which a core that asks for a packed set is given it, and then asked again. */
function supplied<N extends CoreName>(link: Link<N>): Link<N> {
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
        await (link as Link<CoreName>).call("provide", set, packed);
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

/** None where pages are served without encryption, nor in Node. */
const locks = (globalThis.navigator as Partial<Navigator> | undefined)?.locks;

interface Waiting { resolve: (value: never) => void; reject: (reason: Error) => void }

class WorkerLink<N extends CoreName> implements Link<N> {
  snapshot: Uint8Array | undefined;
  private readonly waiting = new Map<number, Waiting>();
  private count = 0;
  /** Why nothing is answered any more. */
  private over: Error | undefined;

  constructor(private readonly worker: Worker) {
    this.worker.onmessage = ({ data }: MessageEvent<Reply>) => this.take(data);
    this.worker.onerror = (event) => {
      event.preventDefault();
      this.end(new Broken(event.message || "the worker could not be loaded"));
    };
    if (locks) this.worker.postMessage({ lock: crypto.randomUUID() } satisfies Hold);
  }

  begin(start: Start): void {
    this.worker.postMessage(start);
  }

  call<M extends keyof Cores[N]>(method: M, ...args: Asked<Cores[N][M]>): Promise<Answered<Cores[N][M]>> {
    if (this.over) return Promise.reject(this.over);
    const id = this.count++;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.worker.postMessage({ id, method: String(method), args } satisfies Request);
    });
  }

  close(): void {
    this.end(disposed());
  }

  private take(reply: Reply): void {
    if ("held" in reply) {
      void locks?.request(reply.held, () => this.end(new Broken("the worker was ended")));
      return;
    }
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
    this.over ??= reason;
    this.worker.terminate();
    for (const { reject } of this.waiting.values()) reject(reason);
    this.waiting.clear();
  }
}

/**
 * The memory of a core in this thread is shared by all that is done with it: once it broke, nothing of that can be trusted. By the
 * module, undefined for that of all.
 */
const brokenHere = new Map<Place["compiled"], Broken>();

async function localLink<N extends CoreName>(place: Place, { module, rest }: Start): Promise<Link<N>> {
  if (rest) (await import("../pkg/saddlepoint_rest.js")).provideRest(rest);
  const own = place.compiled;
  const core = brokenHere.has(own) ? undefined : await place.here(module);
  let snapshot: Uint8Array | undefined;
  return {
    get snapshot() { return snapshot; },
    // async, so that what is thrown rejects
    // eslint-disable-next-line @typescript-eslint/require-await
    async call(method, ...args) {
      if (!core || brokenHere.has(own)) {
        throw new Broken(`${brokenHere.get(own)?.message ?? ""}; only another thread or worker has a sound core`);
      }
      try {
        const answer = ask(core, String(method), args) as never;
        snapshot = core.takeSnapshot() ?? snapshot;
        return answer;
      } catch (error) {
        const fault = judged(error);
        if (fault instanceof Broken) brokenHere.set(own, fault);
        throw fault;
      }
    },
    close: () => {
      if (!brokenHere.has(own)) core?.free();
    },
  };
}
