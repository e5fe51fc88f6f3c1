// @ts-check
// One download per pack, over all tabs: whoever holds "mixtab-download <pack>" does it and
// tells the others of its progress. They wait for the lock, so when its tab goes, the next
// takes over where it was.

import { available, inventory } from './disk.js';
import { StoreError } from './errors.js';
import { Meter } from './meter.js';
import { downloadLock, file, keep, opened, shardOf } from './packs.js';
import { bring } from './shard.js';
import { listen, tell } from './tabs.js';

const PARALLEL = 3; // traffic.js lets as many background ranges through

/** @typedef {import('./packs.js').Pack} Pack */

/** @param {string} url @param {import('./main.js').Context} context */
export const download = async (url, context) => {
  if (!(await available())) {
    throw new StoreError('unavailable', `${url} cannot be kept: this browser stores no files here (a private window?); the model works, but is fetched anew each time`);
  }
  const pack = await opened(url, context);
  const paused = new AbortController();
  const signal = AbortSignal.any([context.signal, paused.signal, pack.gone.signal]);
  let owner = false;
  const stop = listen((told) => {
    if (told.type === 'pause' && told.pack === url) {
      paused.abort(new StoreError('cancelled', `the download of ${url} was paused: start it again to go on`));
    }
    if (told.type === 'progress' && told.pack === url && !owner) context.progress({ ...told.progress, owner: false });
  });
  try {
    await navigator.locks.request(downloadLock(url), { signal }, async () => {
      owner = true;
      await run(pack, signal, context);
    });
  } finally {
    stop();
  }
};

/** @param {Pack} pack @param {AbortSignal} signal @param {import('./main.js').Context} context */
const run = async (pack, signal, context) => {
  await keep(pack);
  const { manifest, url } = pack;
  const have = await inventory();
  const meter = new Meter(url, manifest.shards, have, 'downloading', (progress) => {
    context.progress(progress);
    tell({ type: 'progress', pack: url, progress });
  });
  const stop = listen((told) => {
    if (told.type === 'have') meter.complete(told.sha);
  });
  try {
    const { quota = 0, usage = 0 } = await navigator.storage.estimate();
    meter.short = Math.max(0, meter.left - (quota - usage));
    if (manifest.tokenizer) await file(url, manifest.tokenizer.file, manifest.tokenizer.sha256, { ...context, signal });
    await all(pack, manifest.order.filter((sha) => have.get(sha) !== Infinity), signal, meter);
    meter.report();
  } catch (error) {
    meter.report('paused');
    if (error instanceof StoreError && error.kind === 'quota') throw await withRoom(error, url, meter.left);
    throw error;
  } finally {
    stop();
    meter.end();
  }
};

/**
 * Brings shards, some at a time. One that the server has not, or has wrong, keeps the others from nothing.
 * @param {Pack} pack @param {string[]} todo @param {AbortSignal} signal @param {Meter} meter
 */
const all = async (pack, todo, signal, meter) => {
  const failed = new AbortController();
  const either = AbortSignal.any([signal, failed.signal]);
  /** @type {StoreError | undefined} */
  let incomplete;
  const stream = async () => {
    for (let sha = todo.shift(); sha; sha = todo.shift()) {
      const shard = shardOf(pack, sha);
      try {
        await bring(shard, { signal: either, onBytes: (delta) => meter.add(shard.sha, delta) });
        meter.complete(sha);
      } catch (error) {
        if (!(error instanceof StoreError) || (error.kind !== 'missing' && error.kind !== 'damaged')) {
          failed.abort(error);
          throw error;
        }
        incomplete ??= error;
      }
    }
  };
  const outcomes = await Promise.allSettled(Array.from({ length: PARALLEL }, stream));
  if (failed.signal.aborted) throw failed.signal.reason;
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  if (incomplete) throw incomplete;
};

/** Says how much more room a download needs. @param {StoreError} error @param {string} url @param {number} left */
const withRoom = async (error, url, left) => {
  const { quota = 0, usage = 0 } = await navigator.storage.estimate();
  // The browser has just refused; where its estimate claims that there is room, it is wrong.
  const free = quota - usage < left ? quota - usage : 0;
  const gigabytes = ((left - Math.max(0, free)) / 1e9).toFixed(2);
  return new StoreError(error.kind, `no room for ${url}: ${gigabytes} GB more are needed; free them on this device or remove other packs, then start the download again`);
};

/** @param {string} url */
export const pause = async (url) => {
  tell({ type: 'pause', pack: url });
  await navigator.locks?.request(downloadLock(url), () => {}); // until it has stopped
};
