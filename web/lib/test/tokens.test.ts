import { afterEach, describe, expect, it } from 'vitest';
import { type FakeOptions, FakeWorker } from '../../test/fake-worker.ts';
import { createEngine, type Engine, type ExpertRouting } from '../src/index.ts';

const messages = [{ role: 'user' as const, content: 'What is your favourite condiment?' }];

let engine: Engine;
afterEach(() => engine.dispose());

async function open(options: FakeOptions = {}) {
  const worker = new FakeWorker({ answer: 'Salt, pepper and lemon.', ...options });
  engine = await createEngine({ pack: 'http://localhost/packs/demo', worker: () => worker });
  return worker;
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

const { chat } = { chat: (extra: object) => engine.chat.completions.create({ messages, ...extra }) };
const stream = async (extra: object, signal?: AbortSignal) =>
  engine.chat.completions.create({ messages, ...extra, stream: true }, signal ? { signal } : {});

describe('logprobs', () => {
  it('come with the whole answer and with its chunks', async () => {
    await open();
    const whole = await chat({ logprobs: true, top_logprobs: 2 });
    const content = whole.choices[0]?.logprobs?.content ?? [];
    expect(content.map(({ token }) => token).join('')).toBe('Salt, pepper and lemon.');
    expect(content[0]).toMatchObject({ token: 'Salt,', bytes: [83, 97, 108, 116, 44] });
    expect(content[0]?.logprob).toBeCloseTo(Math.log(0.95));
    expect(content.map(({ top_logprobs: top }) => top.length)).toEqual([2, 2, 2, 2]);

    const chunks = await collect(await stream({ logprobs: true, top_logprobs: 2 }));
    expect(chunks.flatMap(({ choices }) => choices[0]?.logprobs?.content ?? [])).toEqual(content);
  });

  it('are null where nobody asks', async () => {
    await open();
    expect((await chat({})).choices[0]?.logprobs).toBeNull();
  });
});

describe('routing', () => {
  it('is told of the answers that begin while someone iterates', async () => {
    const worker = await open();
    await engine.setExpertBudget(900_000);
    await chat({});
    const seen: ExpertRouting[] = [];
    const loop = (async () => {
      for await (const routing of engine.routing) {
        seen.push(routing);
        if (routing.index === 3) break;
      }
    })();
    const { id } = await chat({});
    await loop;
    await chat({});
    const asked = worker.requests.flatMap(request => (request.type === 'chat' ? [request.routing] : []));
    expect(asked).toEqual([false, true, false]);
    expect(seen.map(({ index }) => index)).toEqual([0, 1, 2, 3]);
    expect(seen[3]).toMatchObject({ id, choice: 0 });
    expect(seen.map(({ loads }) => loads.length > 0)).toEqual([false, true, true, true]);
    const { layers, expertsPerToken } = engine.info;
    expect(seen[0]?.experts).toHaveLength(layers * expertsPerToken);
    expect(seen[0]?.weights).toHaveLength(layers * expertsPerToken);
  });

  it('ends with the engine', async () => {
    await open();
    const all = collect(engine.routing);
    engine.dispose();
    expect(await all).toEqual([]);
  });
});

describe('n', () => {
  it('answers so many times, with seeds that follow each other and one usage', async () => {
    const worker = await open();
    const whole = await chat({ n: 3, seed: 40 });
    expect(whole.choices.map(({ index, message }) => [index, message.content])).toEqual(
      [0, 1, 2].map(index => [index, 'Salt, pepper and lemon.']),
    );
    expect(whole.usage.completion_tokens).toBe(12);
    expect(whole.usage.total_tokens).toBe(whole.usage.prompt_tokens + 12);
    const seeds = worker.requests.flatMap(request =>
      request.type === 'chat' ? [request.sampling.seed] : [],
    );
    expect(seeds).toEqual([40, 41, 42]);
    await chat({ n: 2 });
    const [first, second] = worker.requests
      .flatMap(request => (request.type === 'chat' ? [request.sampling.seed ?? 0] : []))
      .slice(3);
    expect(second).toBe((first ?? 0) + 1);
  });

  it('streams each with its index, role, reason and figures, and the usage last', async () => {
    await open();
    const chunks = await collect(await stream({ n: 2, seed: 1 }));
    for (const index of [0, 1]) {
      const own = chunks.filter(({ choices }) => choices[0]?.index === index);
      expect(own.map(({ choices }) => choices[0]?.delta.content ?? '').join('')).toBe(
        'Salt, pepper and lemon.',
      );
      expect(own.map(({ choices }) => choices[0]?.delta.role)).toEqual(['assistant', ...Array(4)]);
      expect(own.at(-1)).toMatchObject({
        choices: [{ finish_reason: 'stop' }],
        x_mixtab: { seed: 1 + index },
      });
    }
    expect(chunks.filter(({ usage }) => usage).map(chunk => chunks.indexOf(chunk))).toEqual([9]);
    expect(chunks.at(-1)?.usage?.completion_tokens).toBe(8);
    expect(new Set(chunks.map(({ id }) => id)).size).toBe(1);
  });

  it('ends all when the signal aborts or the reader leaves', async () => {
    const worker = await open({ rate: 100 });
    const controller = new AbortController();
    const chunks = [];
    for await (const chunk of await stream({ n: 3 }, controller.signal)) {
      chunks.push(chunk);
      if (chunks.length === 2) controller.abort();
    }
    expect(
      chunks.filter(({ choices }) => choices[0]?.finish_reason).map(({ x_mixtab }) => x_mixtab),
    ).toMatchObject(Array(3).fill({ cancelled: true }));
    for await (const _ of await stream({ n: 3 })) break;
    await engine.stats();
    expect(worker.requests.map(({ type }) => type)).toEqual([
      'open',
      'chat',
      'cancel',
      'chat',
      'cancel',
      'stats',
    ]);
  });

  it('continues a text several times', async () => {
    await open();
    const { choices, usage } = await engine.completions.create({ prompt: 'Once', n: 2, max_tokens: 2 });
    expect(choices.map(({ text }) => text)).toEqual(['Salt, pepper', 'Salt, pepper']);
    expect(usage?.completion_tokens).toBe(4);
  });
});

describe('stream_options', () => {
  it('has the usage in a chunk of its own', async () => {
    await open();
    const chunks = await collect(await stream({ stream_options: { include_usage: true }, n: 2 }));
    expect(chunks.slice(0, -1).every(({ usage, choices }) => usage === null && choices.length === 1)).toBe(
      true,
    );
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { completion_tokens: 8 } });
    const texts = await engine.completions.create({
      ...{ prompt: 'Once', stream: true, max_tokens: 2 },
      stream_options: { include_usage: true },
    });
    expect(
      (await collect(texts)).map(({ usage, choices }) => [choices.length, usage?.completion_tokens]),
    ).toEqual([
      [1, undefined],
      [1, undefined],
      [1, undefined],
      [0, 2],
    ]);
  });
});

describe('kv', () => {
  it('keeps a conversation, behind what runs', async () => {
    const worker = await open({ rate: 200 });
    const answering = chat({});
    const saving = engine.kv.save('one', messages);
    const { usage } = await answering;
    expect(await saving).toBe(usage.total_tokens);
    expect(await engine.kv.restore('one')).toBe(usage.total_tokens);
    await engine.kv.drop('one');
    expect(await engine.kv.restore('one')).toBe(0);
    const asked = worker.requests.flatMap(request => (request.type === 'cache' ? [request] : []));
    expect(asked.map(({ action, limitBytes }) => [action, limitBytes])).toEqual([
      ['save', 2 ** 30],
      ['restore', 0],
      ['drop', 0],
      ['restore', 0],
    ]);
    await expect(engine.kv.save('two', messages, { limitBytes: -1 })).rejects.toThrow('limitBytes');
  });
});
