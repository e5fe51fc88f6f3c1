// @ts-check
// Which packs there are. The lock "mixtab-store" is held while what belongs to which pack
// changes: manifests are written, packs removed, orphans swept away.

import { dropCachesOf } from './caches.js';
import * as disk from './disk.js';
import { StoreError, text, withinQuota } from './errors.js';
import { mayPass } from './fill.js';
import { sha256 } from './hash.js';
import { forget } from './lent.js';
import { bytesOf, isLocal, manifestOf } from './local.js';
import { parse } from './manifest.js';
import { listen, tell } from './tabs.js';

const MANIFEST_MS = 30_000;
const MANIFEST_STORED_MS = 5000; // where the stored copy will do

/**
 * @typedef {{url: string, raw: Uint8Array<ArrayBuffer>, manifest: import('./manifest.js').Manifest,
 *   shards: Map<string, number>, gone: AbortController}} Pack
 *   shards: those of earlier manifests too, which engines that are open go on reading
 *   gone: aborted when the pack is removed, by any tab
 * @typedef {import('./main.js').Context} Context
 */

/** @type {Map<string, Pack>} */
const packs = new Map();

listen((told) => {
  if (told.type !== 'remove') return;
  const reason = new StoreError('deleted', `${told.pack} was deleted from this browser: load the model again`);
  packs.get(told.pack)?.gone.abort(reason);
});

const storeLock = (/** @type {() => Promise<unknown>} */ fn) => navigator.locks.request('mixtab-store', fn);

/** @param {string} url @param {Context} context */
export const open = async (url, { signal }) => {
  const key = await keyOf(url);
  const persistent = await disk.available();
  const dir = persistent ? await disk.existing('packs', key) : undefined;
  const kept = dir && (await disk.readSmall(dir, 'manifest.json'));
  const local = isLocal(url);
  let raw = kept;
  let offline = true;
  try {
    const patience = kept ? MANIFEST_STORED_MS : MANIFEST_MS;
    const fresh = local ? await manifestOf(url) : await fetchSmall(`${url}manifest.json`, signal, patience);
    parse(fresh, `${url}manifest.json`); // a network's log-in page is no manifest
    raw = fresh;
    offline = false;
  } catch (error) {
    signal.throwIfAborted();
    if (!kept) throw error;
  }
  const pack = remember(url, /** @type {Uint8Array<ArrayBuffer>} */ (raw));
  if (persistent && !local) await ifRoom(keep(pack, pack.raw));
  if (persistent) sweepOnce();
  const { totalBytes } = pack.manifest;
  // What lies in a folder that is here is not on its way from anywhere.
  const here = local && !offline ? { storedBytes: totalBytes, totalBytes, complete: true } : await progressOf(pack.manifest);
  return { manifest: pack.raw.slice(), persistent: persistent || local, offline, ...here };
};

/** @param {string} url @param {Uint8Array<ArrayBuffer>} raw @returns {Pack} */
const remember = (url, raw) => {
  const known = packs.get(url);
  const there = known && !known.gone.signal.aborted ? known : undefined;
  if (there && equal(there.raw, raw)) return there;
  const manifest = parse(raw, `${url}manifest.json`);
  const shards = new Map([...(there?.shards ?? []), ...manifest.shards]);
  const pack = { url, raw, manifest, shards, gone: there?.gone ?? new AbortController() };
  packs.set(url, pack);
  return pack;
};

/** @param {Uint8Array} a @param {Uint8Array} b */
const equal = (a, b) => a.length === b.length && a.every((byte, i) => byte === b[i]);

/** The pack, opened if it was not. @param {string} url @param {Context} context @returns {Promise<Pack>} */
export const opened = async (url, context) => {
  if (packs.get(url)?.gone.signal.aborted ?? true) await open(url, context);
  return /** @type {Pack} */ (packs.get(url));
};

/** The same for readers, who must learn that it was removed. @param {string} url @param {Context} context */
export const openedToRead = async (url, context) => {
  packs.get(url)?.gone.signal.throwIfAborted();
  return opened(url, context);
};

/** @param {Pack} pack @param {string} sha */
export const shardOf = (pack, sha) => {
  const bytes = pack.shards.get(sha);
  if (bytes === undefined) {
    throw new StoreError('missing', `${pack.url}manifest.json names no shard ${sha}: open the pack again`);
  }
  return { url: `${pack.url}shards/${sha}.bin`, sha, bytes };
};

/**
 * Writes what says that a pack's shards belong to it, unless it is there.
 * @param {Pack} pack @param {Uint8Array} [manifest] that must be there; else any will do
 */
export const keep = (pack, manifest) =>
  storeLock(async () => {
    pack.gone.signal.throwIfAborted();
    const dir = await folderOf(pack.url);
    const stored = await disk.readSmall(dir, 'manifest.json');
    if (stored && (!manifest || equal(stored, manifest))) return;
    await withinQuota(`${pack.url}manifest.json`, async () => {
      await disk.writeSmall(dir, 'url', new TextEncoder().encode(pack.url));
      await disk.writeSmall(dir, 'manifest.json', pack.raw);
    });
  });

/** What has no room is not kept, and works all the same. @param {Promise<unknown>} writing */
const ifRoom = (writing) =>
  writing.catch((error) => {
    if (!(error instanceof StoreError && error.kind === 'quota')) throw error;
  });

/** @param {string} url */
const folderOf = async (url) => disk.folder('packs', await keyOf(url));

/** @param {string} url */
const keyOf = async (url) => {
  if (!URL.canParse(url) || !url.endsWith('/')) {
    const remedy = 'give the absolute URL of its folder, with a slash at the end';
    throw new StoreError('missing', `${url} is no address of a pack: ${remedy}`);
  }
  return (await sha256(new TextEncoder().encode(url))).slice(0, 32);
};

/** @param {import('./manifest.js').Manifest} manifest @param {Map<string, number>} [have] */
export const progressOf = async ({ shards, totalBytes }, have) => {
  if (!have) have = (await disk.available()) ? await disk.inventory() : new Map();
  let storedBytes = 0;
  let complete = true;
  for (const [sha, bytes] of shards) {
    const here = have.get(sha) ?? 0;
    storedBytes += Math.min(here, bytes);
    complete &&= here === Infinity;
  }
  return { storedBytes, totalBytes, complete };
};

/**
 * A small file beside the manifest.
 * @param {string} url @param {string} name @param {string} sha @param {Context} context
 */
export const file = async (url, name, sha, context) => {
  const { signal } = context;
  const pack = await openedToRead(url, context);
  if (/[/\\]|^\.*$/.test(name)) throw new StoreError('missing', `${name} is no file name`);
  const persistent = await disk.available();
  const dir = persistent ? await disk.existing('packs', await keyOf(url)) : undefined;
  const kept = dir && (await disk.readSmall(dir, name));
  if (kept && (await sha256(kept)) === sha) return kept;
  const local = isLocal(url);
  const bytes = local ? await bytesOf(url + name) : await fetchSmall(url + name, signal, MANIFEST_MS);
  if ((await sha256(bytes)) !== sha) {
    throw new StoreError('damaged', `${url}${name} has other bytes than its manifest says: copy the pack there again`);
  }
  if (persistent && (dir || !local)) {
    const write = async () => disk.writeSmall(await folderOf(url), name, bytes);
    await ifRoom(
      storeLock(async () => {
        pack.gone.signal.throwIfAborted();
        await withinQuota(url + name, write);
      }),
    );
  }
  return bytes;
};

/** @param {string} url @param {AbortSignal} signal @param {number} ms how long it may take */
const fetchSmall = async (url, signal, ms) => {
  let response;
  try {
    response = await fetch(url, { cache: 'no-cache', signal: AbortSignal.any([signal, AbortSignal.timeout(ms)]) });
    if (response.ok) return new Uint8Array(await response.arrayBuffer());
  } catch (error) {
    signal.throwIfAborted();
    throw new StoreError('network', `${url} cannot be reached (${text(error)}): check the connection and try again`);
  }
  const kind = mayPass(response.status) ? 'network' : 'missing';
  const remedy = kind === 'network' ? 'try again later' : 'the pack is not there: check its address';
  throw new StoreError(kind, `${url} answered ${response.status} ${response.statusText}`.trim() + `: ${remedy}`);
};

/** The packs in the store, by their keys. No url: only parts of its files. No manifest: it makes no sense. */
export const stored = async () => {
  const all = [];
  const dir = await disk.folder('packs');
  for (const key of await disk.names(dir)) {
    const pack = await disk.folder('packs', key);
    const url = await disk.readSmall(pack, 'url');
    if (!url || (await disk.size(pack, 'manifest.json')) === undefined) all.push({ key });
    else all.push({ key, url: new TextDecoder().decode(url), manifest: await readable(pack) });
  }
  return all;
};

/** A stored manifest, if it makes sense. @param {FileSystemDirectoryHandle} pack */
const readable = async (pack) => {
  try {
    return parse((await disk.readSmall(pack, 'manifest.json')) ?? new Uint8Array(), pack.name);
  } catch {
    return undefined;
  }
};

/** @param {string} url */
export const downloadLock = (url) => `mixtab-download ${url}`;

/** @param {string} url */
export const remove = async (url) => {
  const key = await keyOf(url);
  tell({ type: 'remove', pack: url });
  if (isLocal(url)) await forget(url);
  if (!(await disk.available())) return;
  await navigator.locks.request(downloadLock(url), () =>
    storeLock(async () => {
      await disk.unlessMissing(async () => (await disk.folder('packs')).removeEntry(key, { recursive: true }));
      await dropCachesOf(url);
      await sweep(true);
    }),
  );
};

let swept = false;

/** What crashes left is removed once in a worker's life, by the way. */
export const sweepOnce = () => {
  if (swept) return;
  swept = true;
  storeLock(() => sweep(false)).catch((error) => console.warn(`mixtab: ${text(error)}`));
};

/**
 * Removes whatever belongs to no pack: shards, halves of shards, folders without a manifest.
 * @param {boolean} all wait for files in use, rather than leave them for another time
 */
const sweep = async (all) => {
  /** @type {Set<string>} */
  const owned = new Set();
  const packs = await disk.folder('packs');
  let unknown = false;
  for (const { key, url, manifest } of await stored()) {
    if (!url) {
      await packs.removeEntry(key, { recursive: true });
      continue;
    }
    if (!manifest) {
      unknown = true;
      continue;
    }
    for (const sha of manifest.shards.keys()) owned.add(sha);
    const dir = await disk.folder('packs', key);
    for (const name of await disk.names(dir)) if (name.endsWith('.new')) await dir.removeEntry(name);
  }
  const root = await disk.folder();
  for (const name of await disk.names(root)) {
    if (!['packs', 'shards', 'caches'].includes(name)) await root.removeEntry(name).catch(() => {}); // or it is being measured
  }
  if (unknown) return; // any shard may belong to a pack whose manifest cannot be read
  const dir = await disk.shards();
  const names = new Set(await disk.names(dir));
  for (const name of names) {
    const sha = disk.shaOf(name);
    const useful =
      owned.has(sha) &&
      (name === `${sha}.bin` ||
        (name === `${sha}.part` && !names.has(`${sha}.bin`)) ||
        (name === `${sha}.etag` && names.has(`${sha}.part`)));
    if (useful) continue;
    await navigator.locks.request(`mixtab-shard ${sha}`, { ifAvailable: !all }, async (lock) => {
      if (lock) await disk.discard(name);
    });
  }
};

/** What the browser says of the room for this site. */
export const space = async () => {
  const { quota = 0, usage = 0 } = await navigator.storage.estimate();
  return { quota, usage, persisted: await navigator.storage.persisted(), keeps: await disk.available() };
};

/** @param {string} url @param {Context} context */
export const room = async (url, context) => {
  const { storedBytes, totalBytes } = await open(url, context);
  return { ...(await space()), needed: totalBytes - storedBytes };
};
