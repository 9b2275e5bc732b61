/** A thread of Node, as a browser's worker. */
import { threads } from "./node-threads.js";

const { parentPort } = threads();
const scope = globalThis as unknown as { onmessage?: (event: { data: unknown }) => void; postMessage: unknown };
scope.postMessage = parentPort.postMessage.bind(parentPort);
await import("./all-worker.js");
// messages wait until somebody listens
parentPort.on("message", (data) => scope.onmessage?.({ data }));
