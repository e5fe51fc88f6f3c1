// The service worker's side and the page's, joined by real ports and pretended locks.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FakeLocks } from '../../test/fake-locks.ts';
import { type FakeOptions, FakeWorker } from '../../test/fake-worker.ts';
import { createEngine, type Engine } from '../src/index.ts';
import { forward, type Page } from '../src/serve/forward.ts';
import { serve } from '../src/serve/serve.ts';

const messages = [{ role: 'user' as const, content: 'one two three' }];
const long = Array.from({ length: 200 }, (_, i) => `word${i}`).join(' ');

const chat = { path: 'chat/completions', caller: 'a page' };

class Container extends EventTarget {
  startMessages() {}
}

/** A page as the service worker sees it, whose container is the one that serve finds. */
function pageOf(container: Container): Page {
  return {
    postMessage: (data, ports) => {
      container.dispatchEvent(Object.assign(new Event('message'), { data, ports }));
    },
  };
}

let container: Container;
let page: Page;
const cleanups: (() => void)[] = [];

beforeEach(() => {
  container = new Container();
  page = pageOf(container);
  vi.stubGlobal('navigator', { locks: new FakeLocks(), serviceWorker: container });
});
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
  vi.unstubAllGlobals();
});

async function open(options: FakeOptions = {}) {
  const worker = new FakeWorker({ answer: 'an answer', ...options });
  const engine: Engine = await createEngine({ pack: 'http://localhost/packs/demo', worker: () => worker });
  const stop = serve(engine);
  cleanups.push(
    () => stop(),
    () => engine.dispose(),
  );
  const cancelled = () => worker.requests.filter(request => request.type === 'cancel').length;
  return { engine, worker, stop, cancelled };
}

const post = (body: object, init: RequestInit = {}) =>
  new Request('http://localhost/v1/chat/completions', {
    method: 'POST',
    body: JSON.stringify(body),
    ...init,
  });
const ask = (body: object, init?: RequestInit) => forward(post(body, init), chat, [page]);

describe('a request for the API', () => {
  it('is answered by the page that serves', async () => {
    await open();
    const silent: Page = { postMessage: () => {} };
    const response = await forward(post({ messages }), chat, [silent, page]);
    expect(response.status).toBe(200);
    expect(response.headers.get('Content-Type')).toBe('application/json');
    expect((await response.json()).choices[0].message.content).toBe('an answer');
  });

  it('has the answer once when two pages serve, and both are free again', async () => {
    const { worker } = await open();
    const other = new Container();
    vi.stubGlobal('navigator', { locks: navigator.locks, serviceWorker: other });
    const second = await open();
    const pages = [page, pageOf(other)];
    for (let i = 0; i < 3; i++) {
      const response = await forward(post({ messages }), chat, pages);
      expect((await response.json()).object).toBe('chat.completion');
    }
    const chats = [worker, second.worker].flatMap(({ requests }) =>
      requests.filter(request => request.type === 'chat'),
    );
    expect(chats).toHaveLength(3);
  });

  it('streams as the words come', async () => {
    await open({ rate: 50 });
    const response = await ask({ messages, stream: true });
    expect(response.headers.get('Content-Type')).toBe('text/event-stream');
    const pieces: string[] = [];
    for await (const piece of response.body ?? []) pieces.push(new TextDecoder().decode(piece));
    expect(pieces.length).toBeGreaterThan(2);
    expect(pieces.at(-1)).toBe('data: [DONE]\n\n');
  });

  it('is refused in OpenAI’s shape where no page serves', async () => {
    const { stop } = await open();
    stop();
    for (const pages of [[], [page]]) {
      const response = await forward(post({ messages }), chat, pages);
      expect(response.status).toBe(503);
      expect((await response.json()).error).toMatchObject({ type: 'server_error', code: 'no_engine' });
    }
  });

  it('ends in the engine when its caller leaves the stream', async () => {
    const { cancelled } = await open({ answer: long, rate: 50 });
    const response = await ask({ messages, stream: true });
    await response.body?.cancel();
    await vi.waitFor(() => expect(cancelled()).toBe(1));
  });

  it('ends in the engine when its caller aborts before the head', async () => {
    const { cancelled } = await open({ answer: long, rate: 50 });
    const leave = new AbortController();
    const asked = ask({ messages }, { signal: leave.signal });
    setTimeout(() => leave.abort(), 60);
    await expect(asked).rejects.toMatchObject({ name: 'AbortError' });
    await vi.waitFor(() => expect(cancelled()).toBe(1));
  });

  it('ends with an error when the page stops serving', async () => {
    const { stop, cancelled } = await open({ answer: long, rate: 50 });
    const stream = await ask({ messages, stream: true });
    const whole = ask({ messages });
    await new Promise(resolve => setTimeout(resolve, 200));
    stop();
    expect(await stream.text()).toMatch(/"code":"engine_gone"}}\n\n$/);
    const refused = await whole;
    expect([refused.status, (await refused.json()).error.code]).toEqual([503, 'engine_gone']);
    await vi.waitFor(() => expect(cancelled()).toBe(1)); // The other one had not begun.
  });

  it('waits its turn behind others', async () => {
    await open({ rate: 200 });
    const answers = await Promise.all([1, 2, 3].map(() => ask({ messages }).then(reply => reply.json())));
    expect(new Set(answers.map(({ id }) => id)).size).toBe(3);
    for (const { choices } of answers) expect(choices[0].message.content).toBe('an answer');
  });
});
