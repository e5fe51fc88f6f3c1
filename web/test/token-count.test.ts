import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Engine } from '../lib/src/index.ts';
import { TokenCount } from '../src/elements/token-count.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** An engine to which a character is a token. */
function fakeEngine(tokenize = (text: string) => Promise.resolve([...text].map(() => 1))) {
  const spy = vi.fn(tokenize);
  return { engine: { tokenize: spy } as unknown as Engine, spy };
}

function counter() {
  const requestUpdate = vi.fn();
  return { count: new TokenCount({ requestUpdate } as never), requestUpdate };
}

const rested = () => vi.advanceTimersByTimeAsync(500);

describe('TokenCount', () => {
  it('counts when typing has rested, and only what is there then', async () => {
    const { engine, spy } = fakeEngine();
    const { count, requestUpdate } = counter();
    for (const text of ['o', 'on', 'one']) count.update(engine, text, []);
    expect(count.total).toBeUndefined(); // Not 0: it is not counted yet.
    await rested();
    expect(count.total).toBe(3);
    expect(spy).toHaveBeenCalledTimes(1);
    expect(requestUpdate).toHaveBeenCalledTimes(1);
    count.update(engine, '', []);
    expect(count.total).toBe(0);
  });

  it('counts each file once, and the message with all of them', async () => {
    const { engine, spy } = fakeEngine();
    const { count } = counter();
    const [a, b] = [
      { name: 'a', text: '12345' },
      { name: 'b', text: '1234567' },
    ] as const;
    count.update(engine, '', [a]);
    expect(count.total).toBeUndefined();
    await rested();
    count.update(engine, '', [a, b]);
    await rested();
    expect(count.of(a)).toBe(5);
    expect(count.total).toBe(12);
    expect(spy).toHaveBeenCalledTimes(2);
    count.update(engine, '', [b]);
    expect(count.total).toBe(7);
  });

  it('counts anew with another engine, and waits for the first', async () => {
    const file = { name: 'a', text: '12345' };
    const { count } = counter();
    count.update(undefined, 'text', [file]);
    await rested();
    expect(count.of(file)).toBeUndefined();
    count.update(fakeEngine().engine, 'text', [file]);
    await rested();
    expect(count.total).toBe(9);
    count.update(fakeEngine(() => Promise.resolve([1])).engine, 'text', [file]);
    await rested();
    expect(count.total).toBe(2);
  });

  it('knows nothing where the engine was lost', async () => {
    const { count } = counter();
    count.update(fakeEngine(() => Promise.reject(new Error('lost'))).engine, 'text', [
      { name: 'a', text: 'x' },
    ]);
    await rested();
    expect(count.total).toBeUndefined();
  });
});
