// Folders as browsers hand them over: by a picker, by an input, or dropped.

import type { PackFolder } from '../../lib/src/index.ts';

/** What Chromium has and TypeScript's own types lack. */
interface Picker {
  showDirectoryPicker(options: { id: string; mode: 'read' }): Promise<FileSystemDirectoryHandle>;
}
interface HandleItem {
  getAsFileSystemHandle(): Promise<FileSystemHandle | null>;
}

/** Whether this browser gives handles of folders, which are found again at the next visit. */
export function hasPicker(): boolean {
  return 'showDirectoryPicker' in window;
}

/** The folder that the visitor picks; undefined where they pick none. Call it in a click's handler. */
export async function pickFolder(): Promise<FileSystemDirectoryHandle | undefined> {
  try {
    return await (window as unknown as Picker).showDirectoryPicker({ id: 'mixtab-pack', mode: 'read' });
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') return undefined;
    throw error;
  }
}

/** The first folder that was dropped; undefined where none was. Call it before anything is awaited. */
export async function droppedFolder(items: Iterable<DataTransferItem>): Promise<PackFolder | undefined> {
  // All at once: a DataTransfer is empty after its event.
  const dropped = [...items].filter(({ kind }) => kind === 'file').map(open);
  for (const { handle, entry } of dropped) {
    const folder = await handle;
    if (folder?.kind === 'directory') return folder as FileSystemDirectoryHandle;
    if (entry?.isDirectory) return filesBelow(entry as FileSystemDirectoryEntry);
  }
  return undefined;
}

function open(item: DataTransferItem): {
  handle: Promise<FileSystemHandle | null> | undefined;
  entry: FileSystemEntry | null;
} {
  const { getAsFileSystemHandle } = item as unknown as Partial<HandleItem>;
  return { handle: getAsFileSystemHandle?.call(item), entry: item.webkitGetAsEntry() };
}

/** The files of a folder and of its folder "shards", by their paths; a pack has no others. */
async function filesBelow(folder: FileSystemDirectoryEntry): Promise<Map<string, File>> {
  const files = new Map<string, File>();
  for (const entry of await entriesOf(folder)) {
    if (entry.isFile) files.set(entry.name, await fileOf(entry as FileSystemFileEntry));
    if (!entry.isDirectory || entry.name !== 'shards') continue;
    for (const shard of await entriesOf(entry as FileSystemDirectoryEntry)) {
      if (shard.isFile) files.set(`shards/${shard.name}`, await fileOf(shard as FileSystemFileEntry));
    }
  }
  return files;
}

/** A reader gives some hundred entries at a time, and none at the end. */
async function entriesOf(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (some.length === 0) return all;
    all.push(...some);
  }
}

function fileOf(entry: FileSystemFileEntry): Promise<File> {
  return new Promise((resolve, reject) => entry.file(resolve, reject));
}
