// Fills the local bucket of `wrangler dev` with packs:
//
//   node local/fill.mjs STATE BUCKET packs/demo=../../demo/pack ...

import path from 'node:path';
import { Miniflare } from 'miniflare';
import { fill } from './site.mjs';

const [state, name, ...packs] = process.argv.slice(2);
const miniflare = new Miniflare({
  modules: true,
  script: 'export default {}',
  cf: false,
  r2Buckets: { BUCKET: name },
  r2Persist: path.join(state, 'v3/r2'), // where wrangler keeps it
});
const bucket = await miniflare.getR2Bucket('BUCKET');
for (const pack of packs) {
  const [folder, from] = pack.split('=');
  await fill(bucket, folder, from);
}
await miniflare.dispose();
