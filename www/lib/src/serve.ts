/** What a worker does: it holds its lock, then takes the compiled module; all other messages are requests. */
import { provideRest } from "../pkg/saddlepoint_rest.js";
import { ask, judged, type Core, type CoreName } from "./core.js";
import { Broken } from "./error.js";
import { buffers, type Hold, type Reply, type Request, type Start } from "./protocol.js";

const scope = globalThis as unknown as {
  onmessage: (event: MessageEvent<Hold | Start | Request>) => void;
  postMessage(reply: Reply, transfer: ArrayBuffer[]): void;
};

export function serve(make: (module: WebAssembly.Module, face: CoreName) => Core): void {
  let core: Core | undefined;
  let held: Promise<void> | undefined;
  scope.onmessage = ({ data }) => {
    if ("lock" in data) {
      held = new Promise((done) => {
        void navigator.locks.request(data.lock, () => {
          scope.postMessage({ held: data.lock }, []);
          done();
          return new Promise(() => undefined);
        });
      });
    } else if ("module" in data) {
      if (data.rest) provideRest(data.rest);
      core = make(data.module, data.face);
    } else {
      const reply = answer(core, data);
      const send = (): void => scope.postMessage(reply, buffers(reply));
      // nothing is answered before the page can notice an end
      if (held) void held.then(send);
      else send();
    }
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
