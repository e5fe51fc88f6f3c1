// @ts-check
// The browser's weight store: packs in the origin private file system (OPFS), downloaded,
// verified, and read in pieces. This side runs in any window or worker; the work is done in
// dedicated workers (worker/main.js), as OPFS has synchronous file handles only there and
// nothing may block the thread that Go runs on.
//
// An ordinary module. It installs itself as globalThis.mixtabStore for Go.

import { kept } from './folders.js';
import { StoreError } from './worker/errors.js';

export { StoreError };

/**
 * @typedef {{manifest: Uint8Array<ArrayBuffer>, storedBytes: number, totalBytes: number,
 *   complete: boolean, persistent: boolean, offline: boolean}} Opened
 *   persistent: shards are kept by this browser; offline: the manifest is the stored copy
 * @typedef {{pack: string, name: string, format: string, licence: string, source: string,
 *   folder: 'ready' | 'locked' | 'away' | null, storedBytes: number, totalBytes: number,
 *   complete: boolean, downloading: boolean}} Listed
 *   folder: of a pack in a folder of the user's, whether it can be read: "locked" before the
 *   user allows it. storedBytes: in the browser's storage, so of such a pack what was copied
 * @typedef {{quota: number, usage: number, persisted: boolean, keeps: boolean}} Space
 * @typedef {Space & {needed: number}} Room
 *   quota and usage are the browser's estimate, which may be far off; keeps: it keeps files at all
 * @typedef {{pack: string, doneBytes: number, totalBytes: number, bytesPerSecond: number,
 *   secondsLeft: number, shortBytes: number, owner: boolean,
 *   phase: 'waiting' | 'downloading' | 'verifying' | 'paused'}} Progress
 *   secondsLeft is 0 where nobody can tell; shortBytes is what will not fit, by the browser's
 *   estimate; owner: this worker does the work, not another tab's
 * @typedef {{shards: number, damaged: number}} Verified damaged ones have been fetched anew,
 *   but not in a folder of the user's
 * @typedef {(progress: Progress) => void} OnProgress
 * @typedef {{kind: import('./worker/errors.js').Kind, message: string}} Failure
 * @typedef {{ready?: boolean, id: number, progress?: Progress, error?: Failure, result?: unknown}} Answer
 * @typedef {{resolve: (result: any) => void, reject: (error: unknown) => void, onProgress?: OnProgress}} Call
 */

/** A worker of the store, or a port to one. */
class Link {
  /** @type {Worker | MessagePort} */ #worker;
  /** @type {Map<number, Call>} */ #calls = new Map();
  /** @type {[unknown, Transferable[]][] | undefined} sent when the worker is there */ #early;
  /** @type {StoreError | undefined} what every call fails with */ #dead;
  #lastId = 0;

  /** @param {Worker | MessagePort} worker */
  constructor(worker) {
    this.#worker = worker;
    worker.addEventListener('message', (event) => this.#receive(/** @type {MessageEvent} */ (event).data));
    if (worker instanceof MessagePort) {
      worker.start();
      return;
    }
    // A worker behind a blob that imports it would lose what is sent before it runs.
    this.#early = [];
    worker.addEventListener('error', (event) => {
      event.preventDefault();
      const why = event.message || 'its script could not be loaded';
      const error = new StoreError('unavailable', `the store's worker failed (${why}): reload the page`);
      if (this.#early) this.#dead = error;
      this.#fail(error);
    });
  }

  /**
   * @param {string} method @param {unknown[]} args @param {OnProgress} [onProgress] @param {AbortSignal} [signal]
   * @param {Transferable[]} [transfer] of args
   * @returns {Promise<any>}
   */
  call(method, args, onProgress, signal, transfer) {
    if (this.#dead) return Promise.reject(this.#dead);
    const id = ++this.#lastId;
    const cancel = () => this.send({ cancel: id });
    return new Promise((resolve, reject) => {
      this.#calls.set(id, { resolve, reject, onProgress });
      this.send({ id, method, args }, transfer);
      if (signal?.aborted) cancel();
      signal?.addEventListener('abort', cancel);
    }).finally(() => signal?.removeEventListener('abort', cancel));
  }

  /** @param {unknown} message @param {Transferable[]} transfer */
  send(message, transfer = []) {
    if (this.#early) this.#early.push([message, transfer]);
    else this.#worker.postMessage(message, transfer);
  }

  close() {
    if (this.#worker instanceof MessagePort) this.#worker.close();
    else this.#worker.terminate();
    this.#dead = new StoreError('cancelled', 'the store was closed');
    this.#fail(this.#dead);
  }

  /** @param {Answer} message */
  #receive({ ready, id, progress, error, result }) {
    if (ready) {
      const early = this.#early ?? [];
      this.#early = undefined;
      for (const [message, transfer] of early) this.send(message, transfer);
      return;
    }
    const call = this.#calls.get(id);
    if (!call) return;
    if (progress) {
      call.onProgress?.(progress);
      return;
    }
    this.#calls.delete(id);
    if (error) call.reject(new StoreError(error.kind, error.message));
    else call.resolve(result);
  }

  /** @param {StoreError} error */
  #fail(error) {
    for (const { reject } of this.#calls.values()) reject(error);
    this.#calls.clear();
  }
}

/**
 * Packs are named by the absolute URL of their folder, with a slash at its end; those that the
 * user lent by one that lend gave them.
 */
class Store {
  /** @type {Link} */ #reads;
  /** @type {Link | undefined} */ #writes;
  #startWrites;
  #askedToPersist = false;

  /** @param {Worker | MessagePort} worker @param {() => Worker} [startWrites] */
  constructor(worker, startWrites) {
    this.#reads = new Link(worker);
    this.#startWrites = startWrites;
  }

  /**
   * Opens a pack: its manifest from the network, or the stored copy where that cannot be had.
   * @param {string} pack @returns {Promise<Opened>}
   */
  open(pack) {
    return this.#reads.call('open', [pack]);
  }

  /**
   * A small file beside the manifest, verified and kept.
   * @param {string} pack @param {string} name @param {string} sha256
   * @returns {Promise<Uint8Array<ArrayBuffer>>}
   */
  file(pack, name, sha256) {
    return this.#reads.call('file', [pack, name, sha256]);
  }

  /**
   * Bytes of a shard. A shard that is not here is fetched whole first, ahead of any download.
   * Hand the buffer to release when done with it.
   * @param {string} pack @param {string} sha256 @param {number} offset @param {number} length
   * @returns {Promise<ArrayBuffer>}
   */
  read(pack, sha256, offset, length) {
    return this.#reads.call('read', [pack, sha256, offset, length]);
  }

  /**
   * Downloads what is missing, or waits for the tab that does and tells its progress. Rejects
   * with "cancelled" when paused, from whichever tab; calling again goes on from there.
   * @param {string} pack @param {OnProgress} [onProgress] @param {AbortSignal} [signal]
   * @returns {Promise<void>}
   */
  download(pack, onProgress, signal) {
    if (!this.#askedToPersist) {
      this.#askedToPersist = true;
      // Only windows may ask. The answer changes nothing here: room() tells it.
      const storage = /** @type {any} */ (navigator.storage);
      storage?.persist?.().catch(() => {});
    }
    return this.#downloads().call('download', [pack], onProgress, signal);
  }

  /**
   * Stops a pack's download in every tab. Resolves when it has stopped.
   * @param {string} pack @returns {Promise<void>}
   */
  pause(pack) {
    // To where our own download is, if there is one: it must not hear of this after the next.
    return (this.#writes ?? this.#reads).call('pause', [pack]);
  }

  /** Deletes a pack, but for shards that other packs share. @param {string} pack @returns {Promise<void>} */
  remove(pack) {
    return this.#reads.call('remove', [pack]);
  }

  /**
   * Hashes every shard that is here, and fetches the damaged ones anew.
   * @param {string} pack @param {OnProgress} [onProgress] @param {AbortSignal} [signal]
   * @returns {Promise<Verified>}
   */
  verify(pack, onProgress, signal) {
    return this.#downloads().call('verify', [pack], onProgress, signal);
  }

  /** @returns {Promise<Listed[]>} */
  list() {
    return this.#reads.call('list', []);
  }

  /** A pack, known or not, by its manifest. @param {string} pack @returns {Promise<Listed>} */
  describe(pack) {
    return this.#reads.call('describe', [pack]);
  }

  /**
   * Takes a folder of the user's as a pack, which is read where it lies. A handle is found again
   * at the next visit; files by their paths in the folder last as long as this store.
   * @param {FileSystemDirectoryHandle | Map<string, File>} folder @returns {Promise<Listed>}
   */
  lend(folder) {
    return this.#reads.call('lend', [folder]);
  }

  /**
   * Has the browser ask the user whether a lent folder may be read. Only windows may, and only
   * when the user has just clicked. False where it may not, or must be chosen again.
   * @param {string} pack @returns {Promise<boolean>}
   */
  async allow(pack) {
    const folder = await kept(pack);
    const handle = /** @type {any} */ (folder?.handle);
    return handle !== undefined && (await handle.requestPermission({ mode: 'read' })) === 'granted';
  }

  /** Room for this site in the browser's storage. @returns {Promise<Space>} */
  space() {
    return this.#reads.call('space', []);
  }

  /** How fast the store is read, in bytes a second; 0 where there is none. @returns {Promise<number>} */
  measure() {
    return this.#reads.call('measure', []);
  }

  /** @param {string} pack @returns {Promise<Room>} */
  room(pack) {
    return this.#reads.call('room', [pack]);
  }

  /**
   * Begins to keep a KV cache in place of the one of this key, within a limit in bytes for all.
   * False where it would not fit.
   * @param {string} key @param {number} bytes @param {number} limit @returns {Promise<boolean>}
   */
  beginCache(key, bytes, limit) {
    return this.#reads.call('beginCache', [key, bytes, limit]);
  }

  /** Adds a piece, whose memory is gone. @param {string} key @param {ArrayBuffer} piece @returns {Promise<void>} */
  addToCache(key, piece) {
    return this.#reads.call('addToCache', [key, piece], undefined, undefined, [piece]);
  }

  /**
   * Ends what beginCache began. It goes when the pack is removed.
   * @param {string} key @param {string} pack @param {string} identity @param {string} list of tokens, as JSON @returns {Promise<void>}
   */
  endCache(key, pack, identity, list) {
    return this.#reads.call('endCache', [key, pack, identity, list]);
  }

  /**
   * What a key has, an About of worker/caches.js as JSON, if it is of this identity; whatever else
   * lies there is removed.
   * @param {string} key @param {string} identity @returns {Promise<string | null>}
   */
  openCache(key, identity) {
    return this.#reads.call('openCache', [key, identity]);
  }

  /**
   * A piece of what openCache told of.
   * @param {string} key @param {number} at @param {number} length @param {string} sha256 @returns {Promise<ArrayBuffer>}
   */
  readCache(key, at, length, sha256) {
    return this.#reads.call('readCache', [key, at, length, sha256]);
  }

  /** Removes what a key has. @param {string} key @returns {Promise<void>} */
  dropCache(key) {
    return this.#reads.call('dropCache', [key]);
  }

  /**
   * Takes a buffer back at once, for the next read: fresh memory costs more than the read
   * itself (Chromium 156: 1.6 GB/s into new buffers, 13 GB/s into used ones).
   * @param {ArrayBuffer} buffer
   */
  release(buffer) {
    this.#reads.send({ recycle: buffer }, [buffer]);
  }

  /** Another way to the same worker, to be handed to connect elsewhere. */
  port() {
    const { port1, port2 } = new MessageChannel();
    this.#reads.send({ connect: port1 }, [port1]);
    return port2;
  }

  /** Ends the workers, or this way to one. Nothing is lost: what has come is stored. */
  close() {
    this.#reads.close();
    this.#writes?.close();
  }

  #downloads() {
    if (!this.#startWrites) return this.#reads;
    return (this.#writes ??= new Link(this.#startWrites()));
  }
}

const start = () => new Worker(new URL('./worker/main.js', import.meta.url), { type: 'module', name: 'mixtab-store' });

/**
 * Downloads have a worker of their own, started by the first: beside one of 90 MB/s, a read of
 * 16 MiB takes 17 ms (130 in the worst of 20) where both share a worker, else 2.5 (9).
 * @param {Worker | MessagePort} [worker] a worker that runs worker/main.js and that nobody else
 *   connected to, or a port from port(); else one is started, which browsers allow only from
 *   the origin that this module came from
 * @param {() => Worker} [startAnother] starts a worker like it; where it is missing beside a
 *   given worker, that one does everything
 */
export const connect = (worker, startAnother) => new Store(worker ?? start(), worker ? startAnother : start);

/** @type {any} */ (globalThis).mixtabStore = { connect };
