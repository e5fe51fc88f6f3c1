// @vitest-environment jsdom
import 'fake-indexeddb/auto';
import { IDBFactory } from 'fake-indexeddb';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { ChatStore } from '../src/state/chat-store.ts';
import { EngineStore } from '../src/state/engine-store.ts';
import { HistoryStore } from '../src/state/history-store.ts';
import { type FakeOptions, FakeWorker } from './fake-worker.ts';

beforeEach(() => {
  globalThis.indexedDB = new IDBFactory();
  sessionStorage.clear();
});

function start(options: FakeOptions = {}) {
  const workers: FakeWorker[] = [];
  const engines = new EngineStore('http://localhost/packs/demo/', () => {
    const worker = new FakeWorker(options);
    workers.push(worker);
    return worker;
  });
  const history = new HistoryStore();
  const chat = new ChatStore(engines, history);
  void engines.open();
  const idle = () => vi.waitFor(() => expect(chat.answering || chat.turns.length === 0).toBe(false));
  const say = async (text: string) => {
    chat.send(text);
    await vi.waitFor(() => expect(chat.pending).toBeUndefined());
    await idle();
  };
  const sent = () => workers.flatMap(worker => worker.requests.filter(request => request.type === 'chat'));
  const texts = () => chat.turns.map(turn => turn.text);
  return { engines, history, chat, idle, say, sent, texts, options };
}

describe('ChatStore', () => {
  it('holds an early message until the engine is ready', async () => {
    const { chat, engines, idle } = start({ load: 40 });
    expect(chat.send('Hello')).toBe(true);
    expect(chat.pending).toBe('Hello');
    expect(chat.send('again')).toBe(false);
    await idle();
    expect(engines.state.kind).toBe('ready');
    expect(chat.turns.map(turn => [turn.role, turn.state])).toEqual([
      ['user', 'done'],
      ['assistant', 'done'],
    ]);
  });

  it('gives an early message back', async () => {
    const { chat, engines } = start({ load: 20 });
    chat.send('Hello');
    expect(chat.takeBack()).toBe('Hello');
    await vi.waitFor(() => expect(engines.state.kind).toBe('ready'));
    expect(chat.turns).toEqual([]);
  });

  it('sends the whole conversation with the next question', async () => {
    const { chat, say, sent } = start();
    await say('one');
    chat.send('two');
    await vi.waitFor(() => expect(sent()).toHaveLength(2));
    expect(sent()[1]).toMatchObject({
      overflow: 'error',
      continue: false,
      messages: [{ content: 'one' }, { role: 'assistant' }, { content: 'two' }],
    });
  });

  it('sends a message that came during an answer after it', async () => {
    const { chat, idle } = start({ rate: 200 });
    chat.send('one');
    await vi.waitFor(() => expect(chat.answering).toBe(true));
    chat.send('two');
    expect(chat.pending).toBe('two');
    await vi.waitFor(() => expect(chat.turns).toHaveLength(4));
    await idle();
  });

  it('keeps what was said when it is stopped', async () => {
    const { chat, idle } = start({ rate: 50 });
    chat.send('What is your favourite condiment?');
    await vi.waitFor(() => expect(chat.turns[1]?.text).toBeTruthy());
    chat.stop();
    await idle();
    expect(chat.turns[1]).toMatchObject({ state: 'stopped', text: expect.stringContaining('Well,') });
  });

  it('keeps the conversation over the loss of the GPU', async () => {
    const { chat, engines, idle, options } = start({ die: 'device_lost' });
    chat.send('one');
    await idle();
    expect(engines.state).toMatchObject({ kind: 'failed', error: { code: 'device_lost' } });
    expect(chat.turns[1]).toMatchObject({ state: 'failed' });

    delete options.die;
    await engines.open();
    chat.send('two');
    await vi.waitFor(() => expect(chat.turns).toHaveLength(4));
    await idle();
    expect(chat.turns[3]?.state).toBe('done');
  });
});

describe('branches', () => {
  it('keeps what an edit replaces, and goes between the two', async () => {
    const { chat, say, idle, sent, texts } = start();
    await say('one');
    await say('two');
    const [first] = chat.turns;
    expect(chat.edit(first?.id ?? '', 'uno')).toBe(true);
    await vi.waitFor(() => expect(texts()[0]).toBe('uno'));
    await idle();
    expect(sent().at(-1)).toMatchObject({ messages: [{ content: 'uno' }] });
    expect(chat.turns).toHaveLength(2);
    expect(chat.turns[0]?.branch).toEqual({ index: 1, count: 2 });

    chat.choose(chat.turns[0]?.id ?? '', -1);
    expect(texts()).toEqual(['one', expect.stringContaining('one'), 'two', expect.stringContaining('two')]);
    chat.choose(chat.turns[0]?.id ?? '', -1);
    expect(texts()[0]).toBe('one');
  });

  it('asks for another answer, even while one comes, and keeps both', async () => {
    const { chat, idle } = start({ rate: 100, answer: 'a b c d e f g h' });
    chat.send('one');
    await vi.waitFor(() => expect(chat.turns[1]?.text).toContain('c'));
    const [question, answer] = chat.turns;
    expect(chat.regenerate(question?.id ?? '')).toBe(false);
    expect(chat.regenerate(answer?.id ?? '')).toBe(true);
    await vi.waitFor(() => expect(chat.turns[1]?.branch).toEqual({ index: 1, count: 2 }));
    await idle();
    expect(chat.turns[1]).toMatchObject({ state: 'done', text: 'a b c d e f g h' });
    chat.choose(chat.turns[1]?.id ?? '', -1);
    expect(chat.turns[1]).toMatchObject({ id: answer?.id, state: 'stopped' });
  });

  it('goes on in place with an answer that was stopped or cut', async () => {
    const { chat, idle, sent } = start({ answer: 'a b c d e f' });
    chat.setSettings({ maxTokens: 4 });
    chat.send('one');
    await idle();
    const id = chat.turns[1]?.id ?? '';
    expect(chat.turns[1]).toMatchObject({ state: 'cut', text: 'a b c d' });
    expect(chat.resume(id)).toBe(true);
    await vi.waitFor(() => expect(sent()).toHaveLength(2));
    await idle();
    expect(sent()[1]).toMatchObject({ continue: true, messages: [{}, { content: 'a b c d' }] });
    expect(chat.turns).toHaveLength(2);
    expect(chat.turns[1]).toMatchObject({ id, state: 'done', text: 'a b c d e f', branch: { count: 1 } });
    expect(chat.resume(id)).toBe(false);
  });
});

describe('settings', () => {
  it('go to the engine, and belong to one conversation', async () => {
    const { chat, say, sent } = start();
    chat.setSettings({ system: 'Be brief.', temperature: 0, topK: 3, stop: ['x'], seed: 7 });
    chat.setSettings({ topK: undefined });
    await say('one');
    expect(sent()[0]).toMatchObject({
      messages: [{ role: 'system', content: 'Be brief.' }, { role: 'user' }],
      sampling: { temperature: 0, top_k: null, stop: ['x'], seed: 7, top_p: null },
    });
    const { id } = chat.conversation;
    chat.start();
    expect(chat.conversation.settings).toEqual({});
    await chat.open(id);
    expect(chat.conversation.settings).toEqual({ system: 'Be brief.', temperature: 0, stop: ['x'], seed: 7 });
  });
});

describe('a full context', () => {
  async function full() {
    const all = start({ context: 40 });
    await all.say('one two three four');
    await all.say('five six seven eight');
    expect(all.chat.full).toBe(true);
    expect(all.chat.turns.at(-1)).toMatchObject({ state: 'failed', error: { code: 'conversation_full' } });
    return all;
  }

  it('can lose its oldest messages, and that holds for the conversation', async () => {
    const { chat, idle, say, sent } = await full();
    chat.dropOldest();
    await vi.waitFor(() => expect(chat.full).toBe(false));
    await idle();
    expect(chat.turns).toHaveLength(4);
    expect(chat.turns[3]).toMatchObject({ state: 'done', text: expect.stringContaining('five') });
    expect(chat.turns[3]?.error).toBeUndefined();
    expect(chat.dropped).toBeGreaterThan(0);
    await say('nine ten');
    expect(sent().at(-1)).toMatchObject({ overflow: 'drop' });
    expect(chat.full).toBe(false);
  });

  it('can be left for a new conversation, to which the last message goes', async () => {
    const { chat, history } = await full();
    const { id } = chat.conversation;
    chat.startAnew();
    expect(chat.turns).toEqual([]);
    expect(chat.conversation).toMatchObject({ draft: 'five six seven eight', full: 'ask' });
    expect((await history.read(id))?.turns).toHaveLength(4);
  });
});

describe('what is kept', () => {
  it('is a conversation with its branches, its settings and its title', async () => {
    const { chat, say, idle, history } = start();
    await say('  one\ttwo \nthree');
    chat.edit(chat.turns[0]?.id ?? '', 'other');
    await vi.waitFor(() => expect(chat.turns[0]?.text).toBe('other'));
    await idle();
    chat.choose(chat.turns[0]?.id ?? '', -1);
    await history.flush();

    const again = start();
    await again.chat.restore();
    expect(again.chat.conversation).toEqual(chat.conversation);
    expect(again.chat.conversation.title).toBe('one two');
    expect(again.chat.turns).toEqual(chat.turns);
    expect(again.chat.turns[0]?.branch).toEqual({ index: 0, count: 2 });
  });

  it('has a streaming answer within a second, and its last words when another is opened', async () => {
    const { chat, history } = start({ rate: 20, answer: 'word '.repeat(200) });
    chat.send('one');
    await vi.waitFor(() => expect(chat.answering).toBe(true));
    const { id } = chat.conversation;
    await new Promise(resolve => setTimeout(resolve, 1300));
    expect((await history.read(id))?.turns.at(-1)?.text.length).toBeGreaterThan(20);
    const said = chat.turns[1]?.text;
    chat.start();
    expect((await history.read(id))?.turns.at(-1)).toMatchObject({ state: 'stopped', text: said });
    expect(chat.answering).toBe(false);
  });

  it('has drafts: of a conversation, of none yet, and of a message that waits', async () => {
    const { chat, say, history } = start();
    await say('one');
    chat.setDraft('later');
    const { id } = chat.conversation;
    chat.start();
    chat.setDraft('not begun');
    await history.flush();

    const again = start({ load: 10_000 });
    await again.chat.restore();
    await vi.waitFor(() => expect(again.chat.conversation.draft).toBe('not begun'));
    await again.chat.open(id);
    expect(again.chat.conversation.draft).toBe('later');
    again.chat.setDraft('');
    again.chat.send('waits');
    await again.history.flush();

    const third = start();
    await third.chat.restore();
    expect(third.chat.conversation.draft).toBe('waits');
  });

  it('goes on in memory where the browser keeps nothing', async () => {
    globalThis.indexedDB = {
      open() {
        throw new DOMException('denied', 'SecurityError');
      },
    } as unknown as IDBFactory;
    vi.spyOn(console, 'warn').mockImplementation(() => {});
    const { chat, say, history } = start();
    await say('one');
    const { id } = chat.conversation;
    chat.start();
    await say('two');
    expect(history.trouble).toBe('unavailable');
    expect(history.heads.map(head => head.title)).toEqual(['two', 'one']);
    expect(await chat.open(id)).toBe(true);
    expect(chat.turns[0]?.text).toBe('one');
  });
});

describe('two tabs', () => {
  it('add to one conversation, and neither loses what the other said', async () => {
    const one = start();
    await one.say('one');
    const two = start();
    await two.history.flush();
    await two.chat.open(one.chat.conversation.id);
    expect(two.texts()[0]).toBe('one');
    one.chat.send('from one');
    two.chat.send('from two');
    await one.idle();
    await two.idle();
    await one.history.flush();
    await two.history.flush();
    const kept = await one.history.read(one.chat.conversation.id);
    const said = kept?.turns.filter(turn => turn.role === 'user').map(turn => turn.text);
    expect(said?.sort()).toEqual(['from one', 'from two', 'one']);
    await vi.waitFor(() => expect(one.chat.turns[2]?.branch.count).toBe(2));
    await vi.waitFor(() => expect(two.chat.turns[2]?.branch.count).toBe(2));
  });

  it('see each other’s answers, titles and deletions', async () => {
    const one = start({ rate: 30 });
    one.chat.send('one');
    await vi.waitFor(() => expect(one.chat.answering).toBe(true));
    await one.history.flush();
    const two = start();
    await two.history.flush();
    await two.chat.open(one.chat.conversation.id);
    expect(two.chat.turns[1]?.state).toBe('streaming');
    await one.idle();
    await vi.waitFor(() => expect(two.chat.turns).toEqual(one.chat.turns));

    two.history.saveHead(one.chat.conversation.id, { title: 'renamed' });
    await vi.waitFor(() => expect(one.chat.conversation.title).toBe('renamed'));
    two.history.delete(one.chat.conversation.id);
    await vi.waitFor(() => expect(one.history.heads).toEqual([]));
    expect(one.chat.turns).toEqual([]);
    two.history.undo();
    await vi.waitFor(() => expect(one.history.heads).toHaveLength(1));
  });
});
