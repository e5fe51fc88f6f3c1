// @ts-check
// What the store fails with, on both sides of its worker.

/**
 * network: the server could not be reached, or breaks off again and again.
 * missing: the server does not have the file. damaged: its copy is wrong.
 * quota: no room. busy: another tab holds a file. unavailable: this browser keeps no files.
 * cancelled: by whoever asked, or paused. deleted: the pack was removed meanwhile.
 * newer: its manifest is of a later version of mixtab.
 * Of a folder of the user's, empty: it is no pack; checkpoint: it is a model, but not packed;
 * away: it cannot be found; locked: the browser must ask the user first; incomplete: it lacks a file.
 * @typedef {'network' | 'missing' | 'damaged' | 'quota' | 'busy' | 'unavailable' | 'cancelled' | 'deleted'
 *   | 'newer' | 'empty' | 'checkpoint' | 'away' | 'locked' | 'incomplete'} Kind
 */

export class StoreError extends Error {
  /** @param {Kind} kind @param {string} message one line: which file, what happened, what to do */
  constructor(kind, message) {
    super(message);
    this.name = 'StoreError';
    this.kind = kind;
  }
}

/** @param {unknown} error */
export const text = (error) => (error instanceof Error ? error.message : String(error));

/**
 * Runs fn; where the browser gives it no room, that is an error of ours.
 * @template T @param {string} what @param {() => Promise<T>} fn
 */
export const withinQuota = async (what, fn) => {
  try {
    return await fn();
  } catch (error) {
    if (!is(error, 'QuotaExceededError')) throw error;
    throw new StoreError('quota', `no room for ${what}: free some space on this device, or remove other packs`);
  }
};

/** Whether a file system call failed by this name. @param {unknown} error @param {string} name */
export const is = (error, name) => error instanceof DOMException && error.name === name;

/** Whether it failed because a file, or a folder above it, is not there. @param {unknown} error */
export const isGone = (error) => is(error, 'NotFoundError') || is(error, 'InvalidStateError');
