// The weight store in a real browser: OPFS, downloads, several tabs, and every fault that
// can be had without pulling a plug.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { launchWithFiles } from './browser.mjs';
import { StoreServer } from './store-server.mjs';

const MiB = 1 << 20;
const LOST_AT_MOST = 8 * MiB; // what a killed tab may have to fetch again
const HEADERS = 128 << 10; // of all requests of a small pack

let context;
before(async () => {
  context = await launchWithFiles();
});
after(() => context?.close());

/** A server, which is an origin with an empty store of its own, and tabs with a store each. */
async function setup(t, options) {
  const server = await new StoreServer(options).start();
  const tabs = [];
  t.after(async () => {
    await Promise.all(tabs.map(page => page.close()));
    server.kill();
  });
  const tab = async () => {
    const page = await context.newPage();
    tabs.push(page);
    await page.goto(`${server.origin}/`);
    await page.evaluate(async pack => {
      Object.assign(window, await import('/web/e2e/store-page.js'));
      Object.assign(window, { pack, store: connect(), events: [] });
      window.onProgress = progress => events.push(progress);
    }, server.pack);
    return page;
  };
  return { server, tab, page: await tab() };
}

const run = (page, fn, arg) => page.evaluate(fn, arg);
const download = page => run(page, () => outcome(store.download(pack, onProgress)));
const files = page => run(page, () => files());
const readWhole = (page, server, i) =>
  run(
    page,
    async ([sha, bytes]) => {
      const buffer = await store.read(pack, sha, 0, bytes);
      const same = (await sha256(buffer)) === sha;
      store.release(buffer);
      return same;
    },
    [server.hashes[i], server.bytes],
  );

/** Nothing but complete shards and the pack's small files. */
async function assertComplete(page, server) {
  const expected = Object.fromEntries(
    server.hashes.map(sha => [`mixtab/shards/${sha}.bin`, server.bytes]).sort(),
  );
  const shards = Object.entries(await files(page)).filter(([path]) => path.startsWith('mixtab/shards/'));
  assert.deepEqual(Object.fromEntries(shards.sort()), expected);
  const verified = await run(page, () => store.verify(pack));
  assert.deepEqual(verified, { shards: server.hashes.length, damaged: 0 });
}

async function soon(what, condition) {
  for (const end = Date.now() + 10_000; Date.now() < end; ) {
    const value = await condition();
    if (value) return value;
    await new Promise(resolve => setTimeout(resolve, 20));
  }
  assert.fail(what);
}

/** Waits until a share of the pack has left the server. */
const sent = (server, share) =>
  soon(`${share} of the pack is sent`, () => server.sent > share * server.totalBytes);

test('a pack is downloaded, read without a server, listed and removed', async t => {
  const { server, page, tab } = await setup(t);
  const opened = await run(page, async () => {
    const { manifest, ...rest } = await store.open(pack);
    return { ...rest, name: JSON.parse(new TextDecoder().decode(manifest)).name };
  });
  assert.deepEqual(opened, {
    name: 'test pack',
    storedBytes: 0,
    totalBytes: server.totalBytes,
    complete: false,
    persistent: true,
    offline: false,
  });
  assert.deepEqual(await download(page), { value: undefined });
  const order = [...new Set(server.log.map(({ index }) => index))];
  assert.deepEqual(order.slice(0, 3).sort(), [0, 1, 11], 'what every token needs comes first');
  assert.ok(server.sent < server.totalBytes + HEADERS, 'each byte was sent once');
  const events = await run(page, () => events);
  const last = events.at(-1);
  assert.equal(last.doneBytes, server.totalBytes);
  assert.equal(last.secondsLeft, 0);
  assert.equal(last.owner, true);
  assert.ok(last.bytesPerSecond > 1e6);

  server.kill();
  const other = await tab().catch(() => page); // no server: the page that is open
  const again = await run(other, async () => {
    const { offline, complete } = await store.open(pack);
    return { offline, complete };
  });
  assert.deepEqual(again, { offline: true, complete: true });
  for (const i of [0, 5, 11]) assert.equal(await readWhole(page, server, i), true);
  const { sha256: sha } = server.manifest.tokenizer;
  const tokenizer = await run(
    page,
    async sha => new TextDecoder().decode(await store.file(pack, 'tokenizer.model', sha)),
    sha,
  );
  assert.equal(tokenizer, 'a tokenizer');
  assert.deepEqual(await run(page, () => store.list()), [
    {
      pack: server.pack,
      name: 'test pack',
      format: '',
      licence: '',
      source: '',
      folder: null,
      downloading: false,
      complete: true,
      storedBytes: server.totalBytes,
      totalBytes: server.totalBytes,
    },
  ]);
  await run(page, () => store.remove(pack));
  assert.deepEqual(await run(page, () => store.list()), []);
  assert.deepEqual(await files(page), {});
  const gone = await run(page, sha => outcome(store.read(pack, sha, 0, 8)), server.hashes[0]);
  assert.equal(gone.kind, 'deleted');
});

test('a read gives exactly the bytes asked for, and says where there are none', async t => {
  const { server, page } = await setup(t);
  const bytes = await run(
    page,
    async sha => [...new Uint8Array(await store.read(pack, sha, 60, 10))],
    server.hashes[2],
  );
  assert.deepEqual(bytes, [...server.heads[2].subarray(60), ...server.body.subarray(64, 70)]);
  const beyond = await run(page, ([sha, end]) => outcome(store.read(pack, sha, end - 4, 8)), [
    server.hashes[2],
    server.bytes,
  ]);
  assert.equal(beyond.kind, 'missing');
  const unknown = await run(page, () => outcome(store.read(pack, 'f'.repeat(64), 0, 8)));
  assert.equal(unknown.kind, 'missing');
  const released = await run(
    page,
    async sha => {
      const buffer = await store.read(pack, sha, 0, 100);
      store.release(buffer);
      return buffer.detached;
    },
    server.hashes[2],
  );
  assert.equal(released, true);
});

test('a second way to the worker, through a port', async t => {
  const { server, page } = await setup(t);
  const length = await run(
    page,
    async sha => (await connect(store.port()).read(pack, sha, 0, 99)).byteLength,
    server.hashes[0],
  );
  assert.equal(length, 99);
});

test('the browser is asked once to keep the files', async t => {
  const { page } = await setup(t, { shards: 2 });
  const asked = await run(page, async () => {
    let asked = 0;
    navigator.storage.persist = async () => {
      asked++;
      return true;
    };
    await store.download(pack);
    await store.download(pack);
    return asked;
  });
  assert.equal(asked, 1);
});

test('buffers kept for the next read are bounded', async t => {
  const { page } = await setup(t, { shards: 1 });
  const kept = await run(page, async () => {
    const { drop, recycle, take } = await import('/wasm/store/worker/buffers.js');
    for (let i = 0; i < 8; i++) drop(new ArrayBuffer(64 << 20));
    const buffers = Array.from({ length: 16 }, () => take(16 << 20));
    buffers.forEach(recycle);
    return buffers.filter(({ detached }) => !detached).length;
  });
  assert.equal(kept, 6, '96 MiB');
});

test('bytes that come again and again are no gain', async t => {
  const { page } = await setup(t, { shards: 1 });
  const { stuck, quiet, gained } = await run(page, async () => {
    const { Meter } = await import('/wasm/store/worker/meter.js');
    const meter = new Meter('p', new Map([['a', 4]]), new Map(), 'downloading', () => {});
    meter.add('a', 2);
    await new Promise(resolve => setTimeout(resolve, 100));
    meter.add('a', -2);
    meter.add('a', 2);
    const [stuck, quiet] = [meter.stuckMs, meter.quietMs];
    meter.add('a', 1);
    meter.end();
    return { stuck, quiet, gained: meter.stuckMs };
  });
  assert.ok(quiet < 50 && gained < 50 && stuck > 90, `${quiet} ${gained} ${stuck}`);
});

// These mostly wait.
describe('networks and servers that go away', { concurrency: 3 }, () => {
  test('a connection cut in a shard: it goes on where it was', async t => {
    const { server, page } = await setup(t);
    server.fault = ({ index, count }) => (index === 3 && count < 4 ? { cutAfter: 100_000 } : undefined);
    assert.deepEqual(await download(page), { value: undefined });
    const asked = server.log.filter(({ index }) => index === 3).map(({ from }) => from);
    assert.deepEqual(asked.slice(0, 4), [0, 100_000, 200_000, 300_000]);
    await assertComplete(page, server);
  });

  test('a server that is busy, then away for a second', async t => {
    const { server, page } = await setup(t);
    server.fault = ({ index, count }) =>
      index === 0 && count <= 2 ? { status: 503 } : { bytesPerSecond: 8 * MiB };
    const done = download(page);
    await sent(server, 0.3);
    server.kill();
    server.fault = () => undefined;
    await new Promise(resolve => setTimeout(resolve, 1000));
    await server.start();
    assert.deepEqual(await done, { value: undefined });
    assert.ok(server.sent < server.totalBytes + LOST_AT_MOST);
    await assertComplete(page, server);
  });

  test('a tokenizer that does not come at once is asked for again', async t => {
    const { server, page } = await setup(t, { shards: 2 });
    server.tokenizerFaults = [429];
    assert.deepEqual(await download(page), { value: undefined });
    await assertComplete(page, server);
  });

  test('a connection that falls silent is given up: it goes on where it was', async t => {
    const { server, page } = await setup(t, { shards: 3 });
    server.fault = ({ index, count }) => (index === 1 && count === 1 ? { silentAfter: 100_000 } : undefined);
    assert.deepEqual(await download(page), { value: undefined });
    assert.ok(server.sent < server.totalBytes + MiB);
    await assertComplete(page, server);
  });

  test('a server that is gone: who waits is told within seconds', async t => {
    const { server, page } = await setup(t, { shards: 3 });
    await run(page, () => store.open(pack));
    server.kill();
    const start = Date.now();
    const { kind, message } = await run(page, sha => outcome(store.read(pack, sha, 0, 8)), server.hashes[0]);
    assert.equal(kind, 'network');
    assert.match(message, /cannot be reached .*: check the connection and try again$/);
    assert.ok(Date.now() - start < 15_000);
    const { kind: unopened } = await run(page, () => outcome(store.open(`${location.origin}/packs/other/`)));
    assert.equal(unopened, 'network');
  });
});

test('a server that ignores Range', async t => {
  const { server, page } = await setup(t);
  server.fault = ({ index, count }) => ({
    ignoreRange: true,
    cutAfter: index === 3 && count === 1 ? 2_000_000 : undefined,
  });
  assert.deepEqual(await download(page), { value: undefined });
  assert.equal(server.asked.get(3), 2);
  assert.equal(server.asked.get(4), 1, 'a whole answer is taken whole');
  await assertComplete(page, server);
});

test('a file that changes between two ranges starts over', async t => {
  const { server, page } = await setup(t);
  const guards = [];
  server.fault = ({ index, from, count, ifRange }) => {
    if (index !== 3) return;
    if (from > 0) guards.push(ifRange);
    if (count === 1) return { etag: '"old"', corrupt: true };
  };
  assert.deepEqual(await download(page), { value: undefined });
  assert.equal(guards[0], '"old"');
  await assertComplete(page, server);
});

test('ETags that differ in every answer do no harm', async t => {
  const { server, page } = await setup(t, { shards: 3 });
  server.fault = ({ index, count }) => ({ etag: `"${index} ${count}"` });
  assert.deepEqual(await download(page), { value: undefined });
  await assertComplete(page, server);
});

for (const [name, fault] of Object.entries({
  'a file of another length': { length: 1_000_000 },
  'a whole answer of another length': { ignoreRange: true, length: 1_000_000 },
  'other bytes than promised': { corrupt: true },
})) {
  test(`${name}: asked for twice, then an error; the other shards come`, async t => {
    const { server, page } = await setup(t, { shards: 5 });
    server.fault = ({ index }) => (index === 1 ? fault : undefined);
    const { kind, message } = await download(page);
    assert.equal(kind, 'damaged');
    assert.match(message, new RegExp(`^http.*${server.hashes[1]}.*: the server's copy is damaged`));
    const { storedBytes } = await run(page, () => store.open(pack));
    assert.equal(storedBytes, 4 * server.bytes);
    server.fault = () => undefined;
    assert.deepEqual(await download(page), { value: undefined });
    await assertComplete(page, server);
  });
}

test('other bytes once: fetched again', async t => {
  const { server, page } = await setup(t);
  server.fault = ({ index, count }) => (index === 3 && count === 1 ? { corrupt: true } : undefined);
  assert.deepEqual(await download(page), { value: undefined });
  await assertComplete(page, server);
});

test('a file that is not there', async t => {
  const { server, page } = await setup(t, { shards: 5 });
  server.fault = ({ index }) => (index === 1 ? { status: 404 } : undefined);
  const { kind, message } = await download(page);
  assert.equal(kind, 'missing');
  assert.match(message, /answered 404 Not Found: .*check its address/);
  assert.equal(server.asked.get(1), 1);
  const read = await run(page, sha => outcome(store.read(pack, sha, 0, 8)), server.hashes[1]);
  assert.equal(read.kind, 'missing');
  assert.equal(await readWhole(page, server, 4), true);
});

test('a log-in page instead of the manifest: the stored copy serves', async t => {
  const { server, page } = await setup(t, { shards: 3 });
  await run(page, () => store.open(pack));
  server.manifest = '<html>Welcome to the hotel';
  const { offline } = await run(page, () => store.open(pack));
  assert.equal(offline, true);
  server.manifestStatus = 404;
  assert.equal((await run(page, () => store.open(pack))).offline, true);
  const other = await run(page, () => outcome(store.open(`${location.origin}/`)));
  assert.equal(other.kind, 'missing');
});

test('a manifest that changes: who reads goes on, and a download takes the new one', async t => {
  const { server, page } = await setup(t, { shards: 3 });
  await run(page, () => store.open(pack));
  server.manifest.shards = server.manifest.shards.slice(1);
  server.manifest.tensors = server.manifest.tensors.slice(1);
  assert.deepEqual(await download(page), { value: undefined });
  assert.equal(server.asked.get(0), undefined);
  assert.equal(await readWhole(page, server, 0), true);
  await run(page, () => store.open(pack));
  assert.equal(await readWhole(page, server, 0), true);
});

test('a pause while a download opens its pack', async t => {
  const { server, page } = await setup(t, { shards: 3 });
  server.manifestMs = 3000;
  const done = download(page);
  await run(page, () => store.pause(pack));
  assert.equal((await done).kind, 'cancelled');
  assert.equal(server.log.length, 0);
});

test('a pack of another origin, which allows no If-Range', async t => {
  const { server, page } = await setup(t, { shards: 3 });
  server.fault = ({ index, count }) => (index === 1 && count === 1 ? { cutAfter: 100_000 } : undefined);
  const elsewhere = server.pack.replace('localhost', '127.0.0.1');
  assert.deepEqual(await run(page, url => outcome(store.download(url)), elsewhere), { value: undefined });
  assert.ok(server.sent < server.totalBytes + MiB);
});

test('an aborted download keeps what it has', async t => {
  const { server, page } = await setup(t);
  server.fault = () => ({ bytesPerSecond: 8 * MiB });
  const done = run(page, () => {
    window.stop = new AbortController();
    return outcome(store.download(pack, onProgress, stop.signal));
  });
  await sent(server, 0.3);
  await run(page, () => stop.abort());
  assert.equal((await done).kind, 'cancelled');
  assert.equal(await run(page, () => events.at(-1).phase), 'paused');
  server.fault = () => undefined;
  assert.deepEqual(await download(page), { value: undefined });
  assert.ok(server.sent < server.totalBytes + LOST_AT_MOST);
  const aborted = await run(page, () => outcome(store.verify(pack, onProgress, AbortSignal.abort())));
  assert.equal(aborted.kind, 'cancelled');
});

test('what is waited for comes before the download, which stands back', async t => {
  const { server, page } = await setup(t);
  server.fault = () => ({ bytesPerSecond: 4 * MiB });
  const done = download(page);
  await sent(server, 0.1);
  const before = server.log.length;
  assert.equal(await readWhole(page, server, 9), true);
  const meanwhile = server.log.slice(before).map(({ index }) => index);
  const others = meanwhile.slice(0, meanwhile.lastIndexOf(9)).filter(index => index !== 9);
  assert.ok(others.length <= 3, 'once the download knows, it asks for nothing until it is there');
  server.fault = () => undefined;
  assert.deepEqual(await done, { value: undefined });
  assert.ok(server.sent < server.totalBytes + HEADERS, 'and nothing is fetched twice');
});

test('a damaged file in the store is found and fetched again', async t => {
  const { server, page } = await setup(t);
  await download(page);
  await run(
    page,
    async ([flipped, cut]) => {
      await edit(`mixtab/shards/${flipped}.bin`, bytes => {
        bytes[12345] ^= 1;
        return bytes;
      });
      await edit(`mixtab/shards/${cut}.bin`, bytes => bytes.subarray(0, 1000));
    },
    [server.hashes[2], server.hashes[7]],
  );
  assert.equal(await readWhole(page, server, 7), true, 'a short file is noticed by reading it');
  assert.deepEqual(await run(page, () => store.verify(pack, onProgress)), { shards: 12, damaged: 1 });
  assert.equal(await run(page, () => events.at(-1).phase), 'verifying');
  assert.equal(await run(page, () => events.at(-1).doneBytes), server.totalBytes);
  await assertComplete(page, server);
  const cut = `mixtab/shards/${server.hashes[3]}.bin`;
  await run(page, path => edit(path, bytes => bytes.subarray(0, 1000)), cut);
  assert.deepEqual(await download(page), { value: undefined });
  await assertComplete(page, server);
});

/** A store whose files fail as store-odd.js says. */
const odd = (page, name) =>
  run(
    page,
    name => {
      store.close();
      window.store = connect(new Worker('/web/e2e/store-odd.js', { type: 'module', name }));
    },
    name,
  );

test('files that other tabs may not open too: one that is short is noticed', async t => {
  const { server, page } = await setup(t, { shards: 2 });
  await download(page);
  await odd(page, 'createSyncAccessHandle Infinity TypeError');
  const cut = `mixtab/shards/${server.hashes[1]}.bin`;
  await run(page, path => edit(path, bytes => bytes.subarray(0, 1000)), cut);
  const before = server.log.length;
  for (const i of [0, 1]) assert.equal(await readWhole(page, server, i), true);
  assert.ok(server.log.slice(before).every(({ index }) => index === 1));
  await assertComplete(page, server);
});

test('storage that fails once: what is stored is not fetched again, nor given up', async t => {
  const { server, page } = await setup(t, { shards: 4 });
  await odd(page, 'move 2 UnknownError');
  assert.equal(await readWhole(page, server, 0), true, 'it cannot be stored');
  assert.equal(await readWhole(page, server, 1), true);
  const stored = Object.keys(await files(page)).filter(path => path.endsWith('.bin'));
  assert.deepEqual(stored, [`mixtab/shards/${server.hashes[1]}.bin`], 'the next one is');
  const asked = server.log.length;
  await odd(page, 'read 1 UnknownError');
  assert.equal(await readWhole(page, server, 1), true, 'it is read once more');
  await odd(page, 'read 1 RangeError');
  const { kind, message } = await run(page, sha => outcome(store.read(pack, sha, 0, 8)), server.hashes[1]);
  assert.equal(kind, 'unavailable');
  assert.match(message, /^no memory .*: close other tabs/);
  assert.equal(await readWhole(page, server, 1), true);
  assert.equal(server.log.length, asked);
  await odd(page, 'flush 2 QuotaExceededError');
  assert.equal(await readWhole(page, server, 2), true);
  assert.deepEqual(await download(page), { value: undefined }, 'no file stayed open');
  await odd(page, 'read 1 UnknownError');
  assert.ok((await run(page, () => store.measure())) > 0);
  await assertComplete(page, server);
});

test('no room: the download pauses, keeps what it has, and chatting goes on', async t => {
  const { server, page } = await setup(t);
  const devtools = await context.newCDPSession(page);
  const quota = quotaSize =>
    devtools.send('Storage.overrideQuotaForOrigin', { origin: server.origin, quotaSize });
  await quota(12 * MiB);
  const { kind, message } = await download(page);
  assert.equal(kind, 'quota', message);
  assert.match(message, /^no room for http.*: 0\.0\d GB more are needed; free them/);
  assert.equal(await run(page, () => events.at(-1).phase), 'paused');
  const { storedBytes } = await run(page, () => store.open(pack));
  assert.ok(storedBytes > 5 * MiB && storedBytes < 12 * MiB, `${storedBytes} are kept`);
  assert.equal(await readWhole(page, server, 10), true, 'a shard without room is read all the same');
  const before = server.sent;
  await quota(undefined);
  assert.deepEqual(await download(page), { value: undefined });
  assert.ok(server.sent - before < server.totalBytes - storedBytes + HEADERS);
  await assertComplete(page, server);
});

test("the site's data is cleared under us: fetched again, and kept again", async t => {
  const { server, page } = await setup(t, { shards: 4 });
  await download(page);
  assert.equal(await readWhole(page, server, 0), true);
  await run(page, () => navigator.locks.request('mixtab-store', () => {})); // nothing is under way
  const devtools = await context.newCDPSession(page);
  await devtools.send('Storage.clearDataForOrigin', { origin: server.origin, storageTypes: 'all' });
  for (const i of [0, 1, 2]) assert.equal(await readWhole(page, server, i), true);
  const [listed] = await run(page, () => store.list());
  assert.equal(listed.pack, server.pack);
  assert.deepEqual(await download(page), { value: undefined });
  await assertComplete(page, server);
});

test("the site's data is cleared during a download: it ends, and can be begun again", async t => {
  const { server, page } = await setup(t);
  server.fault = () => ({ bytesPerSecond: 8 * MiB });
  const done = download(page);
  await sent(server, 0.4);
  const devtools = await context.newCDPSession(page);
  await devtools.send('Storage.clearDataForOrigin', { origin: server.origin, storageTypes: 'all' });
  server.fault = () => undefined;
  const { kind, message } = await done;
  assert.equal(kind, 'deleted', message);
  assert.match(message, /was cleared during a download: reload the page/);
  await run(page, () => {
    store.close(); // as a reload does
    window.store = connect();
  });
  assert.deepEqual(await download(page), { value: undefined });
  await assertComplete(page, server);
});

test('no files at all: shards are kept in memory, the last four', async t => {
  const { server, page } = await setup(t, { shards: 6 });
  await run(page, () => {
    window.store = connect(new Worker('/web/e2e/store-no-opfs.js', { type: 'module' }));
  });
  const { persistent } = await run(page, () => store.open(pack));
  assert.equal(persistent, false);
  server.fault = ({ index, count }) => (index === 0 && count === 1 ? { corrupt: true } : undefined);
  for (const i of [0, 1, 2, 3, 0]) assert.equal(await readWhole(page, server, i), true);
  const asked = server.log.length;
  for (const i of [1, 2, 3, 0]) assert.equal(await readWhole(page, server, i), true);
  const interleaved = await run(
    page,
    async ([shas, bytes]) => {
      const half = bytes / 2;
      const pieces = [0, half].flatMap(at => shas.map(sha => store.read(pack, sha, at, half)));
      const buffers = await Promise.all(pieces);
      const wholes = shas.map((_, i) => new Blob([buffers[i], buffers[i + shas.length]]).arrayBuffer());
      return Promise.all(wholes.map(async whole => sha256(await whole)));
    },
    [server.hashes.slice(0, 4), server.bytes],
  );
  assert.deepEqual(interleaved, server.hashes.slice(0, 4));
  assert.equal(server.log.length, asked, 'these are in memory');
  await readWhole(page, server, 4);
  assert.equal((await download(page)).kind, 'unavailable');
  assert.deepEqual(await files(page), {});
  assert.deepEqual(await run(page, () => store.list()), []);
  assert.equal(await run(page, () => store.measure()), 0);
});

test('a worker that cannot be loaded, or is closed, is an error, not silence', async t => {
  const { page } = await setup(t, { shards: 1 });
  const kinds = await run(page, async () => {
    const broken = connect(new Worker('/nowhere.js', { type: 'module' }));
    const first = await outcome(broken.open(pack));
    const second = await outcome(broken.open(pack));
    store.close();
    return [first, second, await outcome(store.open(pack))].map(({ kind }) => kind);
  });
  assert.deepEqual(kinds, ['unavailable', 'unavailable', 'cancelled']);
});

test('what crashes leave is removed, and what can be resumed is not', async t => {
  const { server, page, tab } = await setup(t);
  await run(
    page,
    async shas => {
      await store.read(pack, shas[0], 0, 8);
      const junk = new Uint8Array(5000);
      for (const path of [
        `shards/${'a'.repeat(64)}.bin`, // of no pack
        `shards/${'b'.repeat(64)}.part`,
        `shards/${shas[0]}.part`, // beside the complete one
        `shards/${shas[1]}.etag`, // without its part
        `shards/${shas[2]}.etag.new`, // half written
        'packs/0123/url', // without a manifest
        'measure-0123',
      ])
        await edit(`mixtab/${path}`, () => junk);
      await edit(`mixtab/shards/${shas[3]}.part`, () => junk); // belongs to the pack
    },
    server.hashes,
  );
  const other = await tab();
  await run(other, () => store.open(pack));
  const kept = await soon('the junk is gone', async () => {
    const names = Object.keys(await files(other)).filter(path => !/url|manifest/.test(path));
    return names.length === 2 && names;
  });
  assert.deepEqual(
    kept.sort(),
    [`mixtab/shards/${server.hashes[0]}.bin`, `mixtab/shards/${server.hashes[3]}.part`].sort(),
  );
});

test('a shard that a crash kept from its name is whole without a byte more', async t => {
  const { server, page, tab } = await setup(t, { shards: 2 });
  await download(page);
  await run(
    page,
    async sha => (await handle(`mixtab/shards/${sha}.bin`)).move(`${sha}.part`),
    server.hashes[0],
  );
  const before = server.sent;
  const other = await tab();
  assert.deepEqual(await download(other), { value: undefined });
  assert.ok(server.sent < before + HEADERS, 'no byte came again');
  await assertComplete(other, server);
});

test('packs share shards, and one that is removed leaves those of the other', async t => {
  const { server, page } = await setup(t, { shards: 4 });
  await download(page);
  const same = server.pack.replace('localhost', '127.0.0.1');
  const { complete } = await run(page, url => store.open(url), same);
  assert.equal(complete, true);
  await run(page, () => store.remove(pack));
  assert.deepEqual(
    (await run(page, () => store.list())).map(({ pack, complete }) => ({ pack, complete })),
    [{ pack: same, complete: true }],
  );
});

test('what was computed of conversations goes with its pack, and no other', async t => {
  const { server, page } = await setup(t, { shards: 1 });
  await run(page, () => store.open(pack));
  const other = server.pack.replace('localhost', '127.0.0.1');
  const left = await run(
    page,
    async other => {
      for (const [key, of] of [
        ['mine', pack],
        ['theirs', other],
      ]) {
        await store.beginCache(key, 8, 100);
        await store.addToCache(key, new ArrayBuffer(8));
        await store.endCache(key, of, 'identity', '[1, 2]');
      }
      await store.remove(pack);
      const kept = await Promise.all(['mine', 'theirs'].map(key => store.openCache(key, 'identity')));
      return kept.map(about => about && JSON.parse(about).tokens);
    },
    other,
  );
  assert.deepEqual(left, [null, [1, 2]]);
  assert.equal(Object.keys(await files(page)).filter(path => path.startsWith('mixtab/caches/')).length, 2);
});

test('a stored manifest that is damaged harms no other pack', async t => {
  const { server, page } = await setup(t, { shards: 2 });
  await download(page);
  const other = server.pack.replace('localhost', '127.0.0.1');
  await run(page, url => store.open(url), other);
  const stored = Object.keys(await files(page)).filter(path => path.endsWith('manifest.json'));
  const urls = await run(page, () => store.list().then(all => all.map(({ pack }) => pack)));
  const broken = stored[urls.indexOf(other)];
  await run(page, path => edit(path, () => new Uint8Array(9)), broken);
  const listed = await run(page, () => store.list());
  assert.deepEqual(listed.find(({ pack }) => pack === other).totalBytes, 0);
  await run(page, () => store.remove(pack));
  const left = Object.keys(await files(page)).filter(path => path.endsWith('.bin'));
  assert.equal(left.length, 2, 'they may belong to the other');
  await run(page, url => store.remove(url), other);
  assert.deepEqual(await files(page), {});
});

test('two tabs: one downloads, the other follows it and reads ahead of it', async t => {
  const { server, page, tab } = await setup(t);
  server.fault = () => ({ bytesPerSecond: 6 * MiB });
  const other = await tab();
  const first = download(page);
  await sent(server, 0.1);
  const second = download(other);
  await soon('the other follows', () => run(other, () => events.some(({ owner }) => owner === false)));
  const before = server.log.length;
  assert.equal(await readWhole(other, server, 10), true);
  const { doneBytes } = await run(page, () => events.at(-1));
  assert.ok(doneBytes < server.totalBytes, 'it was ahead');
  const meanwhile = server.log.slice(before).map(({ index }) => index);
  const ownersRanges = meanwhile.slice(2, meanwhile.lastIndexOf(10)).filter(index => index !== 10);
  assert.ok(ownersRanges.length <= 3, 'the other tab stands back');
  server.fault = () => undefined;
  assert.deepEqual(await first, { value: undefined });
  assert.deepEqual(await second, { value: undefined });
  assert.equal(await run(other, () => events.at(-1).doneBytes), server.totalBytes);
  assert.equal(await run(page, () => events.every(({ owner }) => owner)), true);
  assert.ok(server.sent < server.totalBytes + HEADERS, 'no byte came twice');
  await assertComplete(other, server);
});

test('two tabs: pause in one stops both, and either goes on', async t => {
  const { server, page, tab } = await setup(t);
  server.fault = () => ({ bytesPerSecond: 6 * MiB });
  const other = await tab();
  const first = download(page);
  await sent(server, 0.1);
  const second = download(other);
  await soon('the other follows', () => run(other, () => events.length > 0));
  assert.equal((await run(other, () => store.list()))[0].downloading, true);
  await run(other, () => store.pause(pack));
  assert.equal((await run(other, () => store.list()))[0].downloading, false);
  for (const { kind, message } of [await first, await second]) {
    assert.equal(kind, 'cancelled');
    assert.match(message, /was paused: start it again to go on$/);
  }
  assert.equal(await run(other, () => events.at(-1).phase), 'paused');
  server.fault = () => undefined;
  assert.deepEqual(await download(other), { value: undefined });
  assert.ok(server.sent < server.totalBytes + LOST_AT_MOST);
  await assertComplete(page, server);
});

for (const [name, kill] of Object.entries({
  closed: page => page.close(),
  crashed: async page => {
    const devtools = await context.newCDPSession(page);
    await Promise.race([devtools.send('Page.crash').catch(() => {}), page.waitForEvent('crash')]);
  },
  'without its worker': page => run(page, () => store.close()),
})) {
  test(`two tabs: the one that downloads is ${name}, the other goes on`, async t => {
    const { server, page, tab } = await setup(t);
    server.fault = () => ({ bytesPerSecond: 6 * MiB });
    const other = await tab();
    const first = download(page).catch(() => 'killed');
    await sent(server, 0.1);
    const second = download(other);
    await soon('the other follows', () => run(other, () => events.length > 0));
    await kill(page);
    server.fault = () => undefined;
    assert.deepEqual(await second, { value: undefined });
    await first;
    assert.equal(await run(other, () => events.at(-1).owner), true);
    assert.ok(server.sent < server.totalBytes + LOST_AT_MOST);
    await assertComplete(other, server);
  });
}

test('two tabs: a pack removed under a reader and a downloader', async t => {
  const { server, page, tab } = await setup(t);
  server.fault = () => ({ bytesPerSecond: 6 * MiB });
  const other = await tab();
  const done = download(page);
  assert.equal(await readWhole(other, server, 11), true);
  const reading = run(
    other,
    async ([sha, bytes]) => {
      let reads = 0;
      for (;;) {
        const read = await outcome(store.read(pack, sha, 0, bytes));
        if (read.kind) return { kind: read.kind, reads };
        reads++;
      }
    },
    [server.hashes[11], server.bytes],
  );
  await new Promise(resolve => setTimeout(resolve, 300));
  await run(page, () => store.remove(pack));
  assert.equal((await done).kind, 'deleted');
  const { kind, reads } = await reading;
  assert.equal(kind, 'deleted');
  assert.ok(reads > 0);
  assert.deepEqual(await files(other), {});
  server.fault = () => undefined;
  assert.deepEqual(await download(other), { value: undefined }, 'and it can be had again');
  await assertComplete(page, server);
});

test('a manifest that makes no sense is refused', async t => {
  const { server, page } = await setup(t, { shards: 1 });
  for (const shard of [
    { sha256: '../../etc/passwd', bytes: 1 },
    { sha256: 'a'.repeat(64), bytes: -1 },
    { sha256: 'a'.repeat(64), bytes: 2 ** 50 },
  ]) {
    server.manifest = { tensors: [], shards: [shard] };
    const { kind, message } = await run(page, () => outcome(store.open(pack)));
    assert.equal(kind, 'damaged');
    assert.match(message, /is no manifest of a pack/);
  }
  const relative = await run(page, () => outcome(store.open('packs/test/')));
  assert.equal(relative.kind, 'missing');
});
