// @ts-check
// Pieces of shards, from wherever they are.

import { available, giveUpIfDead } from './disk.js';
import { StoreError, isGone, text } from './errors.js';
import { isLocal, readLocal, reads } from './local.js';
import * as memory from './memory.js';
import { keep, openedToRead, shardOf } from './packs.js';
import { readAt } from './readers.js';
import { bring } from './shard.js';
import { want } from './traffic.js';
import { discardDamaged } from './verify.js';

/**
 * @param {string} url @param {string} sha @param {number} offset @param {number} length
 * @param {import('./main.js').Context} context
 */
export const read = async (url, sha, offset, length, context) => {
  const pack = await openedToRead(url, context);
  const shard = shardOf(pack, sha);
  if (!(offset >= 0 && length > 0 && offset + length <= shard.bytes)) {
    const range = `${length} from ${offset} on`;
    throw new StoreError('missing', `${shard.url} has ${shard.bytes} bytes, but not ${range}: open the pack again`);
  }
  const gone = pack.gone.signal;
  const local = isLocal(url);
  if (local && (reads(sha) || !(await available()))) return readLocal(shard, offset, length);
  if (!(await available())) return memory.readFrom(shard, gone, offset, length);

  for (let tries = 0; ; tries++) {
    try {
      return await readAt(sha, offset, length);
    } catch (error) {
      gone.throwIfAborted();
      if (error instanceof StoreError || error instanceof RangeError) throw error; // no memory is no damage
      if (tries === 2) {
        const remedy = 'remove the pack and download it again';
        throw new StoreError('damaged', `${shard.url} cannot be read where it is stored (${text(error)}): ${remedy}`);
      }
      if (memory.has(sha)) return memory.readFrom(shard, gone, offset, length);
      if (!isGone(error) && (await discardDamaged(sha, gone))) {
        console.warn(`mixtab: ${sha}.bin in the store: ${text(error)}; it is fetched again`);
      }
    }
    if (local) return readLocal(shard, offset, length);
    try {
      await want(sha, async () => {
        await keep(pack); // the site's data may have been cleared
        await bring(shard, { signal: gone, onBytes() {} });
      });
    } catch (error) {
      if (error instanceof DOMException) await giveUpIfDead(error);
      else if (!(error instanceof StoreError && error.kind === 'quota')) throw error;
      return memory.readFrom(shard, gone, offset, length);
    }
  }
};
