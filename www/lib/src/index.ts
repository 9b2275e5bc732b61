/** Train real neural networks in a browser tab. `Model` is the whole package; everything else is its types. */
import type { ModelStatic } from "./api.js";
import { Model } from "./model.js";

export { SaddlepointError } from "./error.js";
export { Model };
export type * from "./api.js";
export type * from "./types.js";

Model satisfies ModelStatic;
