/** What a worker does: its first message is the compiled module, all others are requests. */
import { provideRest } from "../pkg/saddlepoint_rest.js";
import { ask, judged, type Core, type CoreName } from "./core.js";
import { Broken } from "./error.js";
import { buffers, type Reply, type Request, type Start } from "./protocol.js";

const scope = globalThis as unknown as {
  onmessage: (event: MessageEvent<Start | Request>) => void;
  postMessage(reply: Reply, transfer: ArrayBuffer[]): void;
};

export function serve(make: (module: WebAssembly.Module, face: CoreName) => Core): void {
  let core: Core | undefined;
  let held: Promise<void> | undefined;
  const respond = (request: Request): void => {
    const reply = answer(core, request);
    scope.postMessage(reply, buffers(reply));
  };
  scope.onmessage = ({ data }) => {
    if ("module" in data) {
      if (data.rest) provideRest(data.rest);
      const { lock } = data;
      if (lock !== undefined) {
        held = new Promise((done) => {
          void navigator.locks.request(lock, () => {
            scope.postMessage({ held: lock }, []);
            done();
            return new Promise(() => undefined);
          });
        });
      }
      core = make(data.module, data.face);
      return;
    }
    // nothing is answered before the page can notice an end
    if (held) void held.then(() => respond(data));
    else respond(data);
  };
}

function answer(core: Core | undefined, { id, method, args }: Request): Reply {
  try {
    if (!core) throw new Broken("a request came before the core");
    const value = ask(core, method, args);
    const snapshot = core.takeSnapshot();
    return snapshot ? { id, ok: true, value, snapshot } : { id, ok: true, value };
  } catch (error) {
    const fault = judged(error);
    return fault instanceof Broken ? { id, ok: false, broken: fault.message } : { id, ok: false, report: fault.report };
  }
}
