import 'fake-indexeddb/auto';
import { IDBFactory } from 'fake-indexeddb';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { newConversation } from '../src/state/conversation.ts';
import { HistoryDb } from '../src/state/history-db.ts';
import { rowsOf, rowsWithin } from '../src/state/history-rows.ts';
import { type Hits, plain, search } from '../src/state/history-search.ts';
import { HistoryStore } from '../src/state/history-store.ts';
import type { KeptTurn } from '../src/state/tree.ts';

const open: HistoryStore[] = [];
beforeEach(() => {
  globalThis.indexedDB = new IDBFactory();
});
afterEach(async () => {
  vi.restoreAllMocks();
  vi.useRealTimers();
  await Promise.all(open.splice(0).map(store => store.close()));
});

function start(): HistoryStore {
  const store = new HistoryStore();
  open.push(store);
  return store;
}

function turn(id: string, text: string, parent: string | null = null): KeptTurn {
  return { id, parent, role: 'user', text, state: 'done', created: 1 };
}

/** Adds a conversation of one message and resolves with its id. */
async function add(store: HistoryStore, title: string, part = {}): Promise<string> {
  const conversation = { ...newConversation(), title, ...part };
  store.create(conversation, [turn('a', `${title} was said`)]);
  await store.flush();
  return conversation.id;
}

/** What the database itself has, as a store that is opened anew sees it. */
async function kept(): Promise<HistoryStore> {
  const store = start();
  await store.flush();
  return store;
}

describe('HistoryStore', () => {
  it('lists what was last changed first, and keeps titles and pins', async () => {
    const store = start();
    const old = await add(store, 'old', { changed: 1000 });
    await add(store, 'new', { changed: 2000 });
    store.saveHead(old, { title: 'renamed', pinned: true });
    expect((await kept()).heads).toMatchObject([
      { title: 'new', pinned: false },
      { title: 'renamed', pinned: true },
    ]);
  });

  it('brings a deleted conversation back, whole', async () => {
    const store = start();
    const id = await add(store, 'one');
    store.delete(id);
    expect(store.heads).toEqual([]);
    expect(await store.read(id)).toBeUndefined();
    expect((await kept()).heads).toEqual([]);
    expect(store.undo()?.id).toBe(id);
    expect((await (await kept()).read(id))?.turns).toHaveLength(1);
  });

  it('removes it for good when its time is over, and nothing else', async () => {
    const store = start();
    const gone = await add(store, 'gone');
    const stays = await add(store, 'stays');
    store.delete(gone);
    store.forget();
    await vi.waitFor(async () => {
      const db = await HistoryDb.open(() => {});
      expect(await db.turns(gone)).toEqual([]);
      expect((await db.heads()).map(head => head.id)).toEqual([stays]);
      expect(await db.turns(stays)).toHaveLength(1);
      db.close();
    });
  });

  it('removes what was deleted in a tab that was closed, but not what still can come back', async () => {
    const store = start();
    const old = await add(store, 'old');
    const recent = await add(store, 'recent');
    store.saveHead(old, { deleted: Date.now() - 100_000 });
    store.saveHead(recent, { deleted: Date.now() - 1000 });
    await store.flush();
    await kept();
    await vi.waitFor(async () => {
      const db = await HistoryDb.open(() => {});
      expect((await db.heads()).map(head => head.title)).toEqual(['recent']);
      db.close();
    });
  });

  it('does not make a conversation anew that another tab removed', async () => {
    const store = start();
    const id = await add(store, 'one');
    const db = await HistoryDb.open(() => {});
    await db.remove(id);
    store.saveTurn(id, turn('b', 'late', 'a'));
    store.saveHead(id, { changed: Date.now() });
    await store.flush();
    expect(await db.heads()).toEqual([]);
    expect(await db.turns(id)).toEqual([]);
    db.close();
  });

  it('goes on while the disk is full, and writes all of it when there is room', async () => {
    vi.spyOn(console, 'warn').mockImplementation(() => {});
    const store = start();
    const id = await add(store, 'one');
    const write = vi.spyOn(HistoryDb.prototype, 'write');
    write.mockRejectedValue(new DOMException('full', 'QuotaExceededError'));
    store.saveTurn(id, turn('b', 'unsaved', 'a'));
    const other = await add(store, 'two');
    expect(store.trouble).toBe('full');
    expect((await store.read(id))?.turns.map(({ text }) => text)).toEqual(['one was said', 'unsaved']);
    expect((await store.read(other))?.turns).toHaveLength(1);
    write.mockRestore();
    store.saveTurn(id, turn('c', 'later', 'b'));
    await store.flush();
    expect(store.trouble).toBeUndefined();
    const again = await kept();
    expect((await again.read(id))?.turns).toHaveLength(3);
    expect((await again.read(other))?.turns).toHaveLength(1);
  });

  it('lets a newer page have the database, and goes on in memory', async () => {
    const store = start();
    const id = await add(store, 'one');
    const upgraded = new Promise(resolve => {
      const request = indexedDB.open('mixtab', 99);
      request.onsuccess = () => {
        request.result.close();
        resolve(undefined);
      };
    });
    await upgraded;
    expect(store.trouble).toBe('unavailable');
    store.saveTurn(id, turn('b', 'unsaved', 'a'));
    expect((await store.read(id))?.turns).toHaveLength(1);
  });
});

describe('search', () => {
  async function find(store: HistoryStore, wanted: string): Promise<Hits> {
    let last: Hits = new Map();
    await search(store, wanted, new AbortController().signal, hits => {
      last = hits;
    });
    return last;
  }

  it('finds titles and messages, whatever case and accents', async () => {
    const store = start();
    const title = await add(store, 'Über Füße');
    const text = await add(store, 'other');
    store.saveTurn(text, turn('b', `${'long '.repeat(50)}a CAFÉ in Zürich${' text'.repeat(50)}`, 'a'));
    expect([...(await find(store, 'fusse')).keys()]).toEqual([]);
    expect([...(await find(store, 'uber fuß')).keys()]).toEqual([title]);
    const hits = await find(store, 'cafe in zur');
    expect([...hits.keys()]).toEqual([text]);
    expect(hits.get(text)).toMatch(/^….*a CAFÉ in Zürich.*…$/);
    expect(hits.get(text)?.length).toBeLessThan(110);
  });

  it('finds nothing that was deleted', async () => {
    const store = start();
    store.delete(await add(store, 'one'));
    expect((await find(store, 'one')).size).toBe(0);
  });

  it('keeps each character where it was', () => {
    for (const text of ['Ångström', 'İstanbul', 'naïve 😀 é', 'ﬁ', '한국어 ½']) {
      expect(plain(text)).toHaveLength(text.length);
    }
  });
});

describe('rows', () => {
  const now = new Date(2026, 5, 15, 12);
  const head = (id: string, daysAgo: number, pinned = false) => ({
    ...{ id, title: id, pinned, created: 0 },
    changed: new Date(2026, 5, 15 - daysAgo, 0, 30).getTime(),
  });

  it('are in groups by day, pinned ones first', () => {
    const heads = [
      head('a', 0),
      head('b', 1),
      head('c', 2),
      head('d', 7),
      head('e', 8),
      head('f', 31),
      head('g', 40, true),
    ];
    const rows = rowsOf(heads, undefined, now);
    expect(rows.map(row => (row.kind === 'group' ? row.group : row.head.id))).toEqual(
      'pinned g today a yesterday b week c d month e earlier f'.split(' '),
    );
    for (const [index, row] of rows.entries()) {
      const before = rows[index - 1];
      expect(row.top).toBe(before ? before.top + before.height : 0);
    }
  });

  it('of which those in sight are found among many', () => {
    const heads = Array.from({ length: 10_000 }, (_, index) => head(String(index), 0));
    const rows = rowsOf(heads, undefined, now);
    const within = rowsWithin(rows, 9000, 9030);
    expect(within.length).toBeLessThan(18);
    expect(within[0]?.top).toBeLessThanOrEqual(9000);
    expect((within.at(-1)?.top ?? 0) + (within.at(-1)?.height ?? 0)).toBeGreaterThanOrEqual(9030);
    expect(rowsWithin(rows, 1e6, 2e6)).toEqual([]);
  });
});
