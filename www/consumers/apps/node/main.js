import * as saddlepoint from "saddlepoint";

import { train } from "./train.js";

// in this thread, then in one of its own
const results = [await train(saddlepoint), await train(saddlepoint, { worker: true })];
console.log(JSON.stringify(results));
