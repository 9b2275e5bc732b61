// Rollup copies no files: the build puts the folder pkg of the package beside this script, which says so
import * as saddlepoint from "saddlepoint/slim";

import { trainInPage } from "./train.js";

const file = (name) => new URL(`./pkg/${name}`, import.meta.url);

saddlepoint.init({
  core: file("saddlepoint_bg.wasm"),
  rest: file("saddlepoint_rest.wasm"),
  images: file("saddlepoint_images_bg.wasm"),
  digits: file("digits.bin"),
  wine: file("wine.bin"),
  worker: new URL("./worker.js", import.meta.url),
});
await trainInPage(saddlepoint);
