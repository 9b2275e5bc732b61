/** The compiled core, once per page: workers get the module and need not fetch and compile it again. */

/** The part of Node that is used; asked for at run time, so that bundlers for browsers find nothing to bundle. */
interface NodeProcess {
  versions?: { node?: string };
  getBuiltinModule?(name: "node:fs/promises"): { readFile(url: URL): Promise<Uint8Array<ArrayBuffer>> };
}

const node = (globalThis as { process?: NodeProcess }).process;

export const inNode = node?.versions?.node !== undefined;

let compiling: Promise<WebAssembly.Module> | undefined;

/** The core, compiled. A failure is not remembered: the next call tries again. */
export function compiled(): Promise<WebAssembly.Module> {
  compiling ??= compile().catch((error: unknown) => {
    compiling = undefined;
    throw error;
  });
  return compiling;
}

async function compile(): Promise<WebAssembly.Module> {
  const url = new URL("../pkg/saddlepoint_bg.wasm", import.meta.url);
  const files = inNode && url.protocol === "file:" ? node?.getBuiltinModule?.("node:fs/promises") : undefined;
  if (files) return WebAssembly.compile(await files.readFile(url));
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url.href}: ${String(response.status)} ${response.statusText}`);
  // a server that sends another type than application/wasm makes streaming impossible, nothing else
  if (response.headers.get("Content-Type")?.startsWith("application/wasm")) return WebAssembly.compileStreaming(response);
  return WebAssembly.compile(await response.arrayBuffer());
}
