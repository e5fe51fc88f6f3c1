// Serves until its input ends, for tests that are not written in JavaScript:
//
//   node local/serve.mjs '{"packs": {"demo": "/path/of/demo/pack"}}'
//
// The argument is what start of site.mjs takes. The first line of its output is a JSON
// object with the address. A line of its input is answered with the size of the
// JavaScript heap.

import { createInterface } from 'node:readline';
import { start } from './site.mjs';

const say = what => process.stdout.write(`${JSON.stringify(what)}\n`);
const site = await start(JSON.parse(process.argv[2]));
say({ url: site.url, ready_ms: site.readyMs });
for await (const _ of createInterface({ input: process.stdin })) {
  say({ heap: await site.heap() });
}
await site.stop();
process.exit(0); // Miniflare keeps timers
