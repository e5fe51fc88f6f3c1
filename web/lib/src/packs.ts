// The packs that this browser keeps, with or without an engine.

import type { StoreClient } from 'virtual:mixtab-store';
import { MixtabError } from './errors.ts';
import type { Code } from './protocol.ts';
import { openStore } from './store.ts';

/** A pack of which something is here. */
export interface PackInfo {
  /** URL of its folder. */
  pack: string;
  name: string;
  storedBytes: number;
  totalBytes: number;
  /** All of it is here: it opens without a network. */
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

  /** The packs of which something is here. */
  async list(): Promise<PackInfo[]> {
    return ours(this.#store.list());
  }

  /** Downloads what is missing of a pack; resolves when all of it is here. Goes on where it was paused or cut off. */
  async download(pack: string, { onProgress, signal }: PackOptions = {}): Promise<void> {
    const url = packUrl(pack);
    await ours(this.#store.download(url, onProgress, signal), signal);
  }

  /** Pauses a pack's download, in whichever tab it runs; that download rejects with an AbortError. */
  async pause(pack: string): Promise<void> {
    const url = packUrl(pack);
    await ours(this.#store.pause(url));
  }

  /** Reads all of a pack that is here, and fetches anew what is damaged; tells how many shards that were. */
  async verify(
    pack: string,
    { onProgress, signal }: PackOptions = {},
  ): Promise<{ shards: number; damaged: number }> {
    const url = packUrl(pack);
    return ours(this.#store.verify(url, onProgress, signal), signal);
  }

  /** Deletes a pack from this browser. */
  async remove(pack: string): Promise<void> {
    const url = packUrl(pack);
    await ours(this.#store.remove(url));
  }

  get #store(): StoreClient {
    this.#opened ??= this.#open();
    return this.#opened;
  }
}

/** The packs that this browser keeps. The first call starts a worker. */
export const packs = new Packs(openStore);

/** The address of a pack's folder, ending in "/". */
export function packUrl(pack: string): string {
  let url: URL;
  try {
    url = new URL(pack, globalThis.location?.href);
  } catch (cause) {
    throw new MixtabError('bad_request', `pack: "${pack}" is not an address`, { cause });
  }
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  return url.href;
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
    throw new MixtabError(codes[kind ?? ''] ?? 'internal', message, { cause });
  }
}
