/**
 * `saddlepoint/fast`: the same package, but `Model` trains by relaxed SIMD, whose fused multiply-add rounds once where the usual
 * build rounds twice. **Not bit-reproducible**: the last bits of every sum, and with them the run, depend on the machine. So
 * `info.reproducible` is false, a run hash begins with `fast-` and is that of no other run, and a link that replays a run does not
 * replay this one. Landscapes and curvature, which judge in f64, are the usual ones.
 *
 * It is fetched only where the engine accepts it. Elsewhere `Model` is that of `saddlepoint`, reproducible, and its first progress says so
 * in a report of code `fast-unavailable`.
 */
import type { ModelStatic } from "./api.js";
import { report } from "./error.js";
import type { Place } from "./link.js";
import { Model as Usual, type Build } from "./model.js";
import { compile, once } from "./wasm.js";

/** A module of one function, `f32x4.relaxed_madd` of its arguments. */
const PROBE = Uint8Array.of(
  0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, // magic, version
  0x01, 0x08, 0x01, 0x60, 0x03, 0x7b, 0x7b, 0x7b, 0x01, 0x7b, // one type: three vectors to one
  0x03, 0x02, 0x01, 0x00, // one function of it
  0x0a, 0x0d, 0x01, 0x0b, 0x00, 0x20, 0x00, 0x20, 0x01, 0x20, 0x02, 0xfd, 0x85, 0x02, 0x0b, // its code
);

/** Whether this engine has relaxed SIMD. */
export const relaxedSimd = WebAssembly.validate(PROBE);

const PLACE: Place = {
  compiled: once(() => compile(new URL("../pkg/saddlepoint_fast_bg.wasm", import.meta.url))),
  worker: () => new Worker(new URL("./fast-worker.js", import.meta.url), { type: "module" }),
  here: async (module) => {
    const [{ Engine }, { glue }] = await Promise.all([import("./engine.js"), import("./fast-glue.js")]);
    return new Engine(glue, module, false);
  },
};

const UNAVAILABLE = report("internal", "fast-unavailable", "saddlepoint/fast", {
  expected: "an engine with relaxed SIMD", got: "one without", hint: "the usual build trains instead, a little slower and bit-reproducible",
});

class Fast extends Usual {
  protected static override readonly build: Build = relaxedSimd ? { place: PLACE } : { notice: UNAVAILABLE };
}

export * from "./index.js";
export { Fast as Model };

Fast satisfies ModelStatic;
