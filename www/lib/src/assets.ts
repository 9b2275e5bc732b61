/** Where the files and workers of the package are: beside this script. Bundlers look for these very expressions. */
import { provide } from "./wasm.js";

provide(
  {
    core: new URL("../pkg/saddlepoint_bg.wasm", import.meta.url),
    rest: new URL("../pkg/saddlepoint_rest.wasm", import.meta.url),
    images: new URL("../pkg/saddlepoint_images_bg.wasm", import.meta.url),
    digits: new URL("../pkg/digits.bin", import.meta.url),
    wine: new URL("../pkg/wine.bin", import.meta.url),
    breastCancer: new URL("../pkg/breast_cancer.bin", import.meta.url),
  },
  {
    training: () => new Worker(new URL("./worker.js", import.meta.url), { type: "module" }),
    landscape: () => new Worker(new URL("./lab-worker.js", import.meta.url), { type: "module" }),
    curvature: () => new Worker(new URL("./curvature-worker.js", import.meta.url), { type: "module" }),
    images: () => new Worker(new URL("./images-worker.js", import.meta.url), { type: "module" }),
  },
);
