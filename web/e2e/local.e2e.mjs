// Packs in folders that the user lends: read where they lie, verified, found again, copied when
// asked. The folder is one of the origin's private file system, which has handles as a disk has.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launchWithFiles } from './browser.mjs';
import { StoreServer } from './store-server.mjs';

const KiB = 1 << 10;

let context;
before(async () => {
  context = await launchWithFiles();
});
after(() => context?.close());

/** A server, and a tab with a store and a folder "stick" that holds the server's pack. */
async function setup(t) {
  const server = await new StoreServer({ shards: 4, bytes: 256 * KiB }).start();
  const tabs = [];
  t.after(async () => {
    await Promise.all(tabs.map(page => page.close()));
    server.kill();
  });
  const tab = async () => {
    const page = await context.newPage();
    tabs.push(page);
    await page.goto(`${server.origin}/`);
    await page.evaluate(async () => {
      Object.assign(window, await import('/web/e2e/store-page.js'));
      Object.assign(window, { store: connect(), events: [] });
      window.folder = async name => (await navigator.storage.getDirectory()).getDirectoryHandle(name);
    });
    return page;
  };
  const page = await tab();
  await page.evaluate(
    async ([from, hashes]) => {
      const names = ['manifest.json', 'tokenizer.model', ...hashes.map(sha => `shards/${sha}.bin`)];
      for (const name of names) {
        const bytes = new Uint8Array(await (await fetch(from + name)).arrayBuffer());
        await edit(`stick/${name}`, () => bytes);
      }
    },
    [server.pack, server.hashes],
  );
  server.log.splice(0);
  return { server, page, tab };
}

const run = (page, fn, arg) => page.evaluate(fn, arg);
const lend = page => run(page, async () => store.lend(await folder('stick')));
const read = (page, pack, sha) =>
  run(
    page,
    ([pack, sha]) =>
      outcome(
        store.read(pack, sha, 100, 1000).then(async buffer => {
          const file = await (await folder('stick')).getDirectoryHandle('shards');
          const bytes = await (await (await file.getFileHandle(`${sha}.bin`)).getFile()).arrayBuffer();
          return (await sha256(buffer)) === (await sha256(bytes.slice(100, 1100)));
        }),
      ),
    [pack, sha],
  );

/** What the store keeps of it itself. */
const stored = async page =>
  Object.entries(await run(page, () => files())).filter(([path]) => /^mixtab\/.*\/./.test(path));

test('a pack in a folder is read where it lies, without a copy, and found again', async t => {
  const { server, page, tab } = await setup(t);
  const info = await lend(page);
  assert.match(info.pack, /^local:[0-9a-f]{32}\/$/);
  assert.deepEqual(info, {
    ...{ pack: info.pack, name: 'test pack', format: '', licence: '', source: '' },
    ...{ folder: 'ready', downloading: false, complete: false },
    ...{ storedBytes: 0, totalBytes: server.totalBytes },
  });
  assert.deepEqual(await lend(page), info, 'the same pack again is the same');
  for (const sha of server.hashes) assert.deepEqual(await read(page, info.pack, sha), { value: true });

  const other = await tab();
  assert.deepEqual(await run(other, () => store.list()), [info]);
  const opened = await run(
    other,
    async pack => {
      const { manifest, ...rest } = await store.open(pack);
      const { tokenizer } = JSON.parse(new TextDecoder().decode(manifest));
      const file = await store.file(pack, tokenizer.file, tokenizer.sha256);
      return { ...rest, tokenizer: new TextDecoder().decode(file), room: await store.room(pack) };
    },
    info.pack,
  );
  assert.equal(opened.tokenizer, 'a tokenizer');
  assert.equal(opened.room.needed, 0);
  assert.ok(opened.complete && opened.persistent && !opened.offline, JSON.stringify(opened));
  assert.deepEqual(await read(other, info.pack, server.hashes[1]), { value: true });
  assert.deepEqual(await stored(other), [], 'nothing was copied');
  assert.equal(server.log.length, 0, 'nothing was fetched');

  await run(other, pack => store.remove(pack), info.pack);
  assert.deepEqual(await run(page, () => store.list()), []);
  assert.equal((await read(page, info.pack, server.hashes[0])).kind, 'deleted');
  const stick = Object.keys(await run(page, () => files())).filter(path => path.startsWith('stick/shards/'));
  assert.equal(stick.length, server.hashes.length, 'the folder is as it was');
});

test('files chosen without a handle serve other workers while their own lives', async t => {
  const { server, page, tab } = await setup(t);
  const { pack } = await run(page, async () => {
    const map = new Map();
    const stick = await folder('stick');
    const shards = await stick.getDirectoryHandle('shards');
    for await (const [name, handle] of stick.entries())
      if (handle.kind === 'file') map.set(name, await handle.getFile());
    for await (const [name, handle] of shards.entries()) map.set(`shards/${name}`, await handle.getFile());
    return store.lend(map);
  });
  const other = await tab();
  assert.deepEqual(await read(other, pack, server.hashes[2]), { value: true });
  assert.equal((await run(other, () => store.list()))[0].folder, 'ready');
  await run(page, () => store.close());
  const third = await tab();
  await run(other, () => store.close());
  assert.equal((await run(third, () => store.list()))[0].folder, 'away');
  assert.match((await read(third, pack, server.hashes[2])).message, /not known any more: choose it again$/);
  await run(third, async () => store.lend(await folder('stick')));
  assert.deepEqual(await read(third, pack, server.hashes[2]), { value: true });
});

test('a folder that goes is told clearly, and works again when it is back', async t => {
  const { server, page } = await setup(t);
  const { pack } = await lend(page);
  const [first, second] = server.hashes;
  assert.deepEqual(await read(page, pack, first), { value: true });
  const move = (from, to) =>
    run(
      page,
      async ([from, to]) => {
        const root = await navigator.storage.getDirectory();
        const target = await root.getDirectoryHandle(to, { create: true });
        const source = await root.getDirectoryHandle(from);
        const copy = async (a, b) => {
          for await (const [name, handle] of a.entries()) {
            if (handle.kind === 'directory')
              await copy(handle, await b.getDirectoryHandle(name, { create: true }));
            else await handle.move(b, name);
          }
        };
        await copy(source, target);
        await root.removeEntry(from, { recursive: true });
      },
      [from, to],
    );
  await move('stick', 'pocket');
  for (const sha of [first, second]) {
    const failed = await run(page, ([pack, sha]) => outcome(store.read(pack, sha, 0, 100)), [pack, sha]);
    assert.equal(failed.kind, 'away');
    assert.match(failed.message, /plug its disk in and try again$/);
  }
  assert.equal((await run(page, () => store.list()))[0].folder, 'away');
  assert.equal((await run(page, pack => outcome(store.open(pack)), pack)).kind, 'away');
  await move('pocket', 'stick');
  for (const sha of [first, second]) assert.deepEqual(await read(page, pack, sha), { value: true });

  const path = `stick/shards/${second}.bin`;
  await run(
    page,
    async sha => {
      const shards = await (await folder('stick')).getDirectoryHandle('shards');
      await (await shards.getFileHandle(`${sha}.bin`)).move('hidden');
    },
    second,
  );
  const missing = await run(page, ([pack, sha]) => outcome(store.read(pack, sha, 0, 100)), [pack, second]);
  assert.equal(missing.kind, 'incomplete');
  assert.match(
    missing.message,
    new RegExp(`^shards/${second}.bin is missing in the model's folder: put it back`),
  );
  await run(page, path => edit(path, () => new Uint8Array(256 << 10)), path);
  const damaged = await run(page, ([pack, sha]) => outcome(store.read(pack, sha, 0, 100)), [pack, second]);
  assert.equal(damaged.kind, 'damaged');
  assert.deepEqual(await run(page, pack => store.verify(pack), pack), { shards: 4, damaged: 1 });
});

test('folders that are no packs are told apart', async t => {
  const { server, page } = await setup(t);
  const lent = files =>
    run(
      page,
      files => outcome(store.lend(new Map(files.map(([name, text]) => [name, new File([text], name)])))),
      files,
    );
  assert.deepEqual(await lent([['holiday.jpg', '']]), {
    kind: 'empty',
    message: 'the folder has no manifest.json, so it is no pack: choose the folder that has one',
  });
  const checkpoint = await lent([
    ['config.json', '{}'],
    ['model-00001-of-00019.safetensors', ''],
  ]);
  assert.equal(checkpoint.kind, 'checkpoint');
  assert.match(checkpoint.message, /go run \.\/tools\/pack -in FOLDER -out PACK/);
  assert.equal((await lent([['manifest.json', '{"version": 2}']])).kind, 'newer');
  assert.equal((await lent([['manifest.json', '{"name": "an app"}']])).kind, 'damaged');
  const half = await lent([['manifest.json', JSON.stringify(server.manifest)]]);
  assert.equal(half.kind, 'incomplete');
  assert.match(half.message, /and 4 more of the pack's files, missing/);
  assert.deepEqual(await run(page, () => store.list()), []);
});

test('a copy is made when asked, and serves without the folder', async t => {
  const { server, page, tab } = await setup(t);
  const { pack } = await lend(page);
  await run(page, pack => store.download(pack, progress => events.push(progress)), pack);
  const last = await run(page, () => events.at(-1));
  assert.equal(last.doneBytes, server.totalBytes);
  const [listed] = await run(page, () => store.list());
  assert.deepEqual([listed.complete, listed.storedBytes], [true, server.totalBytes]);
  assert.deepEqual(await run(page, pack => store.verify(pack), pack), { shards: 4, damaged: 0 });
  await run(page, async () =>
    (await navigator.storage.getDirectory()).removeEntry('stick', { recursive: true }),
  );
  const other = await tab();
  const opened = await run(
    other,
    pack => store.open(pack).then(({ offline, complete }) => ({ offline, complete })),
    pack,
  );
  assert.deepEqual(opened, { offline: true, complete: true });
  for (const sha of server.hashes) {
    const right = await run(
      other,
      async ([pack, sha, bytes]) => (await sha256(await store.read(pack, sha, 0, bytes))) === sha,
      [pack, sha, server.bytes],
    );
    assert.equal(right, true);
  }
  assert.equal(server.log.length, 0, 'nothing was fetched');
  await run(other, pack => store.remove(pack), pack);
  assert.deepEqual(await stored(other), []);
});
