// Stands in front of the Worker in tests: its bucket misbehaves for the shards of packs
// with certain names, and the test can change what is in the bucket, move the clock, and
// look at the Go program.

import { kept } from '../program.mjs';
import worker from '../worker.mjs';

const faults = {
  throws: () => Promise.reject(new Error('get: We encountered an internal error. Please try again. (10001)')),
  gone: () => Promise.resolve(null),
  other: async object => ({ size: (await object()).size + 1, body: null }),
  silent: () => scheduler.wait(600_000), // a request that waits for nothing would be ended
  // No body that a Response takes: the Go program ends of it.
  ends: async object => ({ size: (await object()).size, body: Symbol('no body') }),
};

function faulty(bucket) {
  return {
    head: key => bucket.head(key),
    get(key, options) {
      const fault = faults[key.match(/^packs\/([a-z]+)\/shards\//)?.[1]];
      const object = () => bucket.get(key, options);
      return fault ? fault(object) : object();
    },
  };
}

let ahead = 0; // of the clock, in milliseconds
const RealDate = Date;
const monotonic = performance.now.bind(performance);
globalThis.Date = class extends RealDate {
  constructor(...args) {
    super(...(args.length > 0 ? args : [RealDate.now() + ahead]));
  }
  static now() {
    return RealDate.now() + ahead;
  }
};
Object.defineProperty(globalThis, 'performance', {
  value: { timeOrigin: performance.timeOrigin, now: () => monotonic() + ahead },
});

let starts = 0;
let last = null;

export default {
  async fetch(request, env, ctx) {
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
    ahead += Number(searchParams.get('seconds')) * 1000;
    return Response.json({ starts, bytes: kept?.bytes });
  },
};
