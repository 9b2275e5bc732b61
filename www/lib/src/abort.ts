/** Rejects as soon as `signal` says so; what comes too late is handed to `drop`. */
export async function untilAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined, drop?: (value: T) => void): Promise<T> {
  if (!signal) return promise;
  let stop: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => {
      reject(signal.reason instanceof Error ? signal.reason : new DOMException("aborted", "AbortError"));
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
