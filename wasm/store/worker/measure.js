// @ts-check
// How fast files are read here: in pieces of 16 MiB, as weights are. Of what is stored if
// there is enough, else of a file made for this, which the system then has in memory: the
// figure is an upper bound.

import { available, close, exclusive, folder, names, shards, size } from './disk.js';

const PIECE = 16 << 20;
const SCRATCH = 2 * PIECE;
const LIMIT_MS = 300;

/** @returns {Promise<number>} bytes a second; 0 where there is no store */
export const measure = async () => {
  if (!(await available())) return 0;
  const buffer = new Uint8Array(PIECE).fill(1); // touched, or the first read pays for its pages
  return (await ofShards(buffer)) || ofScratch(buffer);
};

/** @param {Uint8Array<ArrayBuffer>} buffer */
const ofShards = async (buffer) => {
  const dir = await shards();
  const bins = (await names(dir)).filter((name) => name.endsWith('.bin'));
  let bytes = 0;
  let ms = 0;
  for (const end = performance.now() + 2 * LIMIT_MS; bins.length > 0 && ms < LIMIT_MS && performance.now() < end; ) {
    const [name] = bins.splice(Math.floor(Math.random() * bins.length), 1);
    const length = (await size(dir, name)) ?? 0;
    if (length < PIECE / 16) continue;
    const file = await dir.getFileHandle(name);
    const access = await /** @type {any} */ (file).createSyncAccessHandle({ mode: 'read-only' }).catch(() => undefined);
    if (!access) continue;
    try {
      const start = performance.now();
      let read = 0;
      for (let at = 0; at < length; at += PIECE) read += access.read(buffer, { at });
      ms += performance.now() - start;
      bytes += read;
    } catch {
      // read.js will see to it
    } finally {
      await close(access, file);
    }
  }
  return bytes < PIECE ? 0 : (bytes / ms) * 1000;
};

/** @param {Uint8Array<ArrayBuffer>} buffer */
const ofScratch = async (buffer) => {
  const dir = await folder();
  const name = `measure-${crypto.randomUUID()}`;
  const file = await dir.getFileHandle(name, { create: true });
  const access = await exclusive(file);
  try {
    let written = 0;
    for (const end = performance.now() + LIMIT_MS; written < SCRATCH && performance.now() < end; written += PIECE) {
      access.write(buffer, { at: written });
    }
    let bytes = 0;
    const start = performance.now();
    while (performance.now() - start < LIMIT_MS) bytes += access.read(buffer, { at: bytes % written });
    return (bytes / (performance.now() - start)) * 1000;
  } catch {
    return 0; // no room
  } finally {
    await close(access, file);
    await dir.removeEntry(name);
  }
};
