/** Files of a drop, those inside dropped folders too, each with its path: the folder of an image is its class. */

/** Files that systems put into folders by themselves. */
const STRANGE = /^(\..*|thumbs\.db|desktop\.ini)$/i;
/** More than this no data set has; a home folder that was dropped by mistake is not read to its end. */
const MOST = 60_000;

const paths = new WeakMap<File, string>();

/** Where a file stands, from the folder that was dropped or chosen: `cats/1.png`; its name alone without one. */
export function pathOf(file: File): string {
  return paths.get(file) ?? (file.webkitRelativePath === "" ? file.name : file.webkitRelativePath);
}

/** Without what no person put there. */
export function usual(files: readonly File[]): File[] {
  return files.filter((file) => !pathOf(file).split("/").some((part) => STRANGE.test(part)));
}

/** What was dropped. Call it at once: the transfer is empty when the event is over. */
export async function filesOfDrop(transfer: DataTransfer): Promise<File[]> {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry());
  if (!entries.some((entry) => entry?.isDirectory)) return [...transfer.files];
  const found: File[] = [];
  for (const entry of entries) if (entry) await collect(entry, found);
  return usual(found);
}

async function collect(entry: FileSystemEntry, found: File[]): Promise<void> {
  if (found.length >= MOST || STRANGE.test(entry.name)) return;
  if (isFile(entry)) {
    const file = await new Promise<File>((resolve, reject) => { entry.file(resolve, reject); });
    paths.set(file, entry.fullPath.replace(/^\//, ""));
    found.push(file);
  } else if (isFolder(entry)) {
    const reader = entry.createReader();
    // a reader gives its entries in pieces, the last of which is empty
    for (;;) {
      const piece = await new Promise<FileSystemEntry[]>((resolve, reject) => { reader.readEntries(resolve, reject); });
      if (piece.length === 0) return;
      for (const one of piece) await collect(one, found);
    }
  }
}

function isFile(entry: FileSystemEntry): entry is FileSystemFileEntry {
  return entry.isFile;
}

function isFolder(entry: FileSystemEntry): entry is FileSystemDirectoryEntry {
  return entry.isDirectory;
}
