// The demo pack with each of its parts in a shard of its own: another pack, for which the demo's
// shards are of no use, and with enough of them that a download can be watched.
import { createHash } from 'node:crypto';
import { createReadStream, statSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

const demo = fileURLToPath(new URL('../../demo/pack', import.meta.url));

/** Writes the pack into a folder, which it makes; resolves with its manifest. */
export async function splitPack(folder, about = {}) {
  await mkdir(join(folder, 'shards'), { recursive: true });
  const manifest = JSON.parse(await readFile(join(demo, 'manifest.json'), 'utf8'));
  const whole = new Map();
  for (const { sha256 } of manifest.shards)
    whole.set(sha256, await readFile(join(demo, 'shards', `${sha256}.bin`)));
  const shards = new Map();
  for (const part of manifest.tensors.flatMap(({ parts }) => parts)) {
    const bytes = whole.get(part.shard).subarray(part.offset, part.offset + part.length);
    part.shard = createHash('sha256').update(bytes).digest('hex');
    part.offset = 0;
    shards.set(part.shard, bytes);
  }
  manifest.shards = [...shards].map(([sha256, { length: bytes }]) => ({ sha256, bytes }));
  Object.assign(manifest, about);
  for (const [sha, bytes] of shards) await writeFile(join(folder, 'shards', `${sha}.bin`), bytes);
  await writeFile(join(folder, 'manifest.json'), JSON.stringify(manifest));
  await writeFile(join(folder, 'tokenizer.model'), await readFile(join(demo, 'tokenizer.model')));
  return manifest;
}

/** Serves a folder to pages of any origin; each answer takes host.delay milliseconds to begin. */
export async function slowHost(folder) {
  const host = { delay: 0, asked: 0, url: '', close: () => server.close() };
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    const file = join(folder, normalize(pathname));
    host.asked++;
    await new Promise(resolve => setTimeout(resolve, host.delay));
    response.setHeader('Access-Control-Allow-Origin', '*');
    response.setHeader('Access-Control-Allow-Headers', 'Range, If-Range');
    response.setHeader('Cross-Origin-Resource-Policy', 'cross-origin');
    const stat = statSync(file, { throwIfNoEntry: false });
    if (request.method === 'OPTIONS') response.writeHead(204).end();
    else if (!stat?.isFile()) response.writeHead(404).end('not found');
    else createReadStream(file).pipe(response.writeHead(200, { 'Content-Length': stat.size }));
  });
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
  host.url = `http://localhost:${server.address().port}/`;
  return host;
}
