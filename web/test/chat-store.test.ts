// @vitest-environment jsdom
import { describe, expect, it, vi } from 'vitest';
import { ChatStore } from '../src/state/chat-store.ts';
import { EngineStore } from '../src/state/engine-store.ts';
import { type FakeOptions, FakeWorker } from './fake-worker.ts';

function start(options: FakeOptions = {}) {
  const workers: FakeWorker[] = [];
  const engines = new EngineStore('http://localhost/packs/demo/', () => {
    const worker = new FakeWorker(options);
    workers.push(worker);
    return worker;
  });
  const chat = new ChatStore(engines);
  void engines.open();
  const idle = () => vi.waitFor(() => expect(chat.answering || chat.turns.length === 0).toBe(false));
  const sent = () => workers.flatMap(worker => worker.requests.filter(request => request.type === 'chat'));
  return { engines, chat, idle, sent, options };
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
    const { chat, idle, sent } = start();
    chat.send('one');
    await idle();
    chat.send('two');
    await vi.waitFor(() => expect(sent()).toHaveLength(2));
    expect(sent()[1]).toMatchObject({
      overflow: 'drop',
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

  it('tells how many turns the model no longer sees', async () => {
    const { chat, idle } = start({ context: 40 });
    for (const text of ['one two three four', 'five six seven eight', 'nine ten']) {
      chat.send(text);
      await vi.waitFor(() => expect(chat.pending).toBeUndefined());
      await idle();
    }
    expect(chat.dropped).toBeGreaterThan(0);
  });
});
