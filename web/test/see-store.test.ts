// @vitest-environment jsdom
import 'fake-indexeddb/auto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ChatStore } from '../src/state/chat-store.ts';
import { EngineStore } from '../src/state/engine-store.ts';
import { HistoryStore } from '../src/state/history-store.ts';
import { SeeStore } from '../src/state/see-store.ts';
import { type FakeOptions, FakeWorker } from './fake-worker.ts';

beforeEach(() => localStorage.clear());
const cleanup: (() => void)[] = [];
afterEach(() => {
  for (const clean of cleanup.splice(0)) clean();
});

async function start(options: FakeOptions = {}) {
  const workers: FakeWorker[] = [];
  const engines = new EngineStore('http://localhost/packs/demo/', () => {
    const worker = new FakeWorker({ answer: 'Salt, pepper and lemon.', ...options });
    workers.push(worker);
    return worker;
  });
  const see = new SeeStore(engines);
  const chat = new ChatStore(engines, new HistoryStore(), see);
  await engines.open();
  const ask = async (text: string) => {
    chat.send(text);
    await vi.waitFor(() => expect(chat.answering).toBe(true));
    await vi.waitFor(() => expect(chat.answering).toBe(false));
  };
  const requests = () => workers.flatMap(worker => worker.requests.filter(({ type }) => type === 'chat'));
  return { chat, engines, see, ask, requests };
}

describe('SeeStore', () => {
  it('has the tokens of answers that are watched, with their texts, and of no others', async () => {
    const { see, ask, requests } = await start();
    await ask('one');
    expect(see.log?.size).toBe(0);
    const unwatch = see.watch();
    await ask('two');
    await vi.waitFor(() => expect(see.log?.size).toBe(4));
    expect([0, 1, 2, 3].map(token => see.token(token)?.text)).toEqual([
      'Salt,',
      ' pepper',
      ' and',
      ' lemon.',
    ]);
    unwatch();
    await ask('three');
    expect(requests().map(request => 'routing' in request && request.routing)).toEqual([false, true, false]);
    expect(see.log?.size).toBe(4);
    cleanup.push(see.watch());
    await ask('four');
    await vi.waitFor(() => expect(see.log?.size).toBe(8));
  });

  it('has the shape of the engine that is open, and starts anew with another', async () => {
    const { see, ask, engines } = await start({ layers: 32 });
    cleanup.push(see.watch());
    expect(see.log?.shape).toMatchObject({ layers: 32, experts: 8, expertsPerToken: 2 });
    await ask('one');
    await vi.waitFor(() => expect(see.log?.size).toBe(4));
    see.point({ token: 2, layer: 1 });
    await engines.open();
    await vi.waitFor(() => expect(see.log?.size).toBe(0));
    expect(see.cell).toBeUndefined();
    await ask('two');
    await vi.waitFor(() => expect(see.log?.size).toBe(4));
  });

  it('asks for probabilities where they are wanted, keeps them with the turn, and remembers the wish', async () => {
    const { see, chat, ask, requests } = await start();
    cleanup.push(see.watch());
    await ask('one');
    expect(requests()[0]).toMatchObject({ sampling: { top_logprobs: null } });
    expect(chat.turns[1]?.tokens).toBeUndefined();
    see.probabilities = true;
    await ask('two');
    expect(requests()[1]).toMatchObject({ sampling: { top_logprobs: 5 } });
    const { text, tokens = [] } = chat.turns[3] ?? {};
    expect(tokens.map(token => token.text).join('')).toBe(text);
    expect(tokens[1]?.top.length).toBe(5);
    await vi.waitFor(() => expect(see.log?.size).toBe(8));
    expect(see.token(5)).toEqual(tokens[1]);
    expect((await start()).see.probabilities).toBe(true);
  });

  it('finds the column of a token in the conversation, of a continued answer too', async () => {
    const { see, chat, ask } = await start();
    cleanup.push(see.watch());
    see.probabilities = true;
    chat.setSettings({ maxTokens: 2 });
    await ask('one');
    chat.resume(chat.turns[1]?.id ?? '');
    await vi.waitFor(() => expect(chat.turns[1]?.tokens).toHaveLength(4));
    await vi.waitFor(() => expect(see.log?.size).toBe(4));
    for (const index of [0, 1, 2, 3]) {
      see.pointAt(chat.turns[1]?.id ?? '', index);
      expect(see.cell).toEqual({ token: index, layer: undefined });
      expect(see.place).toEqual({ turn: chat.turns[1]?.id, index });
      expect(see.token(index)?.text).toBe(chat.turns[1]?.tokens?.[index]?.text);
    }
    see.pointAt('another turn', 1);
    expect(see.cell?.token).toBe(3);
  });

  it('counts what a token costs, and changes the budget', async () => {
    const { see, ask } = await start({ layers: 32, answer: 'word '.repeat(60) });
    cleanup.push(see.watch());
    await ask('one');
    expect(see.arrivals.length).toBe(60);
    await vi.waitFor(() => expect(see.counters?.experts.uses).toBe(60 * 64));
    expect(see.dispatchesPerToken).toBeCloseTo(32 * 7 + 3);
    const bytes = (see.counters?.experts.totalBytes ?? 0) / 4;
    await see.setBudget(bytes);
    expect(see.counters?.experts).toMatchObject({ budgetBytes: bytes, slots: 64, resident: false });
  });
});
