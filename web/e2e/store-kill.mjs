// Downloads a pack of random shards over loopback into a real profile and kills the tab, the
// store's worker and the server in turn, at random points. Reports what had to be fetched
// again, and fails where that is more than 8 MiB a kill, a hash is wrong or a file is left over.
// Usage: node e2e/store-kill.mjs [-mb 2000] [-kills 20] [-shard-mb 33]
import { parseArgs } from 'node:util';
import { launchWithFiles } from './browser.mjs';
import { StoreServer } from './store-server.mjs';

const MiB = 1 << 20;
const BAR = 8 * MiB;
const { values } = parseArgs({
  args: process.argv.slice(2).map(arg => arg.replace(/^-(?=[a-z])/, '--').replace(/^---/, '--')),
  options: {
    mb: { type: 'string', default: '2000' },
    kills: { type: 'string', default: '20' },
    'shard-mb': { type: 'string', default: '33' },
  },
});
const shardBytes = Number(values['shard-mb']) * 1e6;
const shards = Math.ceil((Number(values.mb) * 1e6) / shardBytes);
const kills = Number(values.kills);

const server = await new StoreServer({ shards, bytes: shardBytes }).start();
const context = await launchWithFiles();

async function open() {
  const page = await context.newPage();
  await page.goto(`${server.origin}/`);
  await page.evaluate(async pack => {
    Object.assign(window, await import('/web/e2e/store-page.js'), { pack });
  }, server.pack);
  return page;
}

/** Starts the download in a page, or goes on with it. */
const start = page =>
  page
    .evaluate(() => {
      window.store = connect();
      return outcome(store.download(pack));
    })
    .catch(() => 'killed');

const quiet = () => new Promise(resolve => setTimeout(resolve, 500));
const observer = await open();
const stored = async () => {
  const sizes = Object.entries(await observer.evaluate(() => files()));
  return sizes.reduce((sum, [path, bytes]) => sum + (/\.(bin|part)$/.test(path) ? bytes : 0), 0);
};

const ways = {
  'tab closed': page => page.close(),
  'worker ended': page => page.evaluate(() => store.close()),
  'server killed': () => server.kill(),
  'tab crashed': async page => {
    const devtools = await context.newCDPSession(page);
    await Promise.race([devtools.send('Page.crash').catch(() => {}), page.waitForEvent('crash')]);
  },
};

const points = Array.from({ length: kills }, () => (0.01 + 0.97 * Math.random()) * server.totalBytes);
points.sort((a, b) => a - b);
const began = Date.now();
let page = await open();
let done = start(page);
let wasted = 0;
let worst = 0;
for (const [i, point] of points.entries()) {
  while (server.sent - wasted < point) await new Promise(resolve => setTimeout(resolve, 5));
  const [name, kill] = Object.entries(ways)[i % 4];
  await kill(page);
  await quiet();
  const lost = server.sent - wasted - (await stored());
  wasted += lost;
  worst = Math.max(worst, lost);
  console.log(
    `${name.padEnd(13)} at ${(point / 1e6).toFixed(0).padStart(5)} MB: ${(lost / MiB).toFixed(2)} MiB lost`,
  );
  if (name === 'server killed') {
    await server.start();
    continue;
  }
  if (name !== 'worker ended') page = await open();
  done = start(page);
}
const end = await done;
const seconds = (Date.now() - began) / 1000;
if (end.kind) throw new Error(`the download ended with ${end.kind}: ${end.message}`);
const refetched = server.sent - server.totalBytes;

await page.close();
page = await open(); // sweeps what is left over
await page.evaluate(() => connect().open(pack));
await quiet();
const found = Object.entries(await observer.evaluate(() => files()));
const expected = new Set(server.hashes.map(sha => `mixtab/shards/${sha}.bin`));
const orphans = found.filter(
  ([path]) =>
    !expected.has(path) && !/^mixtab\/packs\/[0-9a-f]{32}\/(url|manifest\.json|tokenizer\.model)$/.test(path),
);
let wrong = 0;
for (const sha of server.hashes) {
  const right = await observer.evaluate(async sha => {
    let dir = await navigator.storage.getDirectory();
    for (const name of ['mixtab', 'shards']) dir = await dir.getDirectoryHandle(name);
    const file = await (await dir.getFileHandle(`${sha}.bin`)).getFile();
    return (await sha256(await file.arrayBuffer())) === sha;
  }, sha);
  if (!right) wrong++;
}
await context.close();
server.kill();
console.log(
  JSON.stringify({
    bytes: server.totalBytes,
    shards,
    kills,
    seconds,
    refetched_bytes: refetched,
    refetched_bytes_per_kill: Math.round(refetched / kills),
    worst_kill_bytes: worst,
    wrong_hashes: wrong,
    orphan_files: orphans.length,
  }),
);
if (worst > BAR || refetched > BAR * kills || wrong > 0 || orphans.length > 0) process.exitCode = 1;
