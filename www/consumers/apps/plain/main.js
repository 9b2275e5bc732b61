// the package is served as it is, from the folder beside this page; ?worker=no trains in the page's own thread
import * as saddlepoint from "./saddlepoint/dist/index.js";

import { trainInPage } from "./train.js";

await trainInPage(saddlepoint, new URLSearchParams(location.search).get("worker") === "no" ? { worker: false } : {});
