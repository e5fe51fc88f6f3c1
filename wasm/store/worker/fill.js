// @ts-check
// Brings a file of known length from the network, range by range, into a sink that may have
// some of it already. Ranges are short so that little is on its way when a tab is killed,
// and so that background downloads stand back soon; and no longer than a second, where the
// network is slow.

import { StoreError, text } from './errors.js';
import { calm, enter } from './traffic.js';
import { wait } from './wait.js';

const RANGE_MIN = 256 << 10;
const RANGE_MAX = 2 << 20;
const PATIENCE_MS = 10_000; // how long a server may be away
const STALL_MS = 8000; // less, so that one that falls silent is asked again
const RETRY_MS = 300;

let rangeBytes = RANGE_MIN * 2;

/**
 * Where bytes go. The ETag is the server's for what is already there, '' where it has none.
 * @typedef {{length: number, etag: string, write: (chunk: Uint8Array<ArrayBuffer>) => void,
 *   restart: (etag: string) => void | Promise<void>}} Sink
 * @typedef {{url: string, sha: string, bytes: number, cache: RequestCache, signal: AbortSignal,
 *   onBytes: (delta: number) => void}} Job onBytes is told less than 0 where bytes were for nothing
 */

/** @param {Sink} sink @param {Job} job */
export const fill = async (sink, job) => {
  const state = { guard: true, restarts: 0 };
  let delay = RETRY_MS;
  let lastGood = performance.now();
  while (sink.length < job.bytes) {
    const before = sink.length;
    const queued = performance.now();
    const leave = await enter(job.sha, job.signal);
    lastGood += performance.now() - queued; // that was not the server's time
    try {
      await range(sink, job, state);
      delay = RETRY_MS;
      lastGood = performance.now();
      continue;
    } catch (error) {
      job.signal.throwIfAborted();
      if (!(error instanceof StoreError && error.kind === 'network')) throw error;
      if (sink.length > before) {
        delay = RETRY_MS;
        lastGood = performance.now();
      }
      if (performance.now() + delay - lastGood > PATIENCE_MS) throw error;
    } finally {
      leave();
    }
    await wait(delay * (0.75 + Math.random() / 2), job.signal);
    delay *= 2;
  }
};

/**
 * @param {Sink} sink @param {Job} job
 * @param {{guard: boolean, restarts: number}} state of this file's download
 */
const range = async (sink, job, state) => {
  const { url, bytes, cache } = job;
  const stall = new AbortController();
  const signal = AbortSignal.any([job.signal, stall.signal]);
  let timer = 0;
  const clock = {
    stop: () => clearTimeout(timer),
    start() {
      clearTimeout(timer);
      timer = setTimeout(() => stall.abort(new Error(`no byte for ${STALL_MS / 1000} s`)), STALL_MS);
    },
  };
  clock.start();
  const started = performance.now();
  const from = sink.length;
  try {
    const headers = new Headers({ Range: `bytes=${from}-${Math.min(from + rangeBytes, bytes) - 1}` });
    if (from > 0 && sink.etag && state.guard) headers.set('If-Range', sink.etag);
    let response;
    try {
      response = await fetch(url, { headers, cache, signal });
    } catch (error) {
      state.guard = false; // another origin may allow Range but not If-Range
      throw new StoreError('network', `${url} cannot be reached (${text(error)}): check the connection and try again`);
    }
    const whole = judge(response, from, job);
    await settleVersion(sink, response, from, whole, state, job);
    if (whole || sink.length === from) {
      await pour(sink, response, whole, job, signal, clock);
    }
  } finally {
    clock.stop();
    stall.abort(); // whatever of the answer is left
  }
  const come = sink.length - from;
  if (come >= RANGE_MIN) {
    const perSecond = (come / (performance.now() - started)) * 1000;
    rangeBytes = Math.round(Math.min(Math.max(perSecond, RANGE_MIN), RANGE_MAX));
  }
};

/**
 * Refuses answers that are of no use.
 * @param {Response} response @param {number} from @param {Job} job
 * @returns {boolean} whether it is the whole file, from its beginning
 */
const judge = (response, from, { url, bytes }) => {
  const { status } = response;
  const answered = `${url} answered ${status} ${response.statusText}`.trim();
  if (status === 206) {
    const [, first, total] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(response.headers.get('Content-Range') ?? '') ?? [];
    if (first !== undefined && Number(first) !== from) {
      throw new StoreError('damaged', `${url} answered with other bytes than asked for: ${serverIsWrong}`);
    }
    if (total !== undefined && total !== '*') wantLength(url, Number(total), bytes);
    return false;
  }
  if (status === 200) {
    const length = response.headers.get('Content-Length');
    if (length !== null && !response.headers.has('Content-Encoding')) wantLength(url, Number(length), bytes);
    return true;
  }
  if (status === 416) throw new StoreError('damaged', `${url} has less than its ${bytes} bytes: ${copyAgain}`);
  if (mayPass(status)) {
    throw new StoreError('network', `${answered}: try again later`);
  }
  const remedy = 'the pack is not there, or not all of it: check its address, or copy it there again';
  throw new StoreError('missing', `${answered}: ${remedy}`);
};

/** Whether a server that answers so may do better later. @param {number} status */
export const mayPass = (status) => status >= 500 || status === 408 || status === 425 || status === 429;

export const copyAgain = "the server's copy is damaged: copy the pack there again";
const serverIsWrong = 'the server, or something before it, does not handle ranges as it should';

/** @param {string} url @param {number} length @param {number} bytes */
const wantLength = (url, length, bytes) => {
  if (length !== bytes) throw new StoreError('damaged', `${url} has ${length} bytes instead of ${bytes}: ${copyAgain}`);
};

/**
 * Starts over where the file is another one than the sink's, or comes from its beginning.
 * @param {Sink} sink @param {Response} response @param {number} from @param {boolean} whole
 * @param {{restarts: number}} state @param {Job} job
 */
const settleVersion = async (sink, response, from, whole, state, job) => {
  const etag = response.headers.get('ETag') ?? '';
  const strong = etag.startsWith('W/') ? '' : etag;
  if (from > 0) {
    const changed = sink.etag !== '' && strong !== '' && strong !== sink.etag;
    if (!changed && !whole) return;
    state.restarts++;
    job.onBytes(-from);
  }
  // A server whose ETags differ each time has none that are of use; the hash will tell.
  await sink.restart(state.restarts > 1 ? '' : strong);
};

/**
 * @param {Sink} sink @param {Response} response @param {boolean} whole @param {Job} job
 * @param {AbortSignal} signal @param {{start: () => void, stop: () => void}} clock of silence
 */
const pour = async (sink, response, whole, { url, sha, bytes, onBytes }, signal, clock) => {
  const reader = /** @type {ReadableStream<Uint8Array<ArrayBuffer>>} */ (response.body).getReader();
  let come = 0;
  for (;;) {
    let piece;
    try {
      clock.stop();
      if (whole) await calm(sha, signal);
      clock.start();
      piece = await reader.read();
    } catch (error) {
      throw new StoreError('network', `${url} broke off (${text(error)}): check the connection and try again`);
    }
    if (piece.done) break;
    if (sink.length + piece.value.length > bytes) {
      throw new StoreError('damaged', `${url} has more than its ${bytes} bytes: ${copyAgain}`);
    }
    sink.write(piece.value);
    come += piece.value.length;
    onBytes(piece.value.length);
  }
  if (come === 0) throw new StoreError('network', `${url} answered with nothing: try again later`);
};
