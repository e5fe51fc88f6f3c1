// @ts-check
// What the store needs to know of a manifest. That it makes sense as a model, Go checks.

import { StoreError } from './errors.js';

const VERSION = 1; // of the format, as of engine/weights
const SHARD_MAX = 1 << 30; // a shard is hashed in memory

/**
 * @typedef {{name: string, format: string, licence: string, source: string, tokenizer?: {file: string, sha256: string},
 *   shards: Map<string, number>, order: string[], totalBytes: number}} Manifest
 *   shards: bytes by SHA-256. order: that of downloading
 * @param {Uint8Array} bytes @param {string} url for errors
 * @returns {Manifest}
 */
export const parse = (bytes, url) => {
  const wrong = (/** @type {string} */ why) =>
    new StoreError('damaged', `${url} is no manifest of a pack (${why}): check the address`);
  let json;
  try {
    json = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    throw wrong('no JSON');
  }
  if (json?.version > VERSION) {
    const why = `has format version ${json.version}, newer than this page's (${VERSION})`;
    throw new StoreError('newer', `${url} ${why}: reload the page, or update mixtab`);
  }
  if (!Array.isArray(json?.shards) || !Array.isArray(json.tensors)) throw wrong('no shards or tensors');
  const shards = new Map();
  let totalBytes = 0;
  for (const shard of json.shards) {
    const { sha256, bytes } = shard ?? {};
    if (!isHash(sha256)) throw wrong('a shard without its hash');
    if (!Number.isSafeInteger(bytes) || bytes < 1 || bytes > SHARD_MAX) throw wrong(`a shard of ${bytes} bytes`);
    if (shards.has(sha256)) throw wrong('a shard twice');
    shards.set(sha256, bytes);
    totalBytes += bytes;
  }
  const { file, sha256 } = json.tokenizer ?? {};
  return {
    name: string(json.name),
    format: string(json.format),
    licence: string(json.licence),
    source: string(json.source),
    tokenizer: typeof file === 'string' && isHash(sha256) ? { file, sha256 } : undefined,
    shards,
    order: inOrder(json.tensors, shards),
    totalBytes,
  };
};

/** @param {unknown} value for people, so that any will do */
const string = (value) => (typeof value === 'string' ? value : '');

/** @param {unknown} text */
const isHash = (text) => typeof text === 'string' && /^[0-9a-f]{64}$/.test(text);

/**
 * What every token needs comes first, then experts layer by layer: tensors are listed so.
 * @param {any[]} tensors @param {Map<string, number>} shards
 */
const inOrder = (tensors, shards) => {
  const order = new Set();
  for (const experts of [false, true]) {
    for (const tensor of tensors) {
      if (/^layers\.\d+\.experts\./.test(tensor?.name) !== experts) continue;
      for (const part of tensor.parts ?? []) if (shards.has(part?.shard)) order.add(part.shard);
    }
  }
  for (const sha of shards.keys()) order.add(sha);
  return [...order];
};
