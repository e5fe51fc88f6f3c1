import { describe, expect, it } from 'vitest';
import { FakeWorker } from '../../test/fake-worker.ts';
import { createEngine } from '../src/index.ts';
import { Queue } from '../src/queue.ts';

const soon = () => new Promise(resolve => setTimeout(resolve, 1));

describe('Queue', () => {
  it('runs one task at a time, callers taking turns and each in its order', async () => {
    const queue = new Queue();
    const ran: string[] = [];
    let running = 0;
    const task = (name: string) => async () => {
      expect(++running).toBe(1);
      await soon();
      ran.push(name);
      running--;
    };
    const calls = ['a1', 'a2', 'a3', 'b1', 'b2', 'c1'].map(name => queue.run(task(name), name[0]));
    await Promise.all(calls);
    // When a1 began nobody else was there.
    expect(ran).toEqual(['a1', 'a2', 'b1', 'c1', 'a3', 'b2']);
  });

  it('goes on behind a task that failed', async () => {
    const queue = new Queue();
    const failing = queue.run(async () => {
      throw new Error('no');
    });
    const next = queue.run(async () => 'yes');
    await expect(failing).rejects.toThrow('no');
    expect(await next).toBe('yes');
  });
});

describe('twenty calls at once', () => {
  it('come out ungarbled, whichever stream, are aborted, or only count tokens', async () => {
    const worker = new FakeWorker({ rate: 400 });
    const engine = await createEngine({ pack: 'http://localhost/packs/demo', worker: () => worker });
    const expected = (name: string) => `You said: **${name}**\n\n- one\n- two with \`code\`\n\nThat is all.`;
    const messages = (name: string) => [{ role: 'user' as const, content: name }];

    const whole = async (name: string, caller: string) => {
      const answer = await engine.chat.completions.create({ messages: messages(name) }, { caller });
      expect(answer.choices[0]?.message.content).toBe(expected(name));
    };
    const streamed = async (name: string, caller: string) => {
      const options = { messages: messages(name), stream: true as const };
      let text = '';
      for await (const chunk of await engine.chat.completions.create(options, { caller })) {
        text += chunk.choices[0]?.delta.content ?? '';
      }
      expect(text).toBe(expected(name));
    };
    const aborted = async (name: string, caller: string) => {
      const controller = new AbortController();
      const options = { messages: messages(name), stream: true as const };
      const stream = await engine.chat.completions.create(options, { caller, signal: controller.signal });
      let text = '';
      let cancelled = false;
      for await (const { choices, x_mixtab } of stream) {
        text += choices[0]?.delta.content ?? '';
        if (text.length > 10) controller.abort();
        if ('cancelled' in x_mixtab) cancelled = x_mixtab.cancelled;
      }
      expect(expected(name).startsWith(text)).toBe(true);
      expect(cancelled).toBe(true);
    };
    const counted = async (name: string) => {
      expect(await engine.detokenize(await engine.tokenize(name))).toBe(name);
    };

    const kinds = [whole, streamed, aborted, counted, streamed];
    await Promise.all(
      Array.from({ length: 20 }, (_, i) => kinds[i % kinds.length]?.(`call ${i}`, `caller ${i % 3}`)),
    );
    engine.dispose();
    const chats = worker.requests.filter(request => request.type === 'chat');
    expect(new Set(chats.map(request => request.id)).size).toBe(16);
  });
});
