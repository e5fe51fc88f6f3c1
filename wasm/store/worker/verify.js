// @ts-check
// Hashes what is stored of a pack, and fetches what is damaged. What lies in a folder of the
// user's is hashed too, but put right by the user only.

import { available, discard, inventory, shards, unlessMissing } from './disk.js';
import { hashInTurn, sha256 } from './hash.js';
import { isIntactLocal, isLocal } from './local.js';
import { Meter } from './meter.js';
import { opened, shardOf } from './packs.js';
import { bring } from './shard.js';

/** @param {string} url @param {import('./main.js').Context} context */
export const verify = async (url, context) => {
  const pack = await opened(url, context);
  const signal = AbortSignal.any([context.signal, pack.gone.signal]);
  const have = (await available()) ? await inventory() : new Map();
  const stored = (/** @type {string} */ sha) => have.get(sha) === Infinity;
  const todo = pack.manifest.order.filter((sha) => stored(sha) || isLocal(url));
  const sizes = new Map(todo.map((sha) => [sha, shardOf(pack, sha).bytes]));
  const meter = new Meter(url, sizes, new Map(), 'verifying', context.progress);
  let damaged = 0;
  try {
    for (const sha of todo) {
      signal.throwIfAborted();
      if (!stored(sha)) {
        if (!(await isIntactLocal(shardOf(pack, sha)))) damaged++;
      } else if (!(await isIntact(sha)) && (await discardDamaged(sha, signal))) {
        damaged++;
        await bring(shardOf(pack, sha), { signal, onBytes() {} });
      }
      meter.add(sha, shardOf(pack, sha).bytes);
    }
    meter.report();
  } finally {
    meter.end();
  }
  return { shards: todo.length, damaged };
};

/**
 * Removes a shard, unless its bytes turn out to be right, or another worker has just replaced them.
 * @param {string} sha @param {AbortSignal} signal @returns {Promise<boolean>} whether it was damaged
 */
export const discardDamaged = async (sha, signal) =>
  await navigator.locks.request(`mixtab-shard ${sha}`, { signal }, async () => {
    if (await isIntact(sha)) return false;
    await discard(`${sha}.bin`);
    return true;
  });

/** A file that cannot be read is damaged; one that has gone is somebody else's business. @param {string} sha */
const isIntact = async (sha) => {
  try {
    const hash = await unlessMissing(() =>
      hashInTurn(async () => {
        const file = await (await shards()).getFileHandle(`${sha}.bin`);
        return sha256(await (await file.getFile()).arrayBuffer());
      }),
    );
    return hash === undefined || hash === sha;
  } catch (error) {
    if (error instanceof RangeError) throw error; // no memory says nothing about the file
    return false;
  }
};
