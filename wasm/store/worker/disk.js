// @ts-check
// The files:
//
//   mixtab/packs/<key>/url             where the pack is from
//   mixtab/packs/<key>/manifest.json   and its tokenizer beside it
//   mixtab/shards/<sha>.bin            complete and verified
//   mixtab/shards/<sha>.part           on its way; its length is where to go on
//   mixtab/shards/<sha>.etag           which version of the server's file the part is of
//   mixtab/caches/                     caches.js has its files
//
// The key is a hash of the pack's URL, not of its manifest: offline the URL is all that is
// known, and a new manifest takes the place of the old one. Shards are named by what is in
// them, so packs share them. A file gets its name by a move, which replaces what was there
// in one step: after a crash there is the old one or the new one.
//
// No directory handle is kept: they go stale when the user clears the site's data.

import { StoreError, is, isGone, text } from './errors.js';
import { tell } from './tabs.js';
import { wait } from './wait.js';

const BUSY_MS = 5000; // a killed tab's files stay locked for a moment

/** @type {Promise<boolean> | undefined} */
let probed;

/** Whether this browser keeps files; private windows of some do not. */
export const available = () => (probed ??= probe());

/**
 * For when files fail in ways that files do not: does without them where none answers any more.
 * Where site data is cleared in the moment of a call, every later one takes Chromium 156 nine
 * seconds and fails.
 * @param {DOMException} error what made us ask
 */
export const giveUpIfDead = async (error) => {
  if (await existing('shards').catch(() => undefined)) return;
  console.warn(`mixtab: storage failed (${text(error)}): shards are kept in memory until the page is reloaded`);
  probed = Promise.resolve(false);
};

const probe = async () => {
  try {
    const { prototype } = FileSystemFileHandle;
    if (!('createSyncAccessHandle' in prototype && 'move' in prototype)) return false;
    await folder();
    return true;
  } catch {
    return false;
  }
};

/** @param {string[]} path created where it is missing */
export const folder = (...path) => walk(path, true);

/** @param {string[]} path @returns {Promise<FileSystemDirectoryHandle | undefined>} */
export const existing = (...path) => unlessMissing(() => walk(path, false));

/** @param {string[]} path @param {boolean} create */
const walk = async (path, create) => {
  throwIfLost();
  let dir = await navigator.storage.getDirectory();
  for (const name of ['mixtab', ...path]) dir = await dir.getDirectoryHandle(name, { create });
  return dir;
};

export const shards = () => folder('shards');

/** @param {FileSystemDirectoryHandle} dir */
export const names = async (dir) => {
  const all = [];
  for await (const name of dir.keys()) all.push(name);
  return all;
};

/** Whatever fn gives, or undefined where a file or folder is missing. @template T @param {() => Promise<T>} fn */
export const unlessMissing = async (fn) => {
  try {
    return await fn();
  } catch (error) {
    if (is(error, 'NotFoundError')) return undefined;
    throw error;
  }
};

/**
 * A file's size, or undefined where there is none.
 * @param {FileSystemDirectoryHandle} dir @param {string} name
 */
export const size = (dir, name) =>
  unlessMissing(async () => (await (await dir.getFileHandle(name)).getFile()).size);

/** A small file, or undefined. @param {FileSystemDirectoryHandle} dir @param {string} name */
export const readSmall = (dir, name) =>
  unlessMissing(async () => new Uint8Array(await (await (await dir.getFileHandle(name)).getFile()).arrayBuffer()));

/**
 * Writes a small file, in one step.
 * @param {FileSystemDirectoryHandle} dir @param {string} name @param {Uint8Array<ArrayBuffer>} bytes
 */
export const writeSmall = async (dir, name, bytes) => {
  const file = await dir.getFileHandle(`${name}.new`, { create: true });
  const access = await exclusive(file);
  try {
    access.truncate(0);
    if (access.write(bytes, { at: 0 }) !== bytes.length) throw new DOMException('short write', 'QuotaExceededError');
    access.flush();
  } finally {
    await close(access, file);
  }
  await move(file, name);
};

/** @param {FileSystemFileHandle} file @param {string} name in the same folder */
export const move = (file, name) => patiently(file.name, () => /** @type {any} */ (file).move(name));

/** The only handle on a file. @param {FileSystemFileHandle} file */
export const exclusive = (file) => patiently(file.name, () => file.createSyncAccessHandle());

let lost = false;

/** Throws where the user has cleared the site's data while this worker was writing. */
export const throwIfLost = () => {
  if (!lost) return;
  const remedy = 'reload the page, then load the model again';
  throw new StoreError('deleted', `this site's data was cleared during a download: ${remedy}`);
};

/**
 * Closes a handle, unless its file is no longer there: Chromium 156 never returns from closing a
 * file of a site whose data was cleared. Where the file was being written, it does not return
 * from the next move of a file either, so all that is left is to give up until a new worker.
 * @param {FileSystemSyncAccessHandle & {mode?: string}} access @param {FileSystemFileHandle} file
 */
export const close = async (access, file) => {
  const writing = access.mode !== 'read-only';
  if (writing) {
    try {
      access.flush();
    } catch {
      // Where it matters it was flushed before; what failed first is what to tell.
    }
  }
  const size = await file.getFile().then(
    (there) => there.size,
    (error) => (isGone(error) ? -1 : access.getSize()),
  );
  if (size === access.getSize()) {
    access.close();
  } else if (writing) {
    lost = true;
    throwIfLost();
  }
};

/** Removes a file of a shard. All workers are asked to close it first. @param {string} name */
export const discard = async (name) => {
  await patiently(name, async () => {
    if (name.endsWith('.bin')) tell({ type: 'close', sha: shaOf(name) });
    const dir = await shards();
    await unlessMissing(() => dir.removeEntry(name));
  });
};

/** The shard that a file belongs to. @param {string} name */
export const shaOf = (name) => name.slice(0, 64);

/**
 * Tries again while another worker has the file open.
 * @template T @param {string} name @param {() => Promise<T>} fn
 */
const patiently = async (name, fn) => {
  for (const end = performance.now() + BUSY_MS; ; await wait(50)) {
    try {
      return await fn();
    } catch (error) {
      if (!is(error, 'NoModificationAllowedError')) throw error;
      if (performance.now() > end) {
        const remedy = 'close other tabs of this site and try again';
        throw new StoreError('busy', `${name} in this browser's storage is in use: ${remedy}`);
      }
    }
  }
};

/** How many bytes of each shard are here: Infinity for all. @returns {Promise<Map<string, number>>} */
export const inventory = async () => {
  const have = new Map();
  const dir = await shards();
  for (const name of await names(dir)) {
    const sha = shaOf(name);
    if (name === `${sha}.bin`) have.set(sha, Infinity);
    else if (name === `${sha}.part` && !have.has(sha)) have.set(sha, (await size(dir, name)) ?? 0);
  }
  return have;
};
