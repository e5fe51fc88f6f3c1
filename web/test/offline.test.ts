// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { markKept, unmarkKept, wasKept, watchStorage } from '../src/offline/evicted.ts';
import { notices } from '../src/offline/notices.ts';
import { takePrompt } from '../src/offline/prompt-link.ts';
import type { EngineState } from '../src/state/engine-store.ts';
import { redirectHome, rememberPacks } from '../src/sw/home.ts';
import { openShared } from '../src/sw/share.ts';

const scope = 'http://localhost:3000/chat/';

beforeEach(() => localStorage.clear());
afterEach(() => vi.unstubAllGlobals());

describe('a prompt link', () => {
  it('is taken once, and the rest of the address stays', () => {
    history.replaceState(null, '', '/?pack=packs/x/&q=a%20%26%20b#end');
    expect(takePrompt()).toBe('a & b');
    expect(location.search + location.hash).toBe('?pack=packs%2Fx%2F#end');
    expect(takePrompt()).toBeUndefined();
  });

  it('may be empty, which begins a conversation', () => {
    history.replaceState(null, '', '/?q=');
    expect(takePrompt()).toBe('');
    expect(location.search).toBe('');
  });
});

describe('a share', () => {
  const share = async (fields: Record<string, string>) => {
    const body = new FormData();
    for (const [name, value] of Object.entries(fields)) body.set(name, value);
    const response = await openShared({ formData: async () => body } as unknown as Request, scope);
    return { code: response.status, url: new URL(response.headers.get('Location') ?? '') };
  };

  it('opens the page with what was said, and no more', async () => {
    const { code, url } = await share({ title: 'A & B', text: ' ', url: 'https://example.com/?a=1#b' });
    expect([code, url.origin + url.pathname]).toEqual([303, scope]);
    expect([...url.searchParams]).toEqual([['q', 'A & B\nhttps://example.com/?a=1#b']]);
  });

  it('of nothing opens the page', async () => {
    expect((await share({})).url.href).toBe(`${scope}?q=`);
  });
});

describe('the pack that a page from the cache opens', () => {
  const serverHas = async (packs: object) => {
    const stored = new Map<string, Response>();
    const cache = {
      put: async (url: URL, response: Response) => void stored.set(url.href, response),
      match: async (url: URL) => stored.get(url.href)?.clone(),
    };
    vi.stubGlobal('caches', { open: async () => cache });
    vi.stubGlobal('fetch', async () => Response.json(packs));
    await rememberPacks(scope);
  };
  const home = (query: string) => redirectHome(new URL(query, scope), scope);

  it('is the one that the server would send it to', async () => {
    await serverHas({ default: 'mixtral', packs: [{ name: 'mixtral' }, { name: 'small' }] });
    expect(await home('')).toBe(`${scope}?pack=packs/mixtral/`);
    expect(await home('?q=hello')).toBe(`${scope}?pack=packs/mixtral/&q=hello`);
    expect(await home('?pack=https://example.com/p/')).toBeUndefined();
  });

  it('is the page’s own choice where the server leaves it that', async () => {
    for (const packs of [
      { default: 'demo', packs: [{ name: 'demo' }, { name: 'small' }] },
      { default: '', packs: [] },
    ]) {
      await serverHas(packs);
      expect(await home('')).toBeUndefined();
    }
  });
});

describe('packs that were here', () => {
  it('are remembered by their address, until they are deleted', () => {
    markKept('packs/demo/');
    expect(wasKept('packs/demo')).toBe(true);
    expect(wasKept('packs/other/')).toBe(false);
    unmarkKept('packs/demo');
    expect(wasKept('packs/demo/')).toBe(false);
  });

  it('are said to be deleted by the browser where an engine fetches them again, and only then', () => {
    const told = () => {
      const first = notices.first();
      notices.remove('evicted');
      return first;
    };
    const state = (engine: object, phase: string, waiting = false) =>
      ({ kind: 'ready', engine, download: { phase }, waiting }) as unknown as EngineState;
    const [visit, next] = [{}, {}];
    const see = watchStorage();
    see('packs/demo/', state(visit, 'downloading'));
    see('packs/demo/', state(visit, 'done'));
    see('packs/demo/', state(visit, 'done', true)); // Another tab asks something.
    expect(told()).toBeUndefined();
    expect(wasKept('packs/demo/')).toBe(true);
    see('packs/demo/', state(next, 'done')); // So quickly that nothing else was seen.
    expect(told()).toBe('evicted');
    see('packs/demo/', state(next, 'done', true));
    expect(told()).toBeUndefined();
    expect(wasKept('packs/demo/')).toBe(true);
  });

  it('are none where what is stored is damaged', () => {
    localStorage.setItem('mixtab.kept-packs', '{"a": 1');
    expect(wasKept('packs/demo/')).toBe(false);
    markKept('packs/demo/');
    expect(wasKept('packs/demo/')).toBe(true);
  });
});

describe('notices', () => {
  it('come one at a time, the most urgent first', () => {
    notices.add('unkept');
    notices.add('update');
    expect(notices.first()).toBe('update');
    expect(notices.first('update')).toBe('unkept');
    notices.remove('update');
    expect(notices.first()).toBe('unkept');
    notices.remove('unkept');
    expect(notices.first()).toBeUndefined();
  });
});
