/** Work that waits for all other. */

/** Does `task` once nothing else waits for the thread. The result calls it off. */
export function whenIdle(task: () => void): () => void {
  // not in all engines
  const { scheduler } = globalThis as { scheduler?: Scheduler };
  if (scheduler) {
    const controller = new AbortController();
    scheduler.postTask(task, { priority: "background", signal: controller.signal }).catch(() => undefined);
    return () => { controller.abort(); };
  }
  const timer = setTimeout(task);
  return () => { clearTimeout(timer); };
}
