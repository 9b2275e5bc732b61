/** What the core that trains exports. The script beside a module holds one instance of it in a thread. */
import { activationCurve, initSync, provideSet, Session, Store } from "../pkg/saddlepoint.js";

export interface Glue {
  activationCurve: typeof activationCurve;
  initSync: (from: { module: WebAssembly.Module }) => { memory: WebAssembly.Memory };
  provideSet: typeof provideSet;
  Session: typeof Session;
  Store: typeof Store;
}
export const glue: Glue = { activationCurve, initSync, provideSet, Session, Store };
