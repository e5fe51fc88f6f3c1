// @ts-check
// Brings a pack's files from the network into ArrayBuffers. Shards are verified here,
// by WebCrypto, and go from here to the GPU: no byte of them enters Go's memory.
//
// An ordinary module. Import it in the worker that runs the Go program, before the
// program starts: it installs itself as globalThis.mixtabFetch.

/** What a fetch failed with: Go tells the kinds apart. */
class FetchError extends Error {
  /** @param {'network' | 'bad_shard'} kind @param {string} message */
  constructor(kind, message) {
    super(message);
    this.kind = kind;
  }
}

/** @param {ArrayBuffer} bytes */
const sha256 = async (bytes) => {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
};

/**
 * @param {string} url @param {RequestCache} cache
 * @param {(bytes: number) => void} onBytes told how many more bytes have come
 * @returns {Promise<ArrayBuffer>}
 */
const download = async (url, cache, onBytes) => {
  let response;
  try {
    response = await fetch(url, { cache });
  } catch (error) {
    throw new FetchError('network', `${url} cannot be reached (${error instanceof Error ? error.message : error})`);
  }
  if (!response.ok) {
    throw new FetchError('network', `${url} answered ${response.status} ${response.statusText}`.trim());
  }
  try {
    const reader = response.body?.getReader();
    if (!reader) return await response.arrayBuffer();
    /** @type {Uint8Array[]} */
    const chunks = [];
    let length = 0;
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      chunks.push(value);
      length += value.length;
      onBytes(value.length);
    }
    const all = new Uint8Array(length);
    let at = 0;
    for (const chunk of chunks) {
      all.set(chunk, at);
      at += chunk.length;
    }
    return all.buffer;
  } catch (error) {
    throw new FetchError('network', `${url} broke off (${error instanceof Error ? error.message : error})`);
  }
};

/** A small file, always asked for anew. @param {string} url */
const fetchFile = async (url) => new Uint8Array(await download(url, 'no-cache', () => {}));

/**
 * A shard with the length and the SHA-256 that its pack promises. One that is wrong or
 * breaks off is asked for once more, past every cache.
 * @param {string} url @param {string} sha @param {number} length
 * @param {(bytes: number) => void} onBytes told how many more bytes have come; negative when they were for nothing
 */
const fetchShard = async (url, sha, length, onBytes) => {
  for (const cache of /** @type {const} */ (['default', 'reload'])) {
    let come = 0;
    try {
      const bytes = await download(url, cache, (n) => {
        come += n;
        onBytes(n);
      });
      if (bytes.byteLength !== length) {
        throw new FetchError('bad_shard', `${url} has ${bytes.byteLength} bytes instead of ${length}`);
      }
      if ((await sha256(bytes)) !== sha) throw new FetchError('bad_shard', `${url} has other bytes than its name says`);
      return bytes;
    } catch (error) {
      onBytes(-come);
      if (cache === 'reload') throw error;
    }
  }
  throw new Error('unreachable');
};

/** @type {any} */ (globalThis).mixtabFetch = { fetchFile, fetchShard };
