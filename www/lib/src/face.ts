/**
 * Train real neural networks in a browser tab. `Model` trains, `Landscape` draws the loss of a network with two weights, `Curvature`
 * says where a network of any size stands in its own, `Dataset` is data that a program has, `datasets` those of the package, `codeOf` writes a run down as a program, `readFiles` makes one file of many images, `preload` fetches the core early and starts a worker for it; everything else is their types.
 */
import type { CurvatureStatic, LandscapeStatic, ModelStatic } from "./api.js";
import { Curvature } from "./curvature.js";
import { Landscape } from "./landscape.js";
import { Model } from "./model.js";

export { Dataset } from "./dataset.js";
export { datasets } from "./datasets.js";
export { codeOf } from "./code.js";
export { SaddlepointError } from "./error.js";
export { readFiles } from "./images.js";
export { preload } from "./link.js";
export { Curvature, Landscape, Model };
export type { Arrays, FileLike, ImageOptions, Targets } from "./dataset.js";
export type { Columns, Points } from "./datasets.js";
export type { Picture, PixelData } from "./pixels.js";
export type { NumberArray, TensorLike } from "./tensors.js";
export type * from "./api.js";
export type * from "./types.js";

Model satisfies ModelStatic;
Landscape satisfies LandscapeStatic;
Curvature satisfies CurvatureStatic;
