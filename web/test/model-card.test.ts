// @vitest-environment jsdom
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { MixtabError, type PackInfo, type Packs, type Preflight } from '../lib/src/index.ts';
import type { MixtabElement } from '../src/elements/element.ts';
import type { MixtabModelCard } from '../src/elements/model-card.ts';
import { startLanguages } from '../src/i18n/index.ts';
import type { EngineStore } from '../src/state/engine-store.ts';
import { type Model, ModelsStore } from '../src/state/models-store.ts';
import '../src/elements/model-card.ts';

const info: PackInfo = {
  ...{
    pack: 'http://localhost/packs/a/',
    name: 'a',
    format: 'q4',
    licence: 'Apache-2.0',
    source: 'x',
    folder: null,
  },
  ...{ storedBytes: 0, totalBytes: 26e9, complete: false, downloading: false },
};

let models: ModelsStore;
beforeAll(startLanguages);
beforeEach(() => {
  models = new ModelsStore({} as EngineStore, {} as Packs);
  models.storage = { quota: 100e9, usage: 0, persisted: false, keeps: true };
  document.body.replaceChildren();
});

/** What a card says, and its buttons. */
async function shown(model: Partial<Model>, part: Partial<MixtabModelCard> = {}) {
  const card = document.createElement('mixtab-model-card') as MixtabModelCard;
  Object.assign(card, { models, model: { info, ...model }, ...part });
  document.body.append(card);
  await card.updateComplete;
  const check = card.renderRoot.querySelector<MixtabElement>('mixtab-model-check');
  await check?.updateComplete;
  const words = (root: ParentNode | null | undefined) =>
    (root?.textContent ?? '').replace(/\s+/g, ' ').trim();
  return {
    card,
    text: words(card.renderRoot),
    verdict: words(check?.shadowRoot?.querySelector('.verdict')),
    bars: [...(check?.shadowRoot?.querySelectorAll('dt') ?? [])].map(words),
    buttons: [...card.renderRoot.querySelectorAll('button')].map(words),
  };
}

describe('a card', () => {
  it('offers the torrent until the pack is here', async () => {
    const torrent = 'http://localhost/packs/a/pack.torrent';
    const { card, text } = await shown({ torrent });
    const link = card.renderRoot.querySelector('a');
    expect(link?.href).toBe(torrent);
    expect(link?.ariaLabel ?? link?.getAttribute('aria-label')).toBe('Download by torrent, a');
    expect(text).toContain('Download by torrent: any BitTorrent program fetches it');
    expect((await shown({})).card.renderRoot.querySelector('a')).toBeNull();
    const here = { ...info, complete: true, storedBytes: 26e9 };
    expect((await shown({ torrent, info: here })).card.renderRoot.querySelector('a')).toBeNull();
  });

  it.each<[string, Partial<PackInfo>, Partial<Model>, string[]]>([
    ['of a pack elsewhere', {}, {}, ['Use this model', 'Download 26.0 GB', 'Will it fit?', 'Delete']],
    [
      'of one that was paused',
      { storedBytes: 6e9 },
      {},
      ['Use this model', 'Resume, 20.0 GB to go', 'Will it fit?', 'Verify', 'Delete'],
    ],
    ['of one on its way', {}, { work: 'downloading' }, ['Start chatting now', 'Pause', 'Cancel']],
    [
      'of one that is here',
      { storedBytes: 26e9, complete: true },
      {},
      ['Use this model', 'Will it fit?', 'Verify', 'Delete'],
    ],
    [
      'of one that is verified',
      { complete: true },
      { work: 'verifying' },
      ['Use this model', 'Stop verifying', 'Delete'],
    ],
    [
      'of a folder',
      { folder: 'ready' },
      {},
      ['Use this model', 'Copy 26.0 GB into the browser’s storage', 'Will it fit?', 'Verify', 'Forget'],
    ],
    ['of a folder that must be allowed', { folder: 'locked' }, {}, ['Allow reading', 'Forget']],
    ['of a folder that is gone', { folder: 'away' }, {}, ['Forget']],
    [
      'of a folder that is gone, but copied',
      { folder: 'away', complete: true, storedBytes: 26e9 },
      {},
      [...['Use this model', 'Will it fit?', 'Verify', 'Forget']],
    ],
    ['of one that leaves', {}, { leaving: true }, ['Undo']],
  ])('%s offers what can be done', async (_name, part, model, buttons) => {
    expect((await shown({ info: { ...info, ...part }, ...model })).buttons).toEqual(buttons);
  });

  it('does not offer the model in use again', async () => {
    expect((await shown({}, { inUse: true })).buttons).not.toContain('Use this model');
  });

  it('tells speed and time left of a download', async () => {
    const progress = {
      ...{ pack: info.pack, phase: 'downloading' as const, doneBytes: 13e9, totalBytes: 26e9 },
      ...{ bytesPerSecond: 54.2e6, secondsLeft: 240, shortBytes: 3e9, owner: true },
    };
    const { text } = await shown({ work: 'downloading', progress });
    expect(text).toContain('50% · 13.0 GB of 26.0 GB, verified as it comes · 54.2 MB/s · 4 min left');
    expect(text).toContain('By the browser’s estimate, 3.0 GB will not fit.');
  });

  it('draws the disk at once, and the rest when it is measured', async () => {
    const measuring = await shown({ work: 'measuring' });
    expect(measuring.bars).toEqual(['Disk']);
    expect(measuring.verdict).toContain('Fits on disk. Measuring memory and speed');
    const report = {
      ...{ storeBytes: 26e9, residentBytes: 1e9, cacheBytes: 1e9, grantedBytes: 12.5e9, adapter: 'x' },
      ...{ regime: 'slots', tokensPerSecond: 5.3 },
    } as Preflight;
    const { bars, verdict } = await shown({ report });
    expect(bars).toEqual(['Disk', 'GPU memory', 'Speed']);
    expect(verdict).toBe('Fits on disk. Half the experts fit your GPU; expect about 4 words a second.');
    const slow = await shown({ report: { ...report, tokensPerSecond: 0.2 } });
    expect(slow.verdict).toContain('expect about 6.7 seconds a word.');
  });

  it('tells a failure in words, and what a verification found', async () => {
    const failed = await shown({ error: new MixtabError('storage', 'x', { reason: 'quota' }) });
    expect(failed.text).toContain('The browser has no more room. What has come is kept.');
    const other = await shown({ error: new MixtabError('no_webgpu', 'x') });
    expect(other.text).toContain('This browser gives the page no GPU');
    expect((await shown({ verified: { shards: 1200, damaged: 0 } })).text).toContain('All 1,200 files');
    expect((await shown({ verified: { shards: 3, damaged: 1 } })).text).toContain(
      '1 file was damaged and has been',
    );
    const folder = await shown({ info: { ...info, folder: 'ready' }, verified: { shards: 3, damaged: 2 } });
    expect(folder.text).toContain('2 files in the folder are damaged or missing.');
  });

  it('asks before it deletes', async () => {
    const { card } = await shown({ info: { ...info, storedBytes: 26e9, complete: true } });
    const remove = vi.spyOn(models, 'remove').mockImplementation(() => {});
    const press = async (name: string) => {
      const all = [...card.renderRoot.querySelectorAll('button')];
      all.find(button => button.textContent?.trim() === name)?.click();
      await card.updateComplete;
    };
    await press('Delete');
    expect(remove).not.toHaveBeenCalled();
    expect(card.renderRoot.textContent).toContain('That frees 26.0 GB.');
    await press('Keep it');
    await press('Delete');
    await press('Delete it');
    expect(remove).toHaveBeenCalledWith(info.pack);
  });
});
