// @ts-check
// Where there are no files, or no room for more: the last few shards, whole and verified.

import { drop, take } from './buffers.js';
import { StoreError } from './errors.js';
import { copyAgain, fill } from './fill.js';
import { sha256 } from './hash.js';
import { want } from './traffic.js';

const KEPT = 4; // as many as the engine loads at a time

/** @type {Map<string, Promise<ArrayBuffer>>} least recently used first */
const kept = new Map();

/** @param {string} sha */
export const has = (sha) => kept.has(sha);

/**
 * @param {import('./shard.js').Shard} shard @param {AbortSignal} signal of the pack
 * @param {number} offset @param {number} length
 */
export const readFrom = async (shard, signal, offset, length) => {
  const { sha } = shard;
  let whole = kept.get(sha);
  kept.delete(sha);
  kept.set(sha, (whole ??= want(sha, () => fetchWhole(shard, signal))));
  while (kept.size > KEPT) {
    const [oldest, buffer] = /** @type {[string, Promise<ArrayBuffer>]} */ (kept.entries().next().value);
    kept.delete(oldest);
    buffer.then(drop, () => {});
  }
  try {
    const bytes = new Uint8Array(await whole, offset, length);
    const piece = take(length);
    new Uint8Array(piece).set(bytes);
    return piece;
  } catch (error) {
    if (kept.get(sha) === whole) kept.delete(sha);
    throw error;
  }
};

/** @param {import('./shard.js').Shard} shard @param {AbortSignal} signal */
const fetchWhole = async ({ url, sha, bytes }, signal) => {
  for (const cache of /** @type {const} */ (['default', 'reload'])) {
    const whole = new Uint8Array(bytes);
    const sink = {
      length: 0,
      etag: '',
      /** @param {Uint8Array} chunk */
      write(chunk) {
        whole.set(chunk, sink.length);
        sink.length += chunk.length;
      },
      /** @param {string} etag */
      restart(etag) {
        sink.length = 0;
        sink.etag = etag;
      },
    };
    await fill(sink, { url, sha, bytes, cache, signal, onBytes() {} });
    if ((await sha256(whole)) === sha) return whole.buffer;
  }
  throw new StoreError('damaged', `${url} has other bytes than its name says: ${copyAgain}`);
};
