import type { StoreClient } from 'virtual:mixtab-store';
import { describe, expect, it } from 'vitest';
import { Packs } from '../src/packs.ts';

const pack = 'http://localhost/packs/demo';

class StoreError extends Error {
  constructor(
    readonly kind: string,
    message: string,
  ) {
    super(message);
  }
}

/** A store that notes its calls and fails as it is told. */
function fakeStore(failure?: Error) {
  const calls: unknown[][] = [];
  const answer =
    (name: string, result?: unknown) =>
    (...args: unknown[]) => {
      calls.push([name, ...args]);
      return failure ? Promise.reject(failure) : Promise.resolve(result);
    };
  const store = {
    list: answer('list', [{ pack: `${pack}/` }]),
    download: answer('download'),
    pause: answer('pause'),
    verify: answer('verify', { shards: 3, damaged: 1 }),
    remove: answer('remove'),
    describe: answer('describe', { pack: `${pack}/` }),
    lend: answer('lend', { pack: 'local:1/' }),
    allow: answer('allow', true),
    space: answer('space', { quota: 2, usage: 1, persisted: false, keeps: true }),
  } as unknown as StoreClient;
  let opened = 0;
  const packs = new Packs(() => {
    opened++;
    return store;
  });
  return { packs, calls, opened: () => opened };
}

describe('packs', () => {
  it('starts one store, with the first call, and names packs by addresses that end in a slash', async () => {
    const { packs, calls, opened } = fakeStore();
    expect(opened()).toBe(0);
    const onProgress = () => {};
    const { signal } = new AbortController();
    expect(await packs.list()).toEqual([{ pack: `${pack}/` }]);
    await packs.download(pack, { onProgress, signal });
    await packs.pause(pack);
    expect(await packs.verify(pack, { onProgress })).toEqual({ shards: 3, damaged: 1 });
    await packs.remove(`${pack}/`);
    expect(opened()).toBe(1);
    expect(calls).toEqual([
      ['list'],
      ['download', `${pack}/`, onProgress, signal],
      ['pause', `${pack}/`],
      ['verify', `${pack}/`, onProgress, undefined],
      ['remove', `${pack}/`],
    ]);
  });

  it.each([
    ['network', 'network'],
    ['missing', 'bad_pack'],
    ['damaged', 'bad_pack'],
    ['quota', 'storage'],
    ['busy', 'storage'],
    ['unavailable', 'storage'],
    ['deleted', 'storage'],
    ['newer', 'bad_pack'],
    ['empty', 'bad_pack'],
    ['checkpoint', 'bad_pack'],
    ['incomplete', 'folder'],
    ['away', 'folder'],
    ['locked', 'folder'],
    ['of another version', 'internal'],
  ])('%s errors have the code %s, and the words of the store', async (kind, code) => {
    const { packs } = fakeStore(new StoreError(kind, 'what happened: what to do'));
    const error = { name: 'MixtabError', code, reason: kind, message: 'what happened: what to do' };
    await expect(packs.download(pack)).rejects.toMatchObject(error);
    await expect(packs.list()).rejects.toMatchObject(error);
  });

  it("rejects with the signal's reason, or with an AbortError where somebody else paused", async () => {
    const { packs } = fakeStore(new StoreError('cancelled', 'paused'));
    const reason = new Error('enough');
    await expect(packs.download(pack, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    await expect(packs.download(pack)).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('takes a folder as a handle, or as files by their paths in it', async () => {
    const { packs, calls } = fakeStore();
    const handle = { kind: 'directory', name: 'stick' } as FileSystemDirectoryHandle;
    expect(await packs.addFolder(handle)).toEqual({ pack: 'local:1/' });
    const file = (path: string) =>
      Object.defineProperty(new File([], path.split('/').at(-1) ?? ''), 'webkitRelativePath', {
        value: path,
      });
    const files = ['pack/manifest.json', 'pack/shards/a.bin', 'pack/other/b', 'pack/shards/c/d'].map(file);
    await packs.addFolder(files);
    const map = new Map([['manifest.json', files[0] as File]]);
    await packs.addFolder(map);
    expect(calls.map(([name]) => name)).toEqual(['lend', 'lend', 'lend']);
    expect(calls[0]?.[1]).toBe(handle);
    expect(calls[1]?.[1]).toEqual(
      new Map([
        ['manifest.json', files[0]],
        ['shards/a.bin', files[1]],
      ]),
    );
    expect(calls[2]?.[1]).toBe(map);
  });

  it('names packs in folders by their own addresses', async () => {
    const { packs, calls } = fakeStore();
    await packs.allow('local:1');
    await packs.download('local:1/');
    expect(calls).toEqual([
      ['allow', 'local:1/'],
      ['download', 'local:1/', undefined, undefined],
    ]);
  });

  it('refuses what is not an address', async () => {
    const { packs, opened } = fakeStore();
    await expect(packs.remove('http://')).rejects.toMatchObject({ code: 'bad_request' });
    expect(opened()).toBe(0);
  });
});
