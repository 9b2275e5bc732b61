import * as saddlepoint from "saddlepoint";

import { trainInPage } from "./train.js";

await trainInPage(saddlepoint);
