// The Go program that lives as long as the isolate.

import { env } from 'cloudflare:workers';
import { Program } from './program.mjs';

/** The program that is kept, or null while there is none. */
export let kept = env.INSTANCES === 'request' ? null : early();

/** The program that is kept, a new one where that has ended. */
export function keep() {
  if (kept === null || kept.ended) kept = new Program();
  return kept;
}

/**
 * A program that is started with the isolate, before there is a request: Cloudflare starts
 * isolates while their clients still negotiate TLS. Where that fails, the first request
 * starts one.
 *
 * Outside of requests the clock stands and there is no chance, and Go wants both: a time
 * that is not 0, and a seed for its maps. So all isolates have the same seed. Nothing in
 * the program needs a secret, and what strangers can put into a map is the headers of one
 * request.
 */
function early() {
  let ms = 0;
  const standIns = {
    crypto: { getRandomValues: bytes => bytes },
    performance: { now: () => (ms += 0.001) },
  };
  const real = {};
  for (const name of Object.keys(standIns)) {
    real[name] = Object.getOwnPropertyDescriptor(globalThis, name);
    Object.defineProperty(globalThis, name, { configurable: true, value: standIns[name] });
  }
  try {
    const program = new Program();
    program.configure(env).catch(() => {}); // requests are told
    return program;
  } catch (error) {
    console.error('edge: not started early:', error.stack);
    return null;
  } finally {
    for (const name of Object.keys(real)) {
      if (real[name]) Object.defineProperty(globalThis, name, real[name]);
      else delete globalThis[name];
    }
  }
}
