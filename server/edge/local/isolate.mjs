// The isolate as tests want it, which has to be imported before what shall live in it.
//
// As on Cloudflare, but not in a workerd of one's own, the clock stands at 0 until there
// is a request. A test can move it on, and by the variable LATE forbid that a program is
// started before there is a request.

import { env } from 'cloudflare:workers';

let ahead = 0; // in milliseconds
let requested = false;
const RealDate = Date;
const monotonic = performance.now.bind(performance);

globalThis.Date = class extends RealDate {
  constructor(...args) {
    super(...(args.length > 0 ? args : [Date.now()]));
  }
  static now() {
    return requested ? RealDate.now() + ahead : 0;
  }
};
Object.defineProperty(globalThis, 'performance', {
  configurable: true,
  value: { timeOrigin: performance.timeOrigin, now: () => (requested ? monotonic() + ahead : 0) },
});

if (env.LATE) {
  WebAssembly.Instance = class extends WebAssembly.Instance {
    constructor(...args) {
      if (!requested) throw new Error('too early');
      super(...args);
    }
  };
}

/** Says that there is a request, and lets the clock run, that many milliseconds further on. */
export function arrived(ms) {
  requested = true;
  ahead += ms;
}
