// @ts-check
// What the store's workers, in this tab and others, tell each other.

/**
 * @typedef {{type: 'progress', pack: string, progress: import('../client.js').Progress}
 *   | {type: 'pause', pack: string}
 *   | {type: 'remove', pack: string}
 *   | {type: 'have', sha: string}
 *   | {type: 'want'}
 *   | {type: 'close', sha: string}
 *   | {type: 'lent', pack: string, folder: import('./lent.js').Folder}
 *   | {type: 'ask', pack: string}} Told
 * have: a shard has become complete; want: somebody waits for one; close: its file is about to go;
 * lent: the folder that a pack lies in; ask: for that
 */

const channel = new BroadcastChannel('mixtab-store');

/** @type {Set<(told: Told) => void>} */
const listeners = new Set();

/** @param {Told} told */
const hear = (told) => {
  for (const listener of [...listeners]) listener(told);
};

channel.onmessage = (/** @type {MessageEvent<Told>} */ { data }) => hear(data);

/** Tells all workers, this one too. @param {Told} told */
export const tell = (told) => {
  channel.postMessage(told);
  hear(told);
};

/** @param {(told: Told) => void} listener @returns {() => void} ends it */
export const listen = (listener) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};
