/** The part of Node's threads that is used; asked for at run time, as its files are (wasm.ts). */
export interface Port {
  on(event: "message" | "error", listener: (value: unknown) => void): void;
  postMessage(message: unknown, transfer?: readonly ArrayBuffer[]): void;
  ref(): void;
  unref(): void;
  terminate(): Promise<number>;
}

interface Threads { Worker: new (script: URL, options: { execArgv: string[] }) => Port; parentPort: Port }

export function threads(): Threads {
  return (globalThis as unknown as { process: { getBuiltinModule(name: "node:worker_threads"): Threads } }).process.getBuiltinModule("node:worker_threads");
}
