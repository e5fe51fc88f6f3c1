// @ts-check
// KV caches of conversations, so that a long one opens again without being run again:
//
//   mixtab/caches/<key>.bin    keys and values, piece after piece
//   mixtab/caches/<key>.json   what they are; written last and removed first, so that there
//                              is none beside a half
//
// The key is a hash of the caller's. All together stay below a limit: those that were used
// longest ago make room. What is not as its description says is no cache, and removed.

import * as disk from './disk.js';
import { StoreError, withinQuota } from './errors.js';
import { sha256 } from './hash.js';

/**
 * @typedef {{pack: string, identity: string, tokens: number[], bytes: number, used: number,
 *   pieces: {bytes: number, sha256: string}[]}} About
 *   identity: what the bytes depend on besides the tokens
 * @typedef {{access: FileSystemSyncAccessHandle, file: FileSystemFileHandle, at: number,
 *   pieces: About['pieces'], dir: FileSystemDirectoryHandle}} Writing
 */

/** @type {Map<string, Writing>} by the caller's key */
const writings = new Map();

/**
 * Begins to keep a cache in place of the one of this key. False where it would not fit.
 * @param {string} key @param {number} bytes that will come @param {number} limit of all caches
 */
export const beginCache = async (key, bytes, limit) => {
  if (bytes > limit || !(await disk.available())) return false;
  await dropCache(key);
  const dir = await disk.folder('caches');
  await makeRoom(dir, limit - bytes);
  const file = await dir.getFileHandle(`${await nameOf(key)}.bin`, { create: true });
  const access = await disk.exclusive(file);
  access.truncate(0);
  writings.set(key, { access, file, at: 0, pieces: [], dir });
  return true;
};

/** Adds a piece. @param {string} key @param {ArrayBuffer} piece */
export const addToCache = (key, piece) =>
  withinQuota('a conversation', async () => {
    const writing = /** @type {Writing} */ (writings.get(key));
    const bytes = new Uint8Array(piece);
    const digest = sha256(bytes);
    if (writing.access.write(bytes, { at: writing.at }) !== bytes.length) {
      throw new DOMException('short write', 'QuotaExceededError');
    }
    writing.at += bytes.length;
    writing.pieces.push({ bytes: bytes.length, sha256: await digest });
  });

/**
 * Ends what beginCache began.
 * @param {string} key @param {string} pack that it goes with @param {string} identity @param {string} list of tokens, as JSON
 */
export const endCache = async (key, pack, identity, list) => {
  const tokens = JSON.parse(list);
  const { access, file, at: bytes, pieces, dir } = /** @type {Writing} */ (writings.get(key));
  writings.delete(key);
  await disk.close(access, file);
  await describe(dir, await nameOf(key), { pack, identity, tokens, bytes, pieces, used: Date.now() });
};

/**
 * What a key has, an About as JSON, if it is of this identity. Whatever else lies there is removed.
 * @param {string} key @param {string} identity @returns {Promise<string | null>}
 */
export const openCache = async (key, identity) => {
  const dir = (await disk.available()) ? await disk.existing('caches') : undefined;
  if (!dir) return null;
  const name = await nameOf(key);
  const about = await read(dir, name);
  if (about?.identity === identity && (await disk.size(dir, `${name}.bin`)) === about.bytes) {
    await describe(dir, name, { ...about, used: Date.now() });
    return JSON.stringify(about);
  }
  await dropCache(key);
  return null;
};

/**
 * A piece of what openCache told of; "damaged" where it is another than was written.
 * @param {string} key @param {number} at its first byte @param {number} length @param {string} sha
 */
export const readCache = async (key, at, length, sha) => {
  const dir = await disk.folder('caches');
  const file = await (await dir.getFileHandle(`${await nameOf(key)}.bin`)).getFile();
  const bytes = await file.slice(at, at + length).arrayBuffer();
  if (bytes.byteLength === length && (await sha256(bytes)) === sha) return bytes;
  await dropCache(key);
  throw new StoreError('damaged', 'a stored conversation was damaged and is removed');
};

/** Removes what a key has, and gives up what is being written. @param {string} key */
export const dropCache = async (key) => {
  const writing = writings.get(key);
  writings.delete(key);
  if (writing) await disk.close(writing.access, writing.file);
  const dir = (await disk.available()) ? await disk.existing('caches') : undefined;
  if (dir) await removeFrom(dir, await nameOf(key));
};

/** Removes those of a pack, which is removed itself. @param {string} pack */
export const dropCachesOf = async (pack) => {
  const dir = await disk.existing('caches');
  if (!dir) return;
  for (const name of new Set((await disk.names(dir)).map(disk.shaOf))) {
    if ((await read(dir, name))?.pack === pack) await removeFrom(dir, name).catch(() => {}); // another tab writes it
  }
};

/** @param {string} key */
const nameOf = (key) => sha256(new TextEncoder().encode(key));

/** @param {FileSystemDirectoryHandle} dir @param {string} name @param {About} about */
const describe = (dir, name, about) =>
  withinQuota('a conversation', () => disk.writeSmall(dir, `${name}.json`, new TextEncoder().encode(JSON.stringify(about))));

/** @param {FileSystemDirectoryHandle} dir @param {string} name @returns {Promise<About | undefined>} */
const read = async (dir, name) => {
  const bytes = await disk.readSmall(dir, `${name}.json`);
  if (!bytes) return undefined;
  try {
    const about = JSON.parse(new TextDecoder().decode(bytes));
    const whole = about.pieces.reduce((/** @type {number} */ sum, /** @type {{bytes: number}} */ piece) => sum + piece.bytes, 0);
    return whole === about.bytes && Array.isArray(about.tokens) ? about : undefined;
  } catch {
    return undefined; // no JSON, or of another shape
  }
};

/** @param {FileSystemDirectoryHandle} dir @param {string} name */
const removeFrom = async (dir, name) => {
  for (const file of [`${name}.json`, `${name}.bin`]) await disk.unlessMissing(() => dir.removeEntry(file));
};

/** Removes caches, those used longest ago first, until the rest takes no more. @param {FileSystemDirectoryHandle} dir @param {number} bytes */
const makeRoom = async (dir, bytes) => {
  const names = new Set((await disk.names(dir)).map(disk.shaOf));
  const writing = new Set(await Promise.all([...writings.keys()].map(nameOf)));
  const kept = [];
  for (const name of names) {
    if (writing.has(name)) continue;
    const about = await read(dir, name);
    const size = (await disk.size(dir, `${name}.bin`)) ?? 0;
    kept.push({ name, size, used: about?.used ?? 0 });
  }
  kept.sort((a, b) => a.used - b.used);
  let total = kept.reduce((sum, { size }) => sum + size, 0);
  for (const { name, size } of kept) {
    if (total <= bytes) return;
    await removeFrom(dir, name).catch(() => {}); // another tab writes it
    total -= size;
  }
};
