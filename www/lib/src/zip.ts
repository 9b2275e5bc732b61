/** Zip archives, as NPZ files are: written stored, read stored or deflated (PKWARE APPNOTE 6.3, sections 4.3.7 to 4.3.16). */
export interface Entry { name: string; bytes: Uint8Array<ArrayBuffer> }

const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
/** Most bytes of the comment that may follow the end. */
const MOST_COMMENT = 0xffff;

function crc32(bytes: Uint8Array): number {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return ~crc >>> 0;
}

/** Numbers of two and of four bytes, one after the other. */
function record(...fields: [value: number, bytes: 2 | 4][]): Uint8Array<ArrayBuffer> {
  const view = new DataView(new ArrayBuffer(fields.reduce((sum, [, bytes]) => sum + bytes, 0)));
  let at = 0;
  for (const [value, bytes] of fields) {
    if (bytes === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
    at += bytes;
  }
  return new Uint8Array(view.buffer);
}

/** The bytes of all parts, one after the other. */
export function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** An archive of these files, not compressed. */
export function zipped(entries: readonly Entry[]): Uint8Array<ArrayBuffer> {
  const [files, directory]: [Uint8Array[], Uint8Array[]] = [[], []];
  let at = 0;
  for (const { name, bytes } of entries) {
    const label = new TextEncoder().encode(name);
    // version 2.0, names in UTF-8, stored, 1 January 1980
    const about: [number, 2 | 4][] = [[20, 2], [0x800, 2], [0, 2], [0, 2], [33, 2], [crc32(bytes), 4], [bytes.length, 4], [bytes.length, 4], [label.length, 2], [0, 2]];
    files.push(record([LOCAL, 4], ...about), label, bytes);
    directory.push(record([CENTRAL, 4], [20, 2], ...about, [0, 2], [0, 2], [0, 2], [0, 4], [at, 4]), label);
    at += 30 + label.length + bytes.length;
  }
  const list = joined(directory);
  return joined([...files, list, record([END, 4], [0, 2], [0, 2], [entries.length, 2], [entries.length, 2], [list.length, 4], [at, 4], [0, 2])]);
}

/** The files of an archive. Rejects with what is wrong with it. */
export async function unzipped(archive: Uint8Array): Promise<Entry[]> {
  const view = new DataView(archive.buffer, archive.byteOffset, archive.byteLength);
  let end = archive.length - 22;
  while (end >= 0 && end > archive.length - 22 - MOST_COMMENT && view.getUint32(end, true) !== END) end--;
  if (end < 0 || view.getUint32(end, true) !== END) throw new Error("the archive has no end");
  const entries: Entry[] = [];
  let at = view.getUint32(end + 16, true);
  for (let i = view.getUint16(end + 10, true); i > 0; i--) {
    if (view.getUint32(at, true) !== CENTRAL) throw new Error("the list of the archive is damaged");
    const [method, crc, size] = [view.getUint16(at + 10, true), view.getUint32(at + 16, true), view.getUint32(at + 20, true)];
    const [label, extra, comment, place] = [view.getUint16(at + 28, true), view.getUint16(at + 30, true), view.getUint16(at + 32, true), view.getUint32(at + 42, true)];
    const name = new TextDecoder().decode(archive.subarray(at + 46, at + 46 + label));
    if (view.getUint32(place, true) !== LOCAL) throw new Error(`${name} is not where the list has it`);
    const start = place + 30 + view.getUint16(place + 26, true) + view.getUint16(place + 28, true);
    const packed = archive.slice(start, start + size);
    if (method !== 0 && method !== 8) throw new Error(`${name} is compressed by method ${method}`);
    const bytes = method === 0 ? packed : await inflated(packed);
    if (crc32(bytes) !== crc) throw new Error(`the checksum of ${name} differs`);
    entries.push({ name, bytes });
    at += 46 + label + extra + comment;
  }
  return entries;
}

async function inflated(packed: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
