import { Aborted } from "./error.js";

/** Refuses to begin what is aborted already. */
export function checkSignal(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new Aborted(signal);
}

/** Rejects as soon as `signal` says so; what comes too late is handed to `drop`. */
export async function untilAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined, drop?: (value: T) => void): Promise<T> {
  if (!signal) return promise;
  let stop: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => {
      reject(new Aborted(signal));
      if (drop) void promise.then(drop, () => undefined);
    };
    signal.addEventListener("abort", stop);
    if (signal.aborted) stop();
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    if (stop) signal.removeEventListener("abort", stop);
  }
}
