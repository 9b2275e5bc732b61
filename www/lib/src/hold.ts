/** A name that one tab at a time may save under, by Web Locks: the browser lets go of it when the tab ends, however it does. */
import { report, SaddlepointError } from "./error.js";

export type IfBusy = "refuse" | "wait" | "rename";

export interface Held { name: string; release: () => void }

/** What the locks are called before the name. */
const PREFIX = "saddlepoint: ";
/** Names that are tried by `"rename"`. */
const MOST_NAMES = 100;

/** Holds a name, or another if that is wanted. */
export async function hold(name: string, ifBusy: IfBusy, signal: AbortSignal | undefined): Promise<Held> {
  const tries = ifBusy === "rename" ? MOST_NAMES : 1;
  for (let i = 1; i <= tries; i++) {
    const free = i === 1 ? name : `${name} (${i})`;
    const release = await lock(PREFIX + free, ifBusy === "wait" ? { ...(signal ? { signal } : {}) } : { ifAvailable: true });
    if (release) return { name: free, release };
  }
  throw new SaddlepointError(report("state", "autosave-busy", "autosave", {
    expected: `a name that nobody saves under`, got: `${name}, which is saved by another tab or by another call`,
    hint: 'close the other tab, choose another name, or pass ifBusy: "rename" or "wait"',
  }, { name }));
}

/** The names that are held now, by any tab. */
export async function heldNames(): Promise<Set<string>> {
  const { held = [] } = (await (navigator as Partial<Navigator>).locks?.query()) ?? {};
  return new Set(held.map(({ name = "" }) => name).filter((name) => name.startsWith(PREFIX)).map((name) => name.slice(PREFIX.length)));
}

/** Resolves with what lets go of the lock once it is held, with `null` if another holds it. */
function lock(name: string, options: LockOptions): Promise<(() => void) | null> {
  // where pages are served without encryption there are none
  const locks = (navigator as Partial<Navigator>).locks;
  if (!locks) return Promise.resolve(() => undefined);
  return new Promise((resolve, reject) => {
    const ended = locks.request(name, options, (held) => {
      if (!held) {
        resolve(null);
        return undefined;
      }
      return new Promise<void>((release) => resolve(release));
    });
    // a signal that was given up
    ended.catch(reject);
  });
}
