// @ts-check
// What the user may know of each pack: those in the browser's storage, and those in folders
// that were lent.

import { available, inventory } from './disk.js';
import { addressOf, all, lend as keepLent, stateOf } from './lent.js';
import { isLocal, look } from './local.js';
import { parse } from './manifest.js';
import { downloadLock, open, opened, progressOf, stored, sweepOnce } from './packs.js';

/** @typedef {import('../client.js').Listed} Listed */

/** @returns {Promise<Listed[]>} */
export const list = async () => {
  /** @type {Map<string, import('./manifest.js').Manifest | undefined>} by pack */
  const packs = new Map();
  const persistent = await available();
  if (persistent) {
    sweepOnce();
    for (const { url, manifest } of await stored()) if (url) packs.set(url, manifest);
  }
  for (const { pack, manifest } of await all()) packs.set(pack, parse(manifest, pack));
  const have = persistent ? await inventory() : new Map();
  return Promise.all(Array.from(packs, ([pack, manifest]) => entry(pack, manifest, have)));
};

/**
 * One pack, which need not be known yet: its manifest is fetched, but nothing else of it.
 * @param {string} url @param {import('./main.js').Context} context
 */
export const describe = async (url, context) => {
  await open(url, context);
  const { manifest } = await opened(url, context);
  return entry(url, manifest, (await available()) ? await inventory() : new Map());
};

/**
 * Takes a folder as a pack.
 * @param {import('./lent.js').Folder} folder @param {import('./main.js').Context} context
 */
export const lend = async (folder, context) => {
  const manifest = await look(folder);
  const pack = await addressOf(manifest);
  await keepLent(pack, folder, manifest);
  return describe(pack, context);
};

/**
 * @param {string} pack @param {import('./manifest.js').Manifest | undefined} manifest
 * @param {Map<string, number>} have @returns {Promise<Listed>}
 */
const entry = async (pack, manifest, have) => {
  const { held = [] } = await navigator.locks.query();
  const downloading = held.some(({ name }) => name === downloadLock(pack));
  // One that is unreadable is listed so that it can be removed.
  const progress = manifest ? await progressOf(manifest, have) : { storedBytes: 0, totalBytes: 0, complete: false };
  const { name = '', format = '', licence = '', source = '' } = manifest ?? {};
  const folder = isLocal(pack) ? await stateOf(pack) : null;
  return { pack, name, format, licence, source, folder, downloading, ...progress };
};
