// @ts-check
// Brings one shard into the store: part file, hash, rename. Whoever does it holds the lock
// "mixtab-shard <sha>", so no shard is ever downloaded twice at once, in whatever tabs.

import { close, discard, exclusive, move, readSmall, shards, size, unlessMissing, writeSmall } from './disk.js';
import { StoreError, withinQuota } from './errors.js';
import { copyAgain, fill } from './fill.js';
import { hashInTurn, sha256 } from './hash.js';
import { copy, damaged, isLocal } from './local.js';
import { tell } from './tabs.js';

const FLUSH_BYTES = 2 << 20;

/**
 * @typedef {{signal: AbortSignal, onBytes: (delta: number) => void}} Watch
 * @typedef {{url: string, sha: string, bytes: number}} Shard
 */

/** Resolves when the shard is here and verified. @param {Shard} shard @param {Watch} watch */
export const bring = (shard, watch) =>
  navigator.locks.request(`mixtab-shard ${shard.sha}`, { signal: watch.signal }, async () => {
    if (await present(shard)) return;
    for (let again = false; ; again = true) {
      try {
        await withinQuota(shard.url, () => once(shard, watch));
        break;
      } catch (error) {
        watch.signal.throwIfAborted();
        // Damaged, or the user has cleared the site's data under us: once more from nothing.
        if (again || !(error instanceof DOMException || isDamaged(error))) throw error;
      }
    }
    tell({ type: 'have', sha: shard.sha });
  });

/** @param {unknown} error */
const isDamaged = (error) => error instanceof StoreError && error.kind === 'damaged';

/** Whether a shard is complete; one of another length than it should have is removed. @param {Shard} shard */
const present = async ({ sha, bytes }) => {
  const length = await size(await shards(), `${sha}.bin`);
  if (length === bytes) return true;
  if (length !== undefined) await discard(`${sha}.bin`);
  return false;
};

/** @param {Shard} shard @param {Watch} watch */
const once = async (shard, { signal, onBytes }) => {
  const { url, sha, bytes } = shard;
  const dir = await shards();
  const file = await dir.getFileHandle(`${sha}.part`, { create: true });
  const access = await exclusive(file);
  const part = new Part(dir, sha, access);
  try {
    await part.resume(bytes);
    // Past the browser's cache: it would keep each shard a second time.
    const job = /** @type {const} */ ({ url, sha, bytes, cache: 'no-store', signal, onBytes });
    await (isLocal(url) ? copy(part, job) : fill(part, job));
    part.flush();
    if ((await part.hash()) !== sha) {
      if (isLocal(url)) throw damaged(url);
      throw new StoreError('damaged', `${url} has other bytes than its name says: ${copyAgain}`);
    }
  } catch (error) {
    if (isDamaged(error)) {
      onBytes(-part.length);
      part.empty();
    }
    throw error;
  } finally {
    await close(access, file);
  }
  // In this order a tab that crashes between the two leaves a part, which the next one finishes.
  await unlessMissing(() => dir.removeEntry(`${sha}.etag`));
  await move(file, `${sha}.bin`);
};

/** A shard on its way; a Sink of fill.js. */
class Part {
  etag = '';
  length = 0;
  #dir;
  #sha;
  #access;
  #unflushed = 0;

  /** @param {FileSystemDirectoryHandle} dir @param {string} sha @param {FileSystemSyncAccessHandle} access */
  constructor(dir, sha, access) {
    this.#dir = dir;
    this.#sha = sha;
    this.#access = access;
  }

  /** Goes on from what an earlier download left. @param {number} bytes the shard's */
  async resume(bytes) {
    this.length = this.#access.getSize();
    if (this.length > bytes) this.empty();
    if (this.length === 0) return;
    const etag = await readSmall(this.#dir, `${this.#sha}.etag`);
    if (etag) this.etag = new TextDecoder().decode(etag);
  }

  /** @param {string} etag */
  async restart(etag) {
    this.empty();
    this.etag = etag;
    if (etag) await writeSmall(this.#dir, `${this.#sha}.etag`, new TextEncoder().encode(etag));
    else await discard(`${this.#sha}.etag`);
  }

  empty() {
    this.#access.truncate(0);
    this.length = 0;
  }

  /** @param {Uint8Array<ArrayBuffer>} chunk */
  write(chunk) {
    const n = this.#access.write(chunk, { at: this.length });
    // Without room, Chromium 156's private windows give 2**32 - 1.
    if (n > chunk.length) throw new DOMException('no write', 'QuotaExceededError');
    this.length += n;
    if (n < chunk.length) throw new DOMException('short write', 'QuotaExceededError');
    this.#unflushed += n;
    if (this.#unflushed >= FLUSH_BYTES) this.flush();
  }

  flush() {
    this.#access.flush();
    this.#unflushed = 0;
  }

  hash() {
    return hashInTurn(() => {
      const bytes = new Uint8Array(this.length);
      const n = this.#access.read(bytes, { at: 0 });
      if (n !== bytes.length) throw new DOMException(`${n} bytes instead of ${bytes.length}`, 'DataError');
      return sha256(bytes);
    });
  }
}
