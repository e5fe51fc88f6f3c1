// @ts-check
// Who may use the network now. Shards that somebody waits for go first, in whichever tab:
// meanwhile background downloads ask for no further range. Who waits for a shard holds the
// lock "mixtab-want <sha>", so a tab that dies waits no more.
//
// At most STREAMS ranges of at most 2 MiB (fill.js) are on their way, so a tab that is killed
// has at most 8 MiB to fetch again.

import { listen, tell } from './tabs.js';

const STREAMS = 4;
const BACKGROUND = 3; // one is always free for what is waited for
const LOOK_MS = 100;

const WANT = 'mixtab-want ';

/** @type {Map<string, number>} how many wait for a shard, in this worker */
const here = new Map();
/** @type {Set<string>} shards that others wait for */
let elsewhere = new Set();
let looking = false;
let again = false;

/** @type {{sha: string, go: () => void}[]} */
let queue = [];
let busy = 0;

listen(({ type }) => {
  if (type === 'want') look();
});

/**
 * Runs fn, which waits for a shard, ahead of all background downloads.
 * @template T @param {string} sha @param {() => Promise<T>} fn @returns {Promise<T>}
 */
export const want = async (sha, fn) =>
  await navigator.locks.request(WANT + sha, { mode: 'shared' }, async () => {
    here.set(sha, (here.get(sha) ?? 0) + 1);
    tell({ type: 'want' });
    next();
    try {
      return await fn();
    } finally {
      const left = /** @type {number} */ (here.get(sha)) - 1;
      if (left > 0) here.set(sha, left);
      else here.delete(sha);
      next();
    }
  });

/** @param {string} sha */
export const wanted = (sha) => here.has(sha) || elsewhere.has(sha);

/** Whether a background download should stand back. @param {string} sha */
const mustWait = (sha) => !wanted(sha) && here.size + elsewhere.size > 0;

/**
 * Resolves when a range of a shard may be asked for, with what to call at its end.
 * @param {string} sha @param {AbortSignal} signal @returns {Promise<() => void>}
 */
export const enter = async (sha, signal) => {
  await turn(sha, signal, () => busy < (wanted(sha) ? STREAMS : BACKGROUND) && !mustWait(sha));
  busy++;
  return () => {
    busy--;
    next();
  };
};

/** Resolves when a background download may go on reading. @param {string} sha @param {AbortSignal} signal */
export const calm = async (sha, signal) => {
  if (mustWait(sha)) await turn(sha, signal, () => !mustWait(sha));
};

/** @param {string} sha @param {AbortSignal} signal @param {() => boolean} may */
const turn = async (sha, signal, may) => {
  for (signal.throwIfAborted(); !may(); signal.throwIfAborted()) {
    await new Promise((resolve) => {
      const go = () => {
        signal.removeEventListener('abort', go);
        resolve(undefined);
      };
      signal.addEventListener('abort', go);
      queue.push({ sha, go });
    });
  }
};

/** Lets everyone who waits look again, the wanted ones first. */
const next = () => {
  const all = queue;
  queue = [];
  for (const first of [true, false]) {
    for (const { sha, go } of all) if (wanted(sha) === first) go();
  }
};

/** Follows what other workers wait for, until they do no more. */
const look = async () => {
  again = true;
  if (looking) return;
  looking = true;
  try {
    while (again) {
      again = false;
      const { held = [] } = await navigator.locks.query();
      const shas = held.flatMap(({ name }) => (name?.startsWith(WANT) ? [name.slice(WANT.length)] : []));
      elsewhere = new Set(shas.filter((sha) => !here.has(sha)));
      next();
      if (elsewhere.size === 0) continue;
      again = true;
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  } finally {
    looking = false;
  }
};
