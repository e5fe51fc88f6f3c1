// @ts-check
// A pack in a lent folder: looked at, verified as other packs are, and read where it lies.

import { take } from './buffers.js';
import { StoreError, text } from './errors.js';
import { hashInTurn, sha256 } from './hash.js';
import { MANIFEST, addressOf, explain, fileIn, fileOf, isLocal } from './lent.js';
import { parse } from './manifest.js';
import { listen } from './tabs.js';

export { isLocal };

const PIECE = 2 << 20; // of a copy, which can be cancelled between two

/** @typedef {import('./lent.js').Folder} Folder */

/** The manifest of a pack that was lent. @param {string} url @returns {Promise<Uint8Array<ArrayBuffer>>} */
export const manifestOf = async (url) => {
  const raw = await bytesOf(url + MANIFEST);
  if ((await addressOf(raw)) === url) return raw;
  throw new StoreError('away', `the folder of ${url} holds another pack now: choose the right folder again`);
};

/** A small file of a lent folder. @param {string} url */
export const bytesOf = async (url) => {
  const file = await fileOf(url);
  try {
    return new Uint8Array(await file.arrayBuffer());
  } catch (error) {
    throw await explain(error, url);
  }
};

/**
 * What makes a folder a pack: its manifest, its tokenizer and its shards, as long as they should be.
 * @param {Folder} folder @returns {Promise<Uint8Array<ArrayBuffer>>} the manifest
 */
export const look = async (folder) => {
  const raw = await fileIn(folder, MANIFEST).then(
    async (file) => new Uint8Array(await file.arrayBuffer()),
    async (error) => {
      throw await whyNot(folder, error);
    },
  );
  const { tokenizer, shards } = parse(raw, MANIFEST);
  /** @type {string[]} */
  const missing = [];
  if (tokenizer) await fileIn(folder, tokenizer.file).catch(() => missing.push(tokenizer.file));
  await Promise.all(
    Array.from(shards, async ([sha, bytes]) => {
      const path = `shards/${sha}.bin`;
      const length = await fileIn(folder, path).then(({ size }) => size, () => -1);
      if (length !== bytes) missing.push(path);
    }),
  );
  if (missing.length === 0) return raw;
  const others = missing.length === 1 ? '' : ` and ${missing.length - 1} more`;
  const fault = `${missing[0]}${others} of the pack's files, missing or of another length than they should have`;
  throw new StoreError('incomplete', `the folder lacks ${fault}: copy the pack there again`);
};

/** Why a folder without a manifest is none of ours. @param {Folder} folder @param {unknown} error */
const whyNot = async (folder, error) => {
  const names = await namesIn(folder).catch(() => []);
  if (names.some((name) => /\.safetensors(\.index\.json)?$|^pytorch_model.*\.bin$/.test(name))) {
    const remedy = 'pack it with "go run ./tools/pack -in FOLDER -out PACK -format q4", then choose PACK';
    return new StoreError('checkpoint', `the folder holds a checkpoint of Hugging Face and not a pack: ${remedy}`);
  }
  if (names.length === 0 && !(folder instanceof Map)) {
    return new StoreError('away', `the folder is empty, or cannot be read (${text(error)}): choose it again`);
  }
  return new StoreError('empty', 'the folder has no manifest.json, so it is no pack: choose the folder that has one');
};

/** @param {Folder} folder */
const namesIn = async (folder) => {
  if (folder instanceof Map) return [...folder.keys()];
  const names = [];
  for await (const name of folder.keys()) names.push(name);
  return names;
};

/** @type {Map<string, File>} files whose bytes were right, as they were then */
const verified = new Map();
/** @type {Map<string, Promise<ArrayBuffer>>} shards whole, while they are hashed */
const hashing = new Map();

listen((told) => {
  if (told.type === 'have') verified.delete(told.sha); // a copy is there: it is read instead
  if (told.type === 'lent') verified.clear();
});

/** Whether a shard is read from where it lies. @param {string} sha */
export const reads = (sha) => verified.has(sha) || hashing.has(sha);

/**
 * Bytes of a shard. The first time, all of it is read and hashed, and whoever wants some of it
 * meanwhile waits for that; from then on only what is asked for is read.
 * @param {import('./shard.js').Shard} shard @param {number} offset @param {number} length
 */
export const readLocal = async (shard, offset, length) => {
  const file = verified.get(shard.sha);
  if (file) {
    try {
      return await file.slice(offset, offset + length).arrayBuffer();
    } catch {
      verified.delete(shard.sha); // changed, or its disk has gone and may be back: looked at anew
    }
  }
  const whole = await hashed(shard);
  const piece = take(length);
  new Uint8Array(piece).set(new Uint8Array(whole, offset, length));
  return piece;
};

/** @param {import('./shard.js').Shard} shard */
const hashed = (shard) => {
  const { sha } = shard;
  let running = hashing.get(sha);
  if (!running) {
    running = check(shard).finally(() => hashing.delete(sha));
    hashing.set(sha, running);
  }
  return running;
};

/** @param {import('./shard.js').Shard} shard */
const check = ({ url, sha, bytes }) =>
  hashInTurn(async () => {
    const file = await fileOf(url);
    let whole;
    try {
      whole = await file.slice(0, bytes).arrayBuffer();
    } catch (error) {
      throw await explain(error, url);
    }
    if (file.size !== bytes || (await sha256(whole)) !== sha) throw damaged(url);
    verified.set(sha, file);
    return whole;
  });

/** @param {string} url */
export const damaged = (url) =>
  new StoreError('damaged', `${url} has other bytes than its name says: copy the pack into its folder again`);

/** Whether a shard is as it should be, where it lies. @param {import('./shard.js').Shard} shard */
export const isIntactLocal = async (shard) => {
  verified.delete(shard.sha);
  try {
    await hashed(shard);
    return true;
  } catch (error) {
    if (error instanceof StoreError && (error.kind === 'damaged' || error.kind === 'incomplete')) return false;
    throw error;
  }
};

/**
 * Copies a shard from where it lies, as fill.js brings one from the network.
 * @param {import('./fill.js').Sink} sink @param {import('./fill.js').Job} job
 */
export const copy = async (sink, { url, bytes, signal, onBytes }) => {
  const file = await fileOf(url);
  if (file.size !== bytes) throw damaged(url);
  while (sink.length < bytes) {
    signal.throwIfAborted();
    let piece;
    try {
      piece = await file.slice(sink.length, sink.length + PIECE).arrayBuffer();
    } catch (error) {
      throw await explain(error, url);
    }
    sink.write(new Uint8Array(piece));
    onBytes(piece.byteLength);
  }
};
