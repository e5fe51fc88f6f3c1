import 'fake-indexeddb/auto';
import { IDBFactory } from 'fake-indexeddb';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { newConversation } from '../src/state/conversation.ts';
import { HistoryStore } from '../src/state/history-store.ts';
import { ImportError, importedFrom } from '../src/state/import.ts';
import { asJson, asMarkdown, fileName, importInto } from '../src/state/transfer.ts';
import type { KeptTurn } from '../src/state/tree.ts';

let store: HistoryStore;
beforeEach(() => fresh());
afterEach(() => store.close());

/** A browser that has kept nothing. */
async function fresh(): Promise<void> {
  await store?.close();
  globalThis.indexedDB = new IDBFactory();
  store = new HistoryStore();
}

const turn = (id: string, parent: string | null, role: KeptTurn['role'], text: string): KeptTurn => ({
  ...{ id, parent, role, text },
  ...{ state: 'done', created: 5 },
});

async function addOne(): Promise<string> {
  const settings = { system: 'Be brief.', temperature: 0.2, stop: ['x'] };
  const conversation = { ...newConversation(), title: 'A title', pinned: true, settings, leaf: 'z' };
  const turns = [
    turn('z', 'q', 'assistant', 'Hello **you**'),
    turn('q', null, 'user', 'Hi'),
    { ...turn('y', 'q', 'assistant', 'Other'), tokens: [{ text: 'Other', logprob: 0, top: [] }] },
  ];
  store.create(conversation, turns);
  await store.flush();
  return conversation.id;
}

describe('a file', () => {
  it('brings everything into another browser', async () => {
    const id = await addOne();
    const before = await store.read(id);
    const text = await (await asJson(store)).text();
    await fresh();
    expect(await importInto(store, text)).toEqual({ added: 1, known: 0 });
    const after = await store.read(id);
    expect(after?.head).toEqual(before?.head);
    expect(after?.detail).toEqual(before?.detail);
    const sorted = (turns: readonly KeptTurn[] = []) => [...turns].sort((a, b) => (a.id < b.id ? -1 : 1));
    expect(sorted(after?.turns)).toEqual(sorted(before?.turns).map(({ tokens: _, ...rest }) => rest));
  });

  it('changes nothing that is here: what is the same is left, what differs becomes another', async () => {
    const id = await addOne();
    const text = await (await asJson(store, [id])).text();
    expect(await importInto(store, text)).toEqual({ added: 0, known: 1 });
    const other = text.replace('Hello **you**', 'Something else');
    expect(await importInto(store, other)).toEqual({ added: 1, known: 0 });
    expect(store.heads).toHaveLength(2);
    expect((await store.read(id))?.turns.map(({ text }) => text)).toContain('Hello **you**');
  });

  it('is Markdown to be read', async () => {
    const id = await addOne();
    const file = await asMarkdown(store, id, { user: 'You', assistant: 'Answer' });
    expect(await file?.text()).toBe('# A title\n\n**You**\n\nHi\n\n**Answer**\n\nHello **you**\n');
  });

  it.each([
    ['../../etc/passwd', 'etc passwd.md'],
    ['a: b? "c" <d>|*', 'a b c d.md'],
    ['\u202egnp.exe', 'gnp exe.md'],
    ['   ', 'mixtab.md'],
  ])('is named %j as %s', (title, want) => {
    expect(fileName(title, 'md')).toBe(want);
  });
});

describe('a file that is not right', () => {
  const good = {
    format: 'mixtab.conversations',
    version: 1,
    conversations: [
      {
        ...{ id: 'c1', title: 't', pinned: false, created: 1, changed: 2, settings: {}, leaf: 'b' },
        turns: [
          { id: 'a', parent: null, role: 'user', text: 'q', state: 'done', created: 1 },
          { id: 'b', parent: 'a', role: 'assistant', text: 'x', state: 'streaming', created: 2 },
        ],
      },
    ],
  };

  it('is told apart from one that is', () => {
    expect(importedFrom(JSON.stringify(good))[0]).toMatchObject({ id: 'c1', full: 'ask' });
    expect(importedFrom(JSON.stringify(good))[0]?.turns[1]?.state).toBe('stopped');
  });

  const first = 'conversations[0]';
  type File = typeof good;
  const cases: [string, (file: File) => unknown, place: string][] = [
    ['another format', file => ({ ...file, format: 'x' }), 'format'],
    ['a version from the future', file => ({ ...file, version: 2 }), 'version'],
    ['a list', () => [], ''],
    ['no conversations', file => ({ ...file, conversations: {} }), 'conversations'],
    [
      'a conversation twice',
      file => ({ ...file, conversations: [good.conversations[0], good.conversations[0]] }),
      'conversations[1].id',
    ],
    ['an id with markup', change(first, { id: '<img>' }), `${first}.id`],
    ['a title that is none', change(first, { title: { toString: 'x' } }), `${first}.title`],
    ['an endless title', change(first, { title: 'x'.repeat(501) }), `${first}.title`],
    ['a time that is none', change(first, { changed: 1e300 }), `${first}.changed`],
    ['a leaf that is nowhere', change(first, { leaf: 'nowhere' }), `${first}.leaf`],
    ['no messages', change(first, { turns: [] }), `${first}.turns`],
    [
      'settings that are none',
      change(first, { settings: { temperature: '0' } }),
      `${first}.settings.temperature`,
    ],
    ['stop strings that are none', change(first, { settings: { stop: [1] } }), `${first}.settings.stop[0]`],
    ['a role of its own', turnChange(1, { role: 'system' }), `${first}.turns[1].role`],
    ['a message that answers itself', turnChange(1, { parent: 'b' }), `${first}.turns[1].parent`],
    ['a message before its parent', turnChange(0, { parent: 'b' }), `${first}.turns[0].parent`],
    ['a message twice', turnChange(1, { id: 'a' }), `${first}.turns[1].id`],
    ['a text that is none', turnChange(0, { text: 1 }), `${first}.turns[0].text`],
    ['a state of its own', turnChange(0, { state: 'evil' }), `${first}.turns[0].state`],
  ];

  function change(_place: string, part: object) {
    return (file: File) => ({ ...file, conversations: [{ ...file.conversations[0], ...part }] });
  }

  function turnChange(index: number, part: object) {
    return (file: File) => {
      const [conversation] = structuredClone(file).conversations;
      Object.assign(conversation?.turns[index] ?? {}, part);
      return { ...file, conversations: [conversation] };
    };
  }

  it.each(cases)('%s is refused, with its place', async (_name, spoil, place) => {
    const text = JSON.stringify(spoil(structuredClone(good)));
    const refusal = await importInto(store, text).catch(error => error);
    expect(refusal).toBeInstanceOf(ImportError);
    expect(refusal.place).toBe(place);
    expect(store.heads).toEqual([]);
  });

  it('that is no JSON is refused', async () => {
    await expect(importInto(store, '<html>')).rejects.toThrow('this is not JSON');
  });

  it('does not reach prototypes, and leaves out what is not known', () => {
    const text = JSON.stringify(good).replace(
      '"settings":{}',
      '"settings":{"__proto__":{"evil":1},"other":2}',
    );
    const [conversation] = importedFrom(text);
    expect(conversation?.settings).toEqual({});
    expect(({} as Record<string, unknown>).evil).toBeUndefined();
  });
});
