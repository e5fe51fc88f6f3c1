// @ts-check

/** @param {BufferSource} bytes */
export const sha256 = async (bytes) => {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
};

/** @type {Promise<unknown>} */
let hashing = Promise.resolve();

/** Hashing needs a whole shard in memory: one at a time. @template T @param {() => Promise<T>} fn */
export const hashInTurn = (fn) => {
  const turn = hashing.then(fn);
  hashing = turn.catch(() => {});
  return turn;
};
