// The Worker in workerd on this machine, by Miniflare, as wrangler.jsonc says, with a
// bucket in a folder of its own. Nothing of it asks the network.

import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Miniflare } from 'miniflare';
import { unstable_getMiniflareWorkerOptions as workerOptions } from 'wrangler';

const root = path.resolve(import.meta.dirname, '../../..');

/**
 * Starts the Worker. build is the folder with edge.wasm and wasm_exec.js; packs are
 * folders by name, that of preset the one that the page opens; page is a folder that
 * server/edge/page wrote; entry is a module of this folder that stands in front of
 * worker.mjs; vars are further variables; inspect opens the isolate to heap().
 */
export async function start({
  build = path.join(root, 'build/edge'),
  packs = {},
  preset,
  page,
  entry,
  vars = {},
  inspect,
}) {
  const state = await mkdtemp(path.join(tmpdir(), 'mixtab-edge-'));
  const config = workerOptions(path.join(root, 'server/edge/wrangler.jsonc'), undefined, {
    overrides: { assets: { directory: page ?? state } }, // one has to be there, also where no page is asked for
  }).workerOptions;
  const module = async (type, file, from = path.join(root, file)) => ({
    type,
    path: path.join(root, file), // from where it imports others
    contents: await readFile(from),
  });
  const modules = await Promise.all([
    ...(entry ? [entry, 'isolate.mjs'].map(file => module('ESModule', `server/edge/local/${file}`)) : []),
    module('ESModule', 'server/edge/worker.mjs'),
    module('ESModule', 'server/edge/kept.mjs'),
    module('ESModule', 'server/edge/program.mjs'),
    module('ESModule', 'build/edge/wasm_exec.js', path.join(build, 'wasm_exec.js')),
    module('CompiledWasm', 'build/edge/edge.wasm', path.join(build, 'edge.wasm')),
  ]);
  const started = performance.now();
  const miniflare = new Miniflare({
    ...config,
    host: '127.0.0.1',
    inspectorPort: inspect ? 0 : undefined,
    cf: false, // which would be fetched from Cloudflare
    resourcePersistencePath: state,
    modulesRoot: root,
    modules,
    assets: page && config.assets,
    bindings: {
      PACKS: Object.fromEntries(Object.keys(packs).map(name => [name, `packs/${name}`])),
      ...(preset && { DEFAULT: preset }),
      ...vars,
    },
  });
  const url = String(await miniflare.ready).replace(/\/$/, '');
  const readyMs = performance.now() - started;
  const bucket = await miniflare.getR2Bucket('BUCKET');
  for (const [name, folder] of Object.entries(packs)) await fill(bucket, `packs/${name}`, folder);
  return {
    url,
    readyMs, // from the start of workerd until it listened
    heap: () => heapOf(miniflare),
    async stop() {
      await miniflare.dispose();
      await rm(state, { recursive: true });
    },
  };
}

/** Puts the files of a pack under a folder of a bucket, the manifest last. */
export async function fill(bucket, folder, from) {
  const files = (await readdir(from, { recursive: true, withFileTypes: true }))
    .filter(entry => entry.isFile() && !entry.name.startsWith('.'))
    .map(entry => path.relative(from, path.join(entry.parentPath, entry.name)))
    .sort((a, b) => Number(a === 'manifest.json') - Number(b === 'manifest.json'));
  for (const file of files) {
    const data = await readFile(path.join(from, file));
    await bucket.put(`${folder}/${file}`, new Uint8Array(data).buffer);
  }
}

/** The bytes that JavaScript uses in the Worker's isolate, and what V8 has not yet collected. */
async function heapOf(miniflare) {
  const { host } = await miniflare.getInspectorURL();
  const isolates = await (await fetch(`http://${host}/json`)).json();
  const { webSocketDebuggerUrl } = isolates.find(({ id }) => id.startsWith('core:user:'));
  const socket = new WebSocket(webSocketDebuggerUrl); // --experimental-websocket in Node 20
  await new Promise(resolve => {
    socket.onopen = resolve;
  });
  socket.send(JSON.stringify({ id: 1, method: 'Runtime.getHeapUsage' }));
  const answer = await new Promise(resolve => {
    socket.onmessage = ({ data }) => resolve(JSON.parse(data));
  });
  socket.close();
  return answer.result.usedSize;
}
