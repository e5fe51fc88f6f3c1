// @ts-check

/**
 * Waits, but not beyond the network's return.
 * @param {number} ms @param {AbortSignal} [signal] rejects with its reason
 * @returns {Promise<void>}
 */
export const wait = (ms, signal) =>
  new Promise((resolve, reject) => {
    const end = () => {
      clearTimeout(timer);
      removeEventListener('online', end);
      signal?.removeEventListener('abort', end);
      if (signal?.aborted) reject(signal.reason);
      else resolve();
    };
    const timer = setTimeout(end, ms);
    addEventListener('online', end);
    signal?.addEventListener('abort', end);
    if (signal?.aborted) end();
  });
