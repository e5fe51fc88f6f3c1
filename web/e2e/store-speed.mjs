// Measures the store's reads of 16 MiB through its client, the transfer between the workers
// included, beside a plain worker that reads the same files. Best of five rounds each.
// Usage: node e2e/store-speed.mjs [SHARDS]   (of 33 MB, one expert matrix)
import { launchWithFiles } from './browser.mjs';
import { StoreServer } from './store-server.mjs';

const shards = Number(process.argv[2] ?? 16);
const server = await new StoreServer({ shards, bytes: 33_030_144 }).start();
const context = await launchWithFiles();
const page = await context.newPage();
await page.goto(`${server.origin}/`);
const measured = await page.evaluate(
  async ({ pack, shas, bytes }) => {
    const { connect } = await import('/web/e2e/store-page.js');
    const store = connect();
    const PIECE = 16 << 20;
    const total = shas.length * bytes;
    let start = performance.now();
    await store.download(pack);
    const download = (total * 1000) / (performance.now() - start);

    const raw = () =>
      new Promise(resolve => {
        const worker = new Worker('/web/e2e/store-raw.js', { type: 'module' });
        worker.onmessage = ({ data }) => {
          worker.terminate();
          resolve(data);
        };
        worker.postMessage(shas);
      });
    const read = async inFlight => {
      const pieces = shas.flatMap(sha => [0, PIECE].map(at => [pack, sha, at, Math.min(PIECE, bytes - at)]));
      start = performance.now();
      const stream = async () => {
        for (let piece = pieces.shift(); piece; piece = pieces.shift())
          store.release(await store.read(...piece));
      };
      await Promise.all(Array.from({ length: inFlight }, stream));
      return (total * 1000) / (performance.now() - start);
    };
    const best = {};
    for (let round = 0; round < 5; round++) {
      const rates = { raw: await raw(), measure: await store.measure() };
      for (const n of [1, 2, 3]) rates[`read_${n}_in_flight`] = await read(n);
      for (const [name, rate] of Object.entries(rates)) best[name] = Math.max(best[name] ?? 0, rate);
    }
    return { download, ...best };
  },
  { pack: server.pack, shas: server.hashes, bytes: server.bytes },
);
await context.close();
server.kill();
const rates = Object.entries(measured).map(([name, rate]) => [
  `${name}_gb_s`,
  Number((rate / 1e9).toFixed(2)),
]);
console.log(
  JSON.stringify({
    ...Object.fromEntries(rates),
    share: Number(
      (Math.max(...[1, 2, 3].map(n => measured[`read_${n}_in_flight`])) / measured.raw).toFixed(2),
    ),
  }),
);
