// @ts-check
// Brings a pack's files from the network into ArrayBuffers. Shards are verified here,
// by WebCrypto, and go from here to the GPU: no byte of them enters Go's memory.
//
// An ordinary module. Import it in the worker that runs the Go program, before the
// program starts: it installs itself as globalThis.mixtabFetch.

/** What a fetch failed with: Go tells the kinds apart. */
class FetchError extends Error {
  /** @param {'network' | 'missing' | 'damaged'} kind @param {string} message */
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
 * @returns {Promise<ReadableStreamDefaultReader<Uint8Array>>}
 */
const ask = async (url, cache) => {
  let response;
  try {
    response = await fetch(url, { cache });
  } catch (error) {
    throw new FetchError('network', `${url} cannot be reached (${error instanceof Error ? error.message : error})`);
  }
  if (!response.ok || !response.body) {
    const kind = response.status === 404 || response.status === 410 ? 'missing' : 'network';
    throw new FetchError(kind, `${url} answered ${response.status} ${response.statusText}`.trim());
  }
  return response.body.getReader();
};

/**
 * Yields a file's bytes as they come.
 * @param {string} url @param {RequestCache} cache
 */
async function* pieces(url, cache) {
  const reader = await ask(url, cache);
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } catch (error) {
    throw new FetchError('network', `${url} broke off (${error instanceof Error ? error.message : error})`);
  } finally {
    reader.cancel().catch(() => {}); // whoever asked wants no more
  }
}

/**
 * A small file, always asked for anew.
 * @param {string} url @param {string} sha its SHA-256; '' where nobody knows it
 */
const fetchFile = async (url, sha) => {
  /** @type {BlobPart[]} */
  const all = [];
  for await (const piece of pieces(url, 'no-cache')) all.push(/** @type {BlobPart} */ (piece));
  const bytes = await new Blob(all).arrayBuffer();
  if (sha !== '' && (await sha256(bytes)) !== sha) {
    throw new FetchError('damaged', `${url} has other bytes than its manifest says`);
  }
  return new Uint8Array(bytes);
};

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
      const bytes = new Uint8Array(length);
      for await (const piece of pieces(url, cache)) {
        if (come + piece.length > length) throw new FetchError('damaged', `${url} has more than its ${length} bytes`);
        bytes.set(piece, come);
        come += piece.length;
        onBytes(piece.length);
      }
      if (come < length) throw new FetchError('damaged', `${url} has ${come} bytes instead of ${length}`);
      if ((await sha256(bytes.buffer)) !== sha) {
        throw new FetchError('damaged', `${url} has other bytes than its name says`);
      }
      return bytes.buffer;
    } catch (error) {
      onBytes(-come);
      if (cache === 'reload') throw error;
    }
  }
  throw new Error('unreachable');
};

/**
 * Gives a shard's memory back at once. Go still refers to the ArrayBuffer until its next
 * garbage collection, which with so small a heap may be gigabytes of shards away.
 * @param {ArrayBuffer} bytes
 */
const release = (bytes) => {
  structuredClone(bytes, { transfer: [bytes] });
};

/** @type {any} */ (globalThis).mixtabFetch = { fetchFile, fetchShard, release };
