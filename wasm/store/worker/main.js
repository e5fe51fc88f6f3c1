// @ts-check
// The store's worker: takes calls from client.js, through the worker itself and through any
// number of ports.
//
// The parts, from the whole to the bytes:
//   list.js      what the user may know of each pack
//   packs.js     which packs there are: manifests, remove, what is swept away
//   local.js     packs in folders that the user has lent; lent.js finds these and their files
//   download.js  one download per pack over all tabs; verify.js hashes what is here
//   read.js      pieces of shards, wherever they come from
//   shard.js     brings one shard: lock, resume, verify, rename
//   fill.js      the network: ranges, retries, files that change
//   traffic.js   who may use the network now: what is waited for goes first
//   caches.js    KV caches of conversations
//   disk.js      files; readers.js open handles; memory.js where there are no files
//   tabs.js      what the workers of all tabs tell each other
//
// What must hold over tabs is held by Web Locks, which end with whoever holds them, so a tab
// may be killed anywhere. Messages between tabs only make things faster or visible.

import { recycle } from './buffers.js';
import { addToCache, beginCache, dropCache, endCache, openCache, readCache } from './caches.js';
import { download, pause } from './download.js';
import { StoreError, text } from './errors.js';
import { describe, lend, list } from './list.js';
import { measure } from './measure.js';
import { file, open, remove, room, space } from './packs.js';
import { read } from './read.js';
import { verify } from './verify.js';

/** @type {Record<string, (...args: any[]) => Promise<unknown>>} the last argument is a Context */
const methods = {
  ...{ open, file, read, download, pause, remove, verify, list, describe, lend, measure, room, space },
  ...{ beginCache, addToCache, endCache, openCache, readCache, dropCache },
};

/**
 * @typedef {{signal: AbortSignal, progress: (progress: import('../client.js').Progress) => void}} Context
 * @typedef {{id: number, method: string, args: unknown[]}} Call
 * @typedef {Call & {recycle?: ArrayBuffer, connect?: MessagePort, cancel?: number}} Message
 * @param {DedicatedWorkerGlobalScope | MessagePort} port
 */
const serve = (port) => {
  /** @type {Map<number, AbortController>} */
  const running = new Map();
  port.onmessage = async (/** @type {MessageEvent<Message>} */ { data }) => {
    if (data.recycle) return recycle(data.recycle);
    if (data.connect) return serve(data.connect);
    if (data.cancel !== undefined) return running.get(data.cancel)?.abort(new StoreError('cancelled', 'cancelled'));

    const { id, method, args } = data;
    const controller = new AbortController();
    running.set(id, controller);
    try {
      /** @type {Context} */
      const context = {
        signal: controller.signal,
        progress: (progress) => port.postMessage({ id, progress }),
      };
      const result = await methods[method](...args, context);
      port.postMessage({ id, result }, result instanceof ArrayBuffer ? [result] : []);
    } catch (error) {
      const ours = error instanceof StoreError ? error : broken(error);
      port.postMessage({ id, error: { kind: ours.kind, message: ours.message } });
    } finally {
      running.delete(id);
    }
  };
  port.postMessage({ ready: true });
};

/** @param {unknown} error */
const broken = (error) => {
  const why = text(error);
  return new StoreError(
    'unavailable',
    error instanceof RangeError
      ? `no memory to read weights (${why}): close other tabs, then reload the page`
      : `this browser's storage failed (${why}): reload the page and try again`,
  );
};

serve(/** @type {any} */ (self));
