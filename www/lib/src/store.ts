/**
 * Checkpoints in IndexedDB. Each write is one transaction: a checkpoint is there with all its bytes, or not at all. Heads and bytes
 * are kept apart, so that a list costs no bytes.
 */
import { report, SaddlepointError } from "./error.js";
import { openDB, type IDBPDatabase } from "./idb.js";
import type { NamedBytes, ReportMessage } from "./types.js";

const DATABASE = "saddlepoint";
const VERSION = 1;

/** What is known of a checkpoint without its bytes. */
export interface Head {
  name: string;
  /** Grows with every checkpoint of a name. */
  sequence: number;
  /** Step at which it was made, and those of the whole run. */
  step: number;
  steps: number;
  /** Name of the data. */
  data: string;
  /** When it was made, in milliseconds since 1970. */
  time: number;
  /** Its size. */
  bytes: number;
  /** Why it cannot be read, of one that was set aside. */
  damage?: ReportMessage;
}

type Key = [name: string, sequence: number];

let database: Promise<IDBPDatabase> | undefined;

/** The database; a failure is not remembered. */
function opened(): Promise<IDBPDatabase> {
  database ??= open().catch((error: unknown) => {
    database = undefined;
    throw unavailable(error instanceof Error ? error.message : String(error));
  });
  return database;
}

async function open(): Promise<IDBPDatabase> {
  if (typeof indexedDB === "undefined") throw new Error("there is no IndexedDB here");
  const forget = (): void => { database = undefined; };
  const db = await openDB(DATABASE, VERSION, {
    upgrade(fresh) {
      for (const store of ["heads", "aside"]) fresh.createObjectStore(store, { keyPath: ["name", "sequence"] });
      for (const store of ["files", "data"]) fresh.createObjectStore(store);
    },
    // another tab has a newer version of this package, or the visitor deletes what was stored
    blocking: () => {
      forget();
      db.close();
    },
    terminated: forget,
  });
  return db;
}

/** Writes a checkpoint and drops those of the name with the sequences `drop`. Rejects with the `DOMException` of the database. */
export async function put(head: Head, file: Uint8Array, drop: readonly number[]): Promise<void> {
  const db = await opened();
  const change = db.transaction(["heads", "files"], "readwrite", { durability: "strict" });
  const [heads, files] = [change.objectStore("heads"), change.objectStore("files")];
  const done = [
    heads.put(head), files.put(file, [head.name, head.sequence]),
    ...drop.flatMap((sequence) => [heads.delete([head.name, sequence]), files.delete([head.name, sequence])]),
  ];
  // a tab that is closed now has said all that is needed
  change.commit();
  await Promise.all([...done, change.done]);
}

/** Drops checkpoints of a name, and all that was set aside. */
export async function drop(name: string, sequences: readonly number[]): Promise<void> {
  const change = (await opened()).transaction(["heads", "files", "aside"], "readwrite");
  const keys: Key[] = sequences.map((sequence) => [name, sequence]);
  await Promise.all([
    ...keys.flatMap((key) => [change.objectStore("heads").delete(key), change.objectStore("files").delete(key)]),
    change.objectStore("aside").clear(), change.done,
  ]);
}

/** The heads of a name, the newest first, or of all names. */
export async function heads(name?: string): Promise<Head[]> {
  const found = await (await opened()).getAll("heads", name === undefined ? undefined : ofName(name)) as Head[];
  return found.reverse();
}

/** The bytes of a checkpoint. */
export async function fileOf({ name, sequence }: Head): Promise<Uint8Array | undefined> {
  const file = await (await opened()).get("files", [name, sequence] satisfies Key) as unknown;
  return file instanceof Uint8Array ? file : undefined;
}

/** Moves a checkpoint that cannot be read out of the way. */
export async function setAside(head: Head, damage: ReportMessage): Promise<void> {
  const change = (await opened()).transaction(["heads", "files", "aside"], "readwrite");
  const [key, files] = [[head.name, head.sequence] satisfies Key, change.objectStore("files")];
  const file = await files.get(key) as unknown;
  await Promise.all([
    change.objectStore("aside").put({ ...head, damage, file }), change.objectStore("heads").delete(key), files.delete(key), change.done,
  ]);
}

/** What was set aside, of a name or of all. */
export async function aside(name?: string): Promise<(Head & { file?: Uint8Array })[]> {
  return await (await opened()).getAll("aside", name === undefined ? undefined : ofName(name)) as (Head & { file?: Uint8Array })[];
}

/** Keeps the data files of a run. */
export async function putData(name: string, files: NamedBytes[]): Promise<void> {
  await (await opened()).put("data", files, name);
}

/** The data files that were kept. */
export async function dataOf(name: string): Promise<NamedBytes[]> {
  return (await (await opened()).get("data", name) as NamedBytes[] | undefined) ?? [];
}

/** Removes all of a name. */
export async function removeAll(name: string): Promise<void> {
  const change = (await opened()).transaction(["heads", "files", "aside", "data"], "readwrite");
  const range = ofName(name);
  await Promise.all([...["heads", "files", "aside"].map((store) => change.objectStore(store).delete(range)), change.objectStore("data").delete(name), change.done]);
}

function ofName(name: string): IDBKeyRange {
  return IDBKeyRange.bound([name], [name, []]);
}

/** What is said where nothing can be stored. */
export function unavailable(got: string): SaddlepointError {
  return new SaddlepointError(report("state", "autosave-unavailable", "autosave", {
    expected: "a browser that lets this page store data", got, hint: "allow it for this site, leave private browsing, or keep files of save()",
  }, { got }));
}
