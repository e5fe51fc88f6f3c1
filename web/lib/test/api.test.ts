import OpenAI from 'openai';
import { afterEach, describe, expect, it } from 'vitest';
import { type FakeOptions, FakeWorker } from '../../test/fake-worker.ts';
import { createEngine, type Engine } from '../src/index.ts';
import { answer } from '../src/serve/api.ts';

const messages = [{ role: 'user' as const, content: 'What is your favourite condiment?' }];
const lemon = "Well, I'm quite partial to a good squeeze of fresh lemon juice.";
const never = new AbortController().signal;

let engine: Engine;
afterEach(() => engine.dispose());

async function open(options: FakeOptions = {}) {
  engine = await createEngine({
    pack: 'http://localhost/packs/demo',
    worker: () => new FakeWorker({ answer: lemon, ...options }),
  });
  const call = async (method: string, path: string, body: unknown = '', signal = never) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const reply = await answer(engine, { method, path, body: text, caller: '' }, signal);
    const pieces: string[] = [];
    for await (const piece of reply.pieces) pieces.push(piece);
    return { ...reply, pieces, text: pieces.join('') };
  };
  return { call, client: clientOf(call) };
}

type Call = (
  method: string,
  path: string,
  body: string,
) => Promise<{ status: number; contentType: string; text: string }>;

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** OpenAI's own client, over the API without a network. */
function clientOf(call: Call): OpenAI {
  return new OpenAI({
    apiKey: 'none',
    baseURL: 'http://localhost/v1',
    maxRetries: 0,
    fetch: async (address, init) => {
      const path = new URL(String(address)).pathname.replace('/v1/', '');
      const { status, contentType, text } = await call(init?.method ?? 'GET', path, String(init?.body ?? ''));
      return new Response(text, { status, headers: { 'Content-Type': contentType } });
    },
  });
}

describe('OpenAI’s client', () => {
  it('gets a whole answer', async () => {
    const { client } = await open();
    const completion = await client.chat.completions.create({ model: 'demo', messages });
    expect(completion.object).toBe('chat.completion');
    expect(completion.choices[0]).toMatchObject({
      message: { role: 'assistant', content: lemon },
      finish_reason: 'stop',
    });
    expect(completion.usage?.total_tokens).toBeGreaterThan(10);
  });

  it('gets a stream, and its usage when it asks', async () => {
    const { client } = await open();
    for (const include_usage of [false, true]) {
      const stream = await client.chat.completions.create({
        model: 'demo',
        messages,
        stream: true,
        ...(include_usage && { stream_options: { include_usage } }),
      });
      const chunks = await collect(stream);
      expect(chunks.map(chunk => chunk.choices[0]?.delta.content ?? '').join('')).toBe(lemon);
      expect('usage' in (chunks[0] ?? {})).toBe(include_usage);
      expect(chunks.filter(chunk => chunk.usage).map(chunk => chunk.choices)).toEqual(
        include_usage ? [[]] : [],
      );
      expect(chunks.flatMap(chunk => chunk.choices).at(-1)?.finish_reason).toBe('stop');
    }
  });

  it('gets text completions and the models', async () => {
    const { client } = await open({ answer: 'and so on' });
    const completion = await client.completions.create({ model: 'demo', prompt: 'Once' });
    expect(completion.choices[0]?.text).toBe('and so on');
    const chunks = await collect(
      await client.completions.create({ model: 'demo', prompt: 'Once', stream: true }),
    );
    expect(chunks.map(chunk => chunk.choices[0]?.text).join('')).toBe('and so on');
    expect((await client.models.list()).data.map(({ id }) => id)).toEqual(['demo']);
    expect((await client.models.retrieve('demo')).object).toBe('model');
  });

  it('throws the errors that it would of OpenAI', async () => {
    const { client } = await open();
    const create = (extra: object) =>
      client.chat.completions.create({ model: 'demo', messages, ...extra } as never);
    await expect(create({ n: 129 })).rejects.toMatchObject({ status: 400, param: 'n' });
    await expect(create({ audio: {} })).rejects.toMatchObject({
      name: 'Error',
      status: 400,
      type: 'invalid_request_error',
      param: 'audio',
    });
    await expect(create({ model: 'gpt-4' })).rejects.toMatchObject({
      status: 404,
      code: 'model_not_found',
      param: 'model',
    });
    await expect(create({ messages: [] })).rejects.toMatchObject({ status: 400, param: 'messages' });
    await expect(client.models.retrieve('gpt-4')).rejects.toMatchObject({ status: 404 });
  });

  it('throws what fails during a stream', async () => {
    const { client } = await open({ die: 'device_lost' });
    const stream = await client.chat.completions.create({ model: 'demo', messages, stream: true });
    let text = '';
    const read = async () => {
      for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? '';
    };
    await expect(read()).rejects.toMatchObject({ code: 'device_lost', type: 'server_error' });
    expect(lemon.startsWith(text) && text !== '').toBe(true);
  });
});

describe('the API', () => {
  it('refuses what is not there, in the right shape', async () => {
    const { call } = await open();
    const error = async (method: string, path: string, body = '') => {
      const { status, text } = await call(method, path, body);
      return [status, typeof JSON.parse(text).error.message, JSON.parse(text).error.code];
    };
    expect(await error('POST', 'embeddings')).toEqual([404, 'string', 'unknown_url']);
    expect(await error('GET', 'chat/completions')).toEqual([405, 'string', 'method_not_supported']);
    expect(await error('POST', 'models')).toEqual([405, 'string', 'method_not_supported']);
    expect(await error('POST', 'chat/completions', '{')).toEqual([400, 'string', null]);
    expect(await error('POST', 'chat/completions', '[]')).toEqual([400, 'string', null]);
  });

  it('ends every stream as OpenAI does', async () => {
    const { call } = await open();
    const { contentType, pieces } = await call('POST', 'chat/completions', { messages, stream: true });
    expect(contentType).toBe('text/event-stream');
    expect(pieces.at(-1)).toBe('data: [DONE]\n\n');
    for (const piece of pieces) expect(piece).toMatch(/^data: \S.*\n\n$/);
  });

  it('tells a failure before the first token by its status', async () => {
    const { call } = await open();
    engine.dispose();
    const { status } = await call('POST', 'chat/completions', { messages, stream: true });
    expect(status).toBe(500);
  });

  it('sends the head of a whole answer with the first token', async () => {
    await open({ rate: 20 });
    const start = performance.now();
    const { status, pieces } = await answer(
      engine,
      { method: 'POST', path: 'chat/completions', body: JSON.stringify({ messages }), caller: '' },
      never,
    );
    expect([status, performance.now() - start < 350]).toEqual([200, true]);
    for await (const piece of pieces) expect(JSON.parse(piece).choices[0].message.content).toBe(lemon);
    expect(performance.now() - start).toBeGreaterThan(500);
  });

  it('rejects when its caller is gone', async () => {
    const { call } = await open({ rate: 20 });
    const gone = new AbortController();
    setTimeout(() => gone.abort(), 60);
    const left = call('POST', 'chat/completions', { messages }, gone.signal);
    await expect(left).rejects.toMatchObject({ name: 'AbortError' });
  });
});
