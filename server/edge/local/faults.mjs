// Stands in front of the Worker in tests: its bucket misbehaves for the shards of packs
// with certain names, and once for the manifest of the pack mute; the test can change what
// is in the bucket, move the clock, and look at the Go program.

import './isolate.mjs'; // before the Worker, which starts in it
import { kept } from '../kept.mjs';
import worker from '../worker.mjs';
import { arrived } from './isolate.mjs';

const faults = {
  throws: () => Promise.reject(new Error('get: We encountered an internal error. Please try again. (10001)')),
  gone: () => Promise.resolve(null),
  other: async object => ({ size: (await object()).size + 1, body: null }),
  silent() {
    silent++;
    return scheduler.wait(600_000); // a request that waits for nothing would be ended
  },
  // No body that a Response takes: the Go program ends of it.
  ends: async object => ({ size: (await object()).size, body: Symbol('no body') }),
};

let silent = 0; // questions that were never answered
let mute = true;

function faulty(bucket) {
  const asks = operation => (key, options) => {
    const fault = faults[key.match(/^packs\/([a-z]+)\/shards\//)?.[1]];
    const object = () => bucket[operation](key, options);
    if (mute && key === 'packs/mute/manifest.json') {
      mute = false;
      return faults.silent();
    }
    return fault ? fault(object) : object();
  };
  return { head: asks('head'), get: asks('get') };
}

let starts = 0; // of programs, by requests
let last = kept;

export default {
  async fetch(request, env, ctx) {
    arrived(0);
    const { pathname, searchParams } = new URL(request.url);
    if (!pathname.startsWith('/test/')) {
      try {
        return await worker.fetch(request, { ...env, BUCKET: faulty(env.BUCKET) }, ctx);
      } finally {
        if (kept !== last) starts++;
        last = kept;
      }
    }
    const key = pathname.slice('/test/'.length);
    if (request.method === 'PUT') await env.BUCKET.put(key, await request.arrayBuffer());
    if (request.method === 'DELETE') await env.BUCKET.delete(key);
    arrived(Number(searchParams.get('seconds')) * 1000);
    return Response.json({ starts, silent, bytes: kept?.bytes });
  },
};
