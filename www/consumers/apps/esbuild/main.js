// esbuild follows no new URL(..., import.meta.url): its loader "file" copies what is imported and gives the address of the copy
import * as saddlepoint from "saddlepoint/slim";
import breastCancer from "saddlepoint/breast_cancer.bin";
import core from "saddlepoint/core.wasm";
import digits from "saddlepoint/digits.bin";
import images from "saddlepoint/images.wasm";
import rest from "saddlepoint/rest.wasm";
import wine from "saddlepoint/wine.bin";

import { trainInPage } from "./train.js";

// the worker is an entry point of its own, beside this one
saddlepoint.init({ core, rest, images, digits, wine, breastCancer, worker: new URL("./worker.js", import.meta.url) });
await trainInPage(saddlepoint);
