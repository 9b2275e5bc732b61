/** What stays in the browser from one visit to the next: the drawings and the model that learnt them. */
import type { Kind } from "./drawings.js";

const CACHE = "teach-by-drawing";

export async function keep(kinds: readonly Kind[], model?: Uint8Array): Promise<void> {
  const cache = await caches.open(CACHE);
  const plain = kinds.map(({ name, drawings }) => ({ name, drawings: drawings.map((pixels) => [...pixels]) }));
  await cache.put("/drawings", new Response(JSON.stringify(plain)));
  if (model) await cache.put("/model", new Response(new Uint8Array(model)));
}

export async function kept(): Promise<{ kinds: Kind[]; model: Uint8Array | undefined } | undefined> {
  const cache = await caches.open(CACHE);
  const [drawings, model] = await Promise.all([cache.match("/drawings"), cache.match("/model")]);
  if (!drawings) return undefined;
  const plain = (await drawings.json()) as { name: string; drawings: number[][] }[];
  return {
    kinds: plain.map(({ name, drawings }) => ({ name, drawings: drawings.map((pixels) => Uint8Array.from(pixels)) })),
    model: model && new Uint8Array(await model.arrayBuffer()),
  };
}

export async function forget(): Promise<void> {
  await caches.delete(CACHE);
}
