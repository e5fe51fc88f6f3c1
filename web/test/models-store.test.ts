// @vitest-environment jsdom
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { MixtabError, type PackInfo, type PackProgress, type Packs } from '../lib/src/index.ts';
import { EngineStore } from '../src/state/engine-store.ts';
import { ModelsStore } from '../src/state/models-store.ts';

const url = (name: string) => `http://localhost:3000/packs/${name}/`;

function info(name: string, part: Partial<PackInfo> = {}): PackInfo {
  const sizes = { storedBytes: 0, totalBytes: 100, complete: false, downloading: false };
  return { pack: url(name), name, format: 'q4', licence: '', source: '', folder: null, ...sizes, ...part };
}

/** A store of packs whose downloads end when the test says so. */
class FakePacks {
  known = [info('b'), info('demo'), info('a')];
  calls: string[] = [];
  download = vi.fn((_pack: string, _options: { onProgress: (progress: PackProgress) => void }) => {
    return new Promise<void>((resolve, reject) => {
      this.end = resolve;
      this.fail = reject;
    });
  });
  end = () => {};
  fail = (_error: unknown) => {};

  list = async () => [...this.known];
  storage = async () => ({ quota: 1000, usage: 0, persisted: false, keeps: true });
  add = async (pack: string) => info(pack.split('/').at(-2) ?? '');
  pause = async (pack: string) => void this.calls.push(`pause ${pack}`);
  verify = async () => ({ shards: 3, damaged: 1 });
  remove = async (pack: string) => {
    this.calls.push(`remove ${pack}`);
    this.known = this.known.filter(known => known.pack !== pack);
  };
}

/** What the server's packs.json tells. */
const offered = [
  { url: 'packs/demo/', model: 'demo', format: 'q8', bytes: 7e6 },
  {
    url: 'packs/offered/',
    model: 'An offer',
    format: 'q4',
    bytes: 26e9,
    torrent: 'packs/offered/pack.torrent',
  },
];

let packs: FakePacks;
let engines: EngineStore;
let models: ModelsStore;
const names = () => models.models.map(model => model.info.name);
const model = (name: string) => models.models.find(each => each.info.name === name);

beforeEach(async () => {
  vi.useRealTimers();
  vi.stubGlobal('fetch', async () => Response.json({ packs: offered }));
  packs = new FakePacks();
  engines = new EngineStore(undefined);
  models = new ModelsStore(engines, packs as unknown as Packs);
  await models.refresh();
});

describe('the list of models', () => {
  it('has those of the browser and those that the server offers, the one in use first', () => {
    expect(names()).toEqual(['demo', 'a', 'b', 'offered']);
  });

  it('knows which are there as a torrent', () => {
    expect(model('offered')?.torrent).toBe('http://localhost:3000/packs/offered/pack.torrent');
    expect(model('demo')?.torrent).toBeUndefined();
  });

  it('has an offer that cannot be reached as the server tells of it', async () => {
    packs.add = () => Promise.reject(new MixtabError('storage', 'no', { reason: 'network' }));
    packs.known = packs.known.filter(({ name }) => name !== 'offered');
    await models.refresh();
    expect(names()).toEqual(['demo', 'a', 'An offer', 'b']);
    expect(model('An offer')?.info).toMatchObject({ format: 'q4', totalBytes: 26e9, storedBytes: 0 });
  });

  it('tells what could not be read', async () => {
    packs.list = () => Promise.reject(new MixtabError('storage', 'no', { reason: 'unavailable' }));
    await models.refresh();
    expect(models.error?.reason).toBe('unavailable');
    expect(names()).toHaveLength(4);
  });

  it('follows a download that another tab does', async () => {
    packs.known = [info('a', { downloading: true })];
    await models.refresh();
    expect(packs.download).toHaveBeenCalledTimes(1);
    expect(model('a')?.work).toBe('downloading');
  });
});

describe('work on a pack', () => {
  it('is told while it runs, and its failure stays in sight', async () => {
    const done = models.download(url('a'));
    expect(model('a')?.work).toBe('downloading');
    const progress = { pack: url('a'), phase: 'downloading', doneBytes: 40, totalBytes: 100 } as PackProgress;
    packs.download.mock.calls[0]?.[1].onProgress(progress);
    expect(model('a')?.progress).toBe(progress);
    packs.fail(new MixtabError('storage', 'no room', { reason: 'quota' }));
    await done;
    expect(model('a')).toMatchObject({ work: undefined, error: { reason: 'quota' } });
    await models.verify(url('a'));
    expect(model('a')).toMatchObject({ error: undefined, verified: { shards: 3, damaged: 1 } });
  });

  it('is no failure where it was paused', async () => {
    const done = models.download(url('a'));
    packs.fail(new DOMException('paused', 'AbortError'));
    await done;
    expect(model('a')).toMatchObject({ work: undefined, error: undefined });
  });

  it('runs one at a time, but for a measurement, which makes way', async () => {
    const measured = vi.fn(
      (_pack: string, signal: AbortSignal) =>
        new Promise<never>((_resolve, reject) =>
          signal.addEventListener('abort', () => reject(signal.reason)),
        ),
    );
    engines.preflight = measured;
    const measuring = models.measure(url('a'));
    expect(model('a')?.work).toBe('measuring');
    const done = models.download(url('a'));
    await measuring;
    expect(model('a')).toMatchObject({ work: 'downloading', error: undefined });
    await models.verify(url('a'));
    expect(model('a')?.verified).toBeUndefined();
    packs.end();
    await done;
    expect(model('a')?.work).toBeUndefined();
  });

  it('copies what lies in a folder', () => {
    packs.known = [info('stick', { pack: 'local:1/', folder: 'ready' })];
    return models.refresh().then(() => {
      void models.download('local:1/');
      expect(model('stick')?.work).toBe('copying');
    });
  });
});

describe('a deletion', () => {
  it('can be taken back for a while', async () => {
    vi.useFakeTimers();
    models.remove(url('a'));
    expect(model('a')?.leaving).toBe(true);
    models.restore(url('a'));
    await vi.advanceTimersByTimeAsync(60_000);
    expect(packs.calls).toEqual([]);
    expect(model('a')?.leaving).toBe(false);
    models.remove(url('a'));
    await vi.advanceTimersByTimeAsync(60_000);
    expect(packs.calls).toEqual([`pause ${url('a')}`, `remove ${url('a')}`]);
    expect(model('a')).toBeUndefined();
  });

  it('of the model in use brings the demo in its place', async () => {
    const chosen: string[] = [];
    engines.choose = async pack => void chosen.push(pack);
    engines.pack = url('a');
    models.remove(url('a'));
    await models.settle();
    models.remove(url('b'));
    await models.settle();
    expect(chosen).toEqual([url('demo')]);
  });

  it('is done at once where nobody can take it back any more', async () => {
    models.remove(url('a'));
    await models.settle();
    expect(names()).toEqual(['demo', 'b', 'offered']);
  });
});
