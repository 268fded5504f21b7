/** Files out of a drop or a file input: folders are walked, pictures are told from other files by their first bytes' type. */

export interface FoundFiles {
  pictures: File[];
  /** Names of files that are no pictures, so that people learn why they are missing. */
  others: string[];
}

const maxFiles = 5_000;

export async function filesOfDrop(data: DataTransfer): Promise<FoundFiles> {
  // Entries must be taken synchronously: the list is emptied when the event handler returns.
  const entries = [...data.items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  if (entries.length === 0) return sortOut([...data.files]);
  const files: File[] = [];
  const unreadable: string[] = [];
  for (const entry of entries) await walk(entry, files, unreadable);
  const found = sortOut(files);
  return { ...found, others: [...found.others, ...unreadable] };
}

export function sortOut(files: readonly File[]): FoundFiles {
  const pictures: File[] = [];
  const others: string[] = [];
  for (const file of files.slice(0, maxFiles)) {
    if (isHidden(file.name)) continue;
    if (isPicture(file)) pictures.push(file);
    else others.push(file.name);
  }
  pictures.sort((a, b) => a.name.localeCompare(b.name, "en", { numeric: true }));
  return { pictures, others };
}

export function isPicture(file: Pick<File, "type" | "name">): boolean {
  if (file.type !== "") return file.type === "image/jpeg" || file.type === "image/png";
  return /\.(jpe?g|png)$/i.test(file.name);
}

/** `.DS_Store`, `Thumbs.db`: nobody meant to drop those. */
function isHidden(name: string): boolean {
  return name.startsWith(".") || name.toLowerCase() === "thumbs.db" || name.toLowerCase() === "desktop.ini";
}

export function mediaTypeOf(file: Pick<File, "type" | "name">): "image/jpeg" | "image/png" {
  return file.type === "image/png" || (file.type === "" && /\.png$/i.test(file.name)) ? "image/png" : "image/jpeg";
}

/** One file or folder that can't be read (rights, a link to nowhere) must not lose the others. */
async function walk(entry: FileSystemEntry, files: File[], unreadable: string[]): Promise<void> {
  try {
    await walkInto(entry, files, unreadable);
  } catch {
    unreadable.push(entry.name);
  }
}

async function walkInto(entry: FileSystemEntry, files: File[], unreadable: string[]): Promise<void> {
  if (files.length >= maxFiles || isHidden(entry.name)) return;
  if (entry.isFile) {
    files.push(await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject)));
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  for (;;) {
    // A reader gives at most 100 entries a call; an empty answer is the end.
    const batch = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (batch.length === 0) return;
    for (const inner of batch) await walk(inner, files, unreadable);
  }
}
