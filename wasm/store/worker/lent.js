// @ts-check
// Folders that the user has lent: where they are, and their files. A pack in one has an address
// made of its manifest's hash, so that the same pack is the same on whatever stick it comes.
//
// A handle is found by every worker (../folders.js). Files that were chosen one by one, where
// browsers give no handles, last as long as the worker that was given them, and other workers
// ask it for them.

import * as folders from '../folders.js';
import { StoreError, is, text } from './errors.js';
import { sha256 } from './hash.js';
import { listen, tell } from './tabs.js';

/** @typedef {FileSystemDirectoryHandle | Map<string, File>} Folder files by their paths in it */

const SCHEME = 'local:';
const ASK_MS = 500;
export const MANIFEST = 'manifest.json';

/** Whether a pack, or a file of one, is in a folder of the user's. @param {string} url */
export const isLocal = (url) => url.startsWith(SCHEME);

/** @param {Uint8Array<ArrayBuffer>} manifest */
export const addressOf = async (manifest) => `${SCHEME}${(await sha256(manifest)).slice(0, 32)}/`;

/** The pack that a file belongs to. @param {string} url @returns {[pack: string, path: string]} */
const split = (url) => {
  const end = url.indexOf('/') + 1;
  return [url.slice(0, end), url.slice(end)];
};

/** @type {Map<string, Folder>} by pack */
const lent = new Map();

listen((told) => {
  if (told.type === 'lent') lent.set(told.pack, told.folder);
  if (told.type === 'remove') lent.delete(told.pack);
  if (told.type === 'ask') {
    const folder = lent.get(told.pack);
    if (folder) tell({ type: 'lent', pack: told.pack, folder });
  }
});

/**
 * Takes a folder, which has been looked at.
 * @param {string} pack @param {Folder} folder @param {Uint8Array<ArrayBuffer>} manifest
 */
export const lend = async (pack, folder, manifest) => {
  tell({ type: 'lent', pack, folder });
  const handle = folder instanceof Map ? undefined : folder;
  await folders.keep({ pack, manifest, handle }).catch(notKept);
};

/** @param {string} pack */
export const forget = (pack) => folders.forget(pack).catch(notKept);

/** What can be known of the lent folders without reading them. */
export const all = () => folders.all().catch(() => []);

/** @param {unknown} error */
const notKept = (error) => console.warn(`mixtab: lent folders are not remembered: ${text(error)}`);

/** @param {string} pack @returns {Promise<Folder>} */
const folderOf = async (pack) => {
  const known = lent.get(pack);
  if (known) return known;
  const kept = await folders.kept(pack).catch(() => undefined);
  const found = kept?.handle ?? (await asked(pack));
  if (!found) throw new StoreError('away', `the folder of ${pack} is not known any more: choose it again`);
  lent.set(pack, found);
  return found;
};

/** The folder from another worker, if one has it. @param {string} pack @returns {Promise<Folder | undefined>} */
const asked = (pack) =>
  new Promise((resolve) => {
    const end = (/** @type {Folder | undefined} */ folder) => {
      clearTimeout(timer);
      stop();
      resolve(folder);
    };
    const timer = setTimeout(end, ASK_MS);
    const stop = listen((told) => {
      if (told.type === 'lent' && told.pack === pack) end(told.folder);
    });
    tell({ type: 'ask', pack });
  });

/**
 * Whether a lent folder can be read: 'ready', 'locked' until the user allows it, or 'away'.
 * @param {string} pack @returns {Promise<'ready' | 'locked' | 'away'>}
 */
export const stateOf = async (pack) => {
  try {
    await fileOf(pack + MANIFEST);
    return 'ready';
  } catch (error) {
    return error instanceof StoreError && error.kind === 'locked' ? 'locked' : 'away';
  }
};

/** A file of a lent folder, by its address. @param {string} url @returns {Promise<File>} */
export const fileOf = async (url) => {
  const [pack, path] = split(url);
  const folder = await folderOf(pack);
  try {
    return await fileIn(folder, path);
  } catch (error) {
    throw await explain(error, url, folder);
  }
};

/** @param {Folder} folder @param {string} path @returns {Promise<File>} */
export const fileIn = async (folder, path) => {
  if (folder instanceof Map) {
    const file = folder.get(path);
    if (!file) throw new DOMException(`${path} is not there`, 'NotFoundError');
    return file;
  }
  const names = path.split('/');
  const last = /** @type {string} */ (names.pop());
  let dir = folder;
  for (const name of names) dir = await dir.getDirectoryHandle(name);
  return (await dir.getFileHandle(last)).getFile();
};

/**
 * Why a file of a lent folder could not be read, in words.
 * @param {unknown} error @param {string} url @param {Folder} [folder]
 */
export const explain = async (error, url, folder) => {
  if (error instanceof StoreError || error instanceof RangeError) return error; // no memory is no fault of the folder
  if (is(error, 'NotAllowedError') || is(error, 'SecurityError')) {
    return new StoreError('locked', `${url} may not be read until you allow it: open the list of models and allow it`);
  }
  const [pack, path] = split(url);
  const there = folder ?? (await folderOf(pack));
  const whole = await fileIn(there, MANIFEST).then(readable, () => false);
  if (whole && is(error, 'NotFoundError')) {
    return new StoreError('incomplete', `${path} is missing in the model's folder: put it back, or copy the pack there again`);
  }
  const why = text(error);
  return new StoreError('away', `${path} cannot be read in the model's folder (${why}): plug its disk in and try again`);
};

/** @param {File} file */
const readable = (file) => file.slice(0, 1).arrayBuffer().then(() => true);
