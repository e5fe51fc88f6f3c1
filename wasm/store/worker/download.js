// @ts-check
// One download per pack, over all tabs: whoever holds "mixtab-download <pack>" does it and
// tells the others of its progress. They wait for the lock, so when its tab goes, the next
// takes over where it was.

import { available, inventory, shards, size } from './disk.js';
import { StoreError } from './errors.js';
import { Meter } from './meter.js';
import { downloadLock, file, keep, open, opened, shardOf } from './packs.js';
import { bring } from './shard.js';
import { listen, tell } from './tabs.js';
import { wait } from './wait.js';

const PARALLEL = 3; // traffic.js lets as many background ranges through
const PATIENCE_MS = 600_000; // how long a server may be away
const RETRY_MS = 10_000; // after fill.js has tried for as long

/** @typedef {import('./packs.js').Pack} Pack */

/** @param {string} url @param {import('./main.js').Context} context */
export const download = async (url, context) => {
  const paused = new AbortController();
  const stopped = AbortSignal.any([context.signal, paused.signal]);
  let owner = false;
  /** @type {import('../client.js').Progress | undefined} */
  let others;
  const stop = listen((told) => {
    if (told.type === 'progress' && told.pack === url && !owner) {
      others = { ...told.progress, owner: false };
      context.progress(others);
    }
    if (told.type === 'pause' && told.pack === url) {
      paused.abort(new StoreError('cancelled', `the download of ${url} was paused: start it again to go on`));
      if (others && !owner) context.progress({ ...others, phase: 'paused' });
    }
  });
  try {
    if (!(await available())) {
      const why = 'this browser stores no files here (a private window?)';
      throw new StoreError('unavailable', `${url} cannot be kept: ${why}; it works, but is fetched anew each time`);
    }
    const opening = { ...context, signal: stopped };
    await open(url, opening); // the manifest that this worker knows may be of last week
    const pack = await opened(url, opening);
    const signal = AbortSignal.any([stopped, pack.gone.signal]);
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
  const dir = await shards();
  await Promise.all(
    manifest.order.map(async (sha) => {
      if (have.get(sha) !== Infinity) return;
      if ((await size(dir, `${sha}.bin`)) !== manifest.shards.get(sha)) have.delete(sha); // cut short by somebody
    }),
  );
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
    if (manifest.tokenizer) await small(url, manifest.tokenizer, { ...context, signal }, meter);
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
 * Fetches a small file of a pack.
 * @param {string} url @param {{file: string, sha256: string}} which
 * @param {import('./main.js').Context} context @param {Meter} meter
 */
const small = async (url, which, context, meter) => {
  for (;;) {
    try {
      return await file(url, which.file, which.sha256, context);
    } catch (error) {
      if (!mayPass(error, meter)) throw error;
      await wait(RETRY_MS, context.signal);
    }
  }
};

/** Whether a server may be back in time. @param {unknown} error @param {Meter} meter */
const mayPass = (error, meter) =>
  error instanceof StoreError && error.kind === 'network' && meter.stuckMs < PATIENCE_MS;

/**
 * Brings shards, some at a time. One that the server has not, or has wrong, stops none of the others.
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
        if (either.aborted || !(error instanceof StoreError)) throw error;
        if (mayPass(error, meter)) {
          todo.push(sha); // nobody waits for it but the user's disk
          await wait(RETRY_MS, either);
        } else if (error.kind === 'missing' || error.kind === 'damaged') {
          incomplete ??= error;
        } else {
          throw error;
        }
      }
    }
  };
  const streams = Array.from({ length: PARALLEL }, () => stream().catch((error) => failed.abort(error)));
  await Promise.all(streams); // none of them holds a file when this ends
  either.throwIfAborted();
  if (incomplete) throw incomplete;
};

/** Says how much more room a download needs. @param {StoreError} error @param {string} url @param {number} left */
const withRoom = async (error, url, left) => {
  const { quota = 0, usage = 0 } = await navigator.storage.estimate();
  // The browser has just refused; where its estimate claims that there is room, it is wrong.
  const free = quota - usage < left ? quota - usage : 0;
  const gigabytes = ((left - Math.max(0, free)) / 1e9).toFixed(2);
  const remedy = 'free them on this device or remove other packs, then start the download again';
  return new StoreError(error.kind, `no room for ${url}: ${gigabytes} GB more are needed; ${remedy}`);
};

/** @param {string} url */
export const pause = async (url) => {
  tell({ type: 'pause', pack: url });
  await navigator.locks?.request(downloadLock(url), () => {}); // until it has stopped
};
