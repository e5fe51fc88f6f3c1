// @ts-check
// Open files of complete shards. Their handles are of mode "read-only", which tabs may share.
// Browsers without that mode give exclusive handles, which they may not, and read blobs instead.

import { take } from './buffers.js';
import * as disk from './disk.js';
import { is } from './errors.js';
import { listen } from './tabs.js';

const OPEN_AT_MOST = 64; // opening one takes 1.6 ms (Chromium 156)

/**
 * @typedef {{read: (offset: number, length: number) => ArrayBuffer | Promise<ArrayBuffer>,
 *   close: () => unknown}} Reader
 */

/** @type {Map<string, Promise<Reader>>} least recently used first */
const readers = new Map();

listen((told) => {
  if (told.type === 'close') close(told.sha);
});

/**
 * Bytes of a complete shard; a DOMException "NotFoundError" where it is not here.
 * @param {string} sha @param {number} offset @param {number} length
 */
export const readAt = async (sha, offset, length) => {
  let reader = readers.get(sha);
  readers.delete(sha);
  readers.set(sha, (reader ??= open(sha)));
  if (readers.size > OPEN_AT_MOST) close(/** @type {string} */ (readers.keys().next().value));
  try {
    return await (await reader).read(offset, length);
  } catch (error) {
    if (readers.get(sha) === reader) close(sha);
    throw error;
  }
};

/** @param {string} sha */
const close = (sha) => {
  readers.get(sha)?.then((reader) => reader.close(), () => {});
  readers.delete(sha);
};

/** @param {string} sha @returns {Promise<Reader>} */
const open = async (sha) => {
  const file = await (await disk.shards()).getFileHandle(`${sha}.bin`);
  const access = await shared(file);
  if (!access) {
    const blob = await file.getFile();
    return {
      async read(offset, length) {
        const buffer = await blob.slice(offset, offset + length).arrayBuffer();
        wantWhole(buffer.byteLength, offset, length);
        return buffer;
      },
      close() {},
    };
  }
  return {
    read(offset, length) {
      const buffer = take(length);
      wantWhole(access.read(new Uint8Array(buffer), { at: offset }), offset, length);
      return buffer;
    },
    close: () => disk.close(access, file),
  };
};

/** @param {number} n @param {number} offset @param {number} length */
const wantWhole = (n, offset, length) => {
  if (n < length) throw new DOMException(`${n} bytes instead of ${length} at ${offset}`, 'DataError');
};

/** @param {FileSystemFileHandle} file @returns {Promise<FileSystemSyncAccessHandle | undefined>} */
const shared = async (file) => {
  try {
    const access = await /** @type {any} */ (file).createSyncAccessHandle({ mode: 'read-only' });
    if (access.mode === 'read-only') return access;
    await disk.close(access, file);
  } catch (error) {
    if (is(error, 'NotFoundError')) throw error;
  }
  return undefined;
};
