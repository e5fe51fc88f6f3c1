import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { CacheKeeper } from '../src/state/cache-keeper.ts';
import type { EngineStore } from '../src/state/engine-store.ts';

const asked: string[] = [];
const said = [{ role: 'user' as const, content: 'Hello' }];
const engine = {
  kv: {
    save: async (id: string, messages: unknown) => void asked.push(`save ${id} ${messages === said}`),
    restore: async (id: string) => void asked.push(`restore ${id}`),
    drop: async (id: string) => void asked.push(`drop ${id}`),
  },
};

/** An engine that is ready, or becomes it. */
function start(ready = true) {
  let tell = () => {};
  const engines = {
    state: ready ? { kind: 'ready', engine } : { kind: 'loading' },
    subscribe: (listener: () => void) => {
      tell = listener;
    },
  };
  const keeper = new CacheKeeper(engines as unknown as EngineStore);
  const become = () => {
    engines.state = { kind: 'ready', engine };
    tell();
  };
  return { keeper, become };
}

beforeEach(() => {
  asked.length = 0;
  vi.useFakeTimers();
});
afterEach(() => vi.useRealTimers());

it('keeps a long conversation when nobody has asked for a while', () => {
  const { keeper } = start();
  keeper.answered('a', said, 100);
  vi.advanceTimersByTime(20_000);
  expect(asked).toEqual([]);
  keeper.answered('a', said, 1000);
  vi.advanceTimersByTime(5000);
  keeper.asked();
  vi.advanceTimersByTime(20_000);
  expect(asked).toEqual([]);
  keeper.answered('a', said, 1200);
  vi.advanceTimersByTime(20_000);
  expect(asked).toEqual(['save a true']);
});

it('never keeps one conversation under the name of another', () => {
  const { keeper } = start();
  keeper.answered('a', said, 1000);
  keeper.left();
  keeper.opened('b');
  vi.advanceTimersByTime(20_000);
  expect(asked).toEqual(['restore b']);
});

it('brings back what was opened, once the engine is ready, and once', () => {
  const { keeper, become } = start(false);
  keeper.opened('a');
  keeper.opened('b');
  expect(asked).toEqual([]);
  become();
  become();
  expect(asked).toEqual(['restore b']);
  keeper.removed('b');
  expect(asked).toEqual(['restore b', 'drop b']);
});
