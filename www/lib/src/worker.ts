/** A worker that holds one core. Its first message is the compiled module, all others are requests. */
import { Engine, judged } from "./engine.js";
import { Broken } from "./error.js";
import { buffers, type Reply, type Request, type Start } from "./protocol.js";

const scope = globalThis as unknown as {
  onmessage: (event: MessageEvent<Start | Request>) => void;
  postMessage(reply: Reply, transfer: ArrayBuffer[]): void;
};

let engine: Engine | undefined;

scope.onmessage = ({ data }) => {
  if ("module" in data) {
    engine = new Engine(data.module, true);
    return;
  }
  const reply = answer(data);
  scope.postMessage(reply, buffers(reply));
};

function answer({ id, method, args }: Request): Reply {
  try {
    if (!engine) throw new Broken("a request came before the core");
    const value = (engine[method] as (...args: unknown[]) => unknown)(...args);
    const snapshot = engine.takeSnapshot();
    return snapshot ? { id, ok: true, value, snapshot } : { id, ok: true, value };
  } catch (error) {
    const fault = judged(error);
    return fault instanceof Broken ? { id, ok: false, broken: fault.message } : { id, ok: false, report: fault.report };
  }
}
