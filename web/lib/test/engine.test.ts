import { afterEach, describe, expect, it } from 'vitest';
import { FakeWorker } from '../../test/fake-worker.ts';
import { createEngine, type Engine, type EngineDownload, MixtabError, packs } from '../src/index.ts';

const pack = 'http://localhost/packs/demo';
const question = [{ role: 'user' as const, content: 'What is your favourite condiment?' }];

let engine: Engine | undefined;
afterEach(() => engine?.dispose());

async function open(options: ConstructorParameters<typeof FakeWorker>[0] = {}) {
  const worker = new FakeWorker(options);
  engine = await createEngine({ pack, worker: () => worker });
  return { engine, worker };
}

describe('createEngine', () => {
  it('opens the pack by an address that ends in a slash, and tells what it opened', async () => {
    const phases: string[] = [];
    const worker = new FakeWorker();
    engine = await createEngine({
      pack,
      worker: () => worker,
      onProgress: ({ phase }) => phases.push(phase),
    });
    expect(worker.requests[0]).toEqual({
      type: 'open',
      id: 1,
      pack: `${pack}/`,
      context: 0,
      expertBudget: 0,
      arithmetic: 'f32',
    });
    expect(engine.info).toMatchObject({ model: 'demo', context: 256 });
    expect(phases).toEqual(['device', 'weights']);
  });

  it('rejects with the code of the failure', async () => {
    const failing = createEngine({ pack, worker: () => new FakeWorker({ fail: 'bad_pack' }) });
    await expect(failing).rejects.toMatchObject({ name: 'MixtabError', code: 'bad_pack' });
  });

  it('can be given up', async () => {
    const controller = new AbortController();
    const opening = createEngine({
      pack,
      worker: () => new FakeWorker({ load: 10_000 }),
      signal: controller.signal,
    });
    setTimeout(() => controller.abort(), 20);
    await expect(opening).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('tells when the worker cannot be loaded', async () => {
    const worker = new FakeWorker({ load: 10_000 });
    const opening = createEngine({ pack, worker: () => worker });
    setTimeout(() => worker.dispatchEvent(new Event('error')), 20);
    await expect(opening).rejects.toMatchObject({ code: 'network' });
  });

  it('asks for the budget that is wanted, and refuses what is none', async () => {
    const worker = new FakeWorker();
    engine = await createEngine({
      pack,
      worker: () => worker,
      expertBudget: 2 ** 31,
      context: 7,
      arithmetic: 'f16',
    });
    expect(worker.requests[0]).toMatchObject({ expertBudget: 2 ** 31, context: 7, arithmetic: 'f16' });
    for (const expertBudget of [-1, 0.5, Number.NaN]) {
      const failing = createEngine({ pack, worker: () => new FakeWorker(), expertBudget });
      await expect(failing).rejects.toMatchObject({ code: 'bad_request' });
    }
  });

  it('tells how the download goes on while the engine answers', async () => {
    const worker = new FakeWorker({ download: 2 });
    const phases: EngineDownload[] = [];
    const onDownload = (download: EngineDownload) => phases.push(download);
    engine = await createEngine({ pack, worker: () => worker, onDownload });
    expect(phases).toEqual([]);
    await engine.chat.completions.create({ messages: question });
    await expect.poll(() => phases.length).toBe(2);
    expect(phases[0]).toMatchObject({ phase: 'downloading', secondsPerToken: 30, waitingTokens: 1 });
    expect(phases[1]).toMatchObject({ phase: 'done', doneBytes: 3_600_000, secondsPerToken: 0 });
  });

  it('refuses what is not an address', async () => {
    await expect(createEngine({ pack: 'http://', worker: () => new FakeWorker() })).rejects.toThrow(
      'address',
    );
  });
});

describe('chat.completions.create', () => {
  it('answers as one object', async () => {
    const { engine } = await open();
    const answer = await engine.chat.completions.create({ messages: question });
    expect(answer.object).toBe('chat.completion');
    expect(answer.choices[0]?.message.content).toMatch(/^Well, I'm quite partial .* kitchen!$/);
    expect(answer.choices[0]?.finish_reason).toBe('stop');
    expect(answer.usage.total_tokens).toBe(answer.usage.prompt_tokens + answer.usage.completion_tokens);
    expect(answer.x_mixtab).toMatchObject({ cancelled: false, dropped_messages: 0 });
  });

  it('streams chunks: the role first, the reason and the figures last', async () => {
    const { engine } = await open();
    const stream = await engine.chat.completions.create({ messages: question, stream: true });
    const chunks = [];
    for await (const chunk of stream) chunks.push(chunk);
    const [first, last] = [chunks[0], chunks.at(-1)];
    expect(first?.choices[0]?.delta.role).toBe('assistant');
    expect(chunks.slice(1).every(chunk => chunk.choices[0]?.delta.role === undefined)).toBe(true);
    expect(chunks.slice(0, -1).every(chunk => chunk.choices[0]?.finish_reason === null)).toBe(true);
    expect(last?.choices[0]).toMatchObject({ delta: {}, finish_reason: 'stop' });
    expect(last?.usage?.completion_tokens).toBe(chunks.length - 1);
    expect(new Set(chunks.map(chunk => chunk.id)).size).toBe(1);
  });

  it('ends a stream early when its signal aborts', async () => {
    const { engine } = await open({ rate: 100 });
    const controller = new AbortController();
    const stream = await engine.chat.completions.create(
      { messages: question, stream: true },
      { signal: controller.signal },
    );
    const chunks = [];
    for await (const chunk of stream) {
      chunks.push(chunk);
      if (chunks.length === 3) controller.abort();
    }
    expect(chunks.length).toBeLessThan(8);
    expect(chunks.at(-1)?.x_mixtab).toMatchObject({ cancelled: true });
  });

  it('cancels when the reader leaves the loop', async () => {
    const { engine, worker } = await open({ rate: 100 });
    const stream = await engine.chat.completions.create({ messages: question, stream: true });
    for await (const _ of stream) break;
    expect(worker.requests.at(-1)).toMatchObject({ type: 'cancel' });
  });

  it('rejects a whole answer when its signal aborts', async () => {
    const { engine } = await open({ rate: 100 });
    const signal = AbortSignal.timeout(30);
    await expect(engine.chat.completions.create({ messages: question }, { signal })).rejects.toMatchObject({
      name: 'TimeoutError',
    });
  });

  it('runs one request at a time, in order, and skips what was aborted before its turn', async () => {
    const { engine, worker } = await open({ rate: 500 });
    const controller = new AbortController();
    const ask = (content: string, signal?: AbortSignal) =>
      engine.chat.completions.create({ messages: [{ role: 'user', content }] }, signal ? { signal } : {});
    const first = ask('first');
    const second = ask('second', controller.signal);
    const third = ask('third');
    controller.abort();
    await expect(second).rejects.toMatchObject({ name: 'AbortError' });
    const answers = await Promise.all([first, third]);
    expect(answers.map(answer => answer.choices[0]?.message.content)).toEqual([
      expect.stringContaining('first'),
      expect.stringContaining('third'),
    ]);
    expect(worker.requests.filter(request => request.type === 'chat')).toHaveLength(2);
  });

  it('goes on with an answer', async () => {
    const { engine, worker } = await open();
    const half = await engine.chat.completions.create({ messages: question, max_tokens: 10 });
    const begun = half.choices[0]?.message.content ?? '';
    const messages = [...question, { role: 'assistant' as const, content: begun }];
    const rest = await engine.chat.completions.create({ messages, mixtab: { continue: true } });
    expect(worker.requests.at(-1)).toMatchObject({ continue: true, overflow: 'error' });
    const whole = await engine.chat.completions.create({ messages: question });
    expect(begun + rest.choices[0]?.message.content).toBe(whole.choices[0]?.message.content);
  });

  it('says how many messages were left out', async () => {
    const { engine, worker } = await open({ context: 40 });
    const messages = Array.from({ length: 9 }, (_, index) => ({
      role: index % 2 ? ('assistant' as const) : ('user' as const),
      content: 'several words in a row',
    }));
    const answer = await engine.chat.completions.create({ messages, mixtab: { overflow: 'drop' } });
    expect(worker.requests.at(-1)).toMatchObject({ overflow: 'drop' });
    expect(answer.x_mixtab.dropped_messages).toBeGreaterThan(0);
  });
});

describe('the rest of the engine', () => {
  it('continues a text', async () => {
    const { engine } = await open();
    const completion = await engine.completions.create({ prompt: 'Once', max_tokens: 2 });
    expect(completion).toMatchObject({ object: 'text_completion', choices: [{ finish_reason: 'length' }] });
  });

  it('turns text into ids and back', async () => {
    const { engine } = await open();
    const tokens = await engine.tokenize('grüß');
    expect(tokens).toHaveLength(6);
    expect(await engine.detokenize(tokens)).toBe('grüß');
  });

  it('gives its counters while it answers', async () => {
    const { engine } = await open({ rate: 20 });
    const controller = new AbortController();
    const running = engine.chat.completions.create({ messages: question }, { signal: controller.signal });
    expect(await engine.stats()).toMatchObject({ dispatches: 1 });
    controller.abort();
    await expect(running).rejects.toThrow();
  });

  it('rejects what runs and tells that it is lost when the GPU goes away', async () => {
    const { engine } = await open({ die: 'device_lost' });
    await expect(engine.chat.completions.create({ messages: question })).rejects.toMatchObject({
      code: 'device_lost',
    });
    expect(await engine.lost).toBeInstanceOf(MixtabError);
    await expect(engine.tokenize('a')).rejects.toMatchObject({ code: 'device_lost' });
  });

  it('ends a worker that does not speak the protocol', async () => {
    const { engine, worker } = await open();
    worker.dispatchEvent(new MessageEvent('message', { data: { type: 'delta', id: 1 } }));
    expect(await engine.lost).toMatchObject({ code: 'internal', message: expect.stringContaining('"text"') });
  });

  it('aborts what runs when disposed', async () => {
    const { engine } = await open({ rate: 20 });
    const running = engine.chat.completions.create({ messages: question });
    setTimeout(() => engine.dispose(), 10);
    await expect(running).rejects.toMatchObject({ name: 'AbortError' });
  });
});

describe('setExpertBudget', () => {
  it('overtakes a running answer, and resolves with what it came to', async () => {
    const { engine, worker } = await open({ rate: 20 });
    let ended = false;
    const answer = engine.chat.completions.create({ messages: question, max_tokens: 4 }).then(() => {
      ended = true;
    });
    await expect.poll(() => worker.requests.length).toBe(2);
    const experts = await engine.setExpertBudget(2 ** 32);
    expect(experts).toMatchObject({ budgetBytes: 2 ** 32, resident: true });
    expect(ended).toBe(false);
    await answer;
    await expect(engine.setExpertBudget(-1)).rejects.toMatchObject({ code: 'bad_request' });
  });
});

describe('packs', () => {
  it('is the same with an engine and without', async () => {
    const { engine } = await open();
    expect(engine.packs).toBe(packs);
  });
});
