// The packs that this browser keeps, with or without an engine.

import type { StoreClient } from 'virtual:mixtab-store';
import { MixtabError } from './errors.ts';
import type { Code } from './protocol.ts';
import { openStore } from './store.ts';

/** A pack that this browser knows. */
export interface PackInfo {
  /** URL of its folder; "local:…" of one on this machine. */
  pack: string;
  name: string;
  /** "q4", …; like the two below, empty where the pack does not say. */
  format: string;
  licence: string;
  source: string;
  /**
   * Of a folder on this machine, whether it can be read: "locked" until the user allows it, at
   * each visit. null: the pack comes from the network.
   */
  folder: 'ready' | 'locked' | 'away' | null;
  /** In the browser's storage; of a folder on this machine, what was copied there. */
  storedBytes: number;
  totalBytes: number;
  /** All of it is in the browser's storage: it opens without network and folder. */
  complete: boolean;
  /** Some tab is fetching it. */
  downloading: boolean;
}

/** How far a download or a verification is. */
export interface PackProgress {
  pack: string;
  phase: 'waiting' | 'downloading' | 'verifying' | 'paused';
  doneBytes: number;
  totalBytes: number;
  bytesPerSecond: number;
  /** 0 while nobody can tell. */
  secondsLeft: number;
  /** What will not fit, by the browser's own estimate, which may be far off. */
  shortBytes: number;
  /** This tab does the work; false: another one does. */
  owner: boolean;
}

/** A pack's folder on this machine: a handle of it, or its files, by their paths or with a webkitRelativePath. */
export type PackFolder = FileSystemDirectoryHandle | ReadonlyMap<string, File> | Iterable<File>;

/** What the browser gives this site, by its own estimate, which may be far off. */
export interface StorageInfo {
  quota: number;
  usage: number;
  /** The browser does not delete what is here by itself. */
  persisted: boolean;
  /** Files are kept here at all; not so in private windows of some browsers. */
  keeps: boolean;
}

export interface PackOptions {
  onProgress?: (progress: PackProgress) => void;
  /** Stops the work; what has come stays. */
  signal?: AbortSignal;
}

export class Packs {
  readonly #open: () => StoreClient;
  #opened: StoreClient | undefined;

  constructor(open: () => StoreClient) {
    this.#open = open;
  }

  /** The packs of which something is here, and those in folders that were added. */
  async list(): Promise<PackInfo[]> {
    return ours(this.#store.list());
  }

  /** Adds a pack by its address: fetches what describes it, but no weights. */
  async add(pack: string): Promise<PackInfo> {
    const url = packUrl(pack);
    return ours(this.#store.describe(url));
  }

  /**
   * Adds a pack in a folder on this machine, which is read where it lies. Where it was given as
   * a handle, later visits find it again and need only ask for permission, with allow.
   */
  async addFolder(folder: PackFolder): Promise<PackInfo> {
    return ours(this.#store.lend(isHandle(folder) ? folder : packFiles(folder)));
  }

  /**
   * Has the browser ask the user whether the page may read a folder. Call it in a click's
   * handler. False: it may not, or the folder has to be added again.
   */
  async allow(pack: string): Promise<boolean> {
    return this.#store.allow(packUrl(pack));
  }

  /** What the browser gives this site. */
  async storage(): Promise<StorageInfo> {
    return ours(this.#store.space());
  }

  /** Asks the browser not to delete by itself what is here; tells whether it will not. */
  async persist(): Promise<boolean> {
    return navigator.storage.persist();
  }

  /** Downloads what is missing of a pack; resolves when all of it is here. Goes on where it was paused or cut off. One in a folder is copied. */
  async download(pack: string, { onProgress, signal }: PackOptions = {}): Promise<void> {
    const url = packUrl(pack);
    await ours(this.#store.download(url, onProgress, signal), signal);
  }

  /** Pauses a pack's download, in whichever tab it runs; that download rejects with an AbortError. */
  async pause(pack: string): Promise<void> {
    const url = packUrl(pack);
    await ours(this.#store.pause(url));
  }

  /**
   * Reads all of a pack that is here, and fetches anew what is damaged; tells how many shards
   * that were. Those in a folder are left as they are.
   */
  async verify(
    pack: string,
    { onProgress, signal }: PackOptions = {},
  ): Promise<{ shards: number; damaged: number }> {
    const url = packUrl(pack);
    return ours(this.#store.verify(url, onProgress, signal), signal);
  }

  /** Deletes a pack from this browser; a folder on this machine is only forgotten. */
  async remove(pack: string): Promise<void> {
    const url = packUrl(pack);
    await ours(this.#store.remove(url));
  }

  /** Forgets a conversation that engine.kv has kept, where no engine is open to ask. */
  async forget(key: string): Promise<void> {
    await ours(this.#store.dropCache(key));
  }

  get #store(): StoreClient {
    this.#opened ??= this.#open();
    return this.#opened;
  }
}

/** The packs that this browser keeps. The first call starts a worker. */
export const packs = new Packs(openStore);

const localScheme = 'local:';

/** Whether a pack is in a folder on this machine. */
export function isLocal(pack: string): boolean {
  return pack.startsWith(localScheme);
}

/** The address of a pack's folder, ending in "/". */
export function packUrl(pack: string): string {
  if (isLocal(pack)) return pack.replace(/\/?$/, '/');
  let url: URL;
  try {
    url = new URL(pack, globalThis.location?.href);
  } catch (cause) {
    throw new MixtabError('bad_request', `pack: "${pack}" is not an address`, { cause });
  }
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  return url.href;
}

/** By its shape, as it may come from another frame. */
function isHandle(folder: PackFolder): folder is FileSystemDirectoryHandle {
  return 'kind' in folder && folder.kind === 'directory';
}

/** Files by their paths in the pack's folder, which webkitRelativePath begins with. */
function packFiles(files: ReadonlyMap<string, File> | Iterable<File>): Map<string, File> {
  if (files instanceof Map) return files;
  const all = new Map<string, File>();
  for (const file of files as Iterable<File>) {
    const path = file.webkitRelativePath.split('/').slice(1).join('/') || file.name;
    // Nothing of a pack lies deeper, and whoever chose a wrong folder may have chosen a large one.
    if (/^(shards\/)?[^/]+$/.test(path)) all.set(path, file);
  }
  return all;
}

let asked = false;

/**
 * Asks the browser, once and without waiting, not to delete what an engine's worker stores.
 * Workers may not ask; the store asks where it runs for a page.
 */
export function keepStorage(): void {
  if (asked) return;
  asked = true;
  globalThis.navigator?.storage?.persist?.().catch(() => {});
}

const codes: Record<string, Code> = {
  network: 'network',
  missing: 'bad_pack',
  damaged: 'bad_pack',
  quota: 'storage',
  busy: 'storage',
  unavailable: 'storage',
  deleted: 'storage',
  newer: 'bad_pack',
  empty: 'bad_pack',
  checkpoint: 'bad_pack',
  incomplete: 'folder',
  away: 'folder',
  locked: 'folder',
};

/** Gives the store's errors the codes of everybody else's. */
async function ours<T>(work: Promise<T>, signal?: AbortSignal): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    const { kind, message } = cause as { kind?: string; message: string };
    if (kind === 'cancelled') {
      throw signal?.aborted ? signal.reason : new DOMException('The download was paused.', 'AbortError');
    }
    throw new MixtabError(codes[kind ?? ''] ?? 'internal', message, { cause, reason: kind });
  }
}
