import { Channel } from './channel.ts';
import type { Link } from './link.ts';
import type { Figures, FinishReason, Usage } from './openai.ts';
import type { Chat, Complete, Delta, Done } from './protocol.ts';
import type { Queue } from './queue.ts';

/**
 * Queues a request for text and yields its deltas and, last, its Done. It takes its place
 * in the queue at once, not when it is first read. Aborting, or leaving the loop, ends it
 * early; a request that had not begun then never reaches the worker.
 */
export function generate(
  link: Link,
  queue: Queue,
  body: Omit<Chat, 'id'> | Omit<Complete, 'id'>,
  signal: AbortSignal | undefined,
): Channel<Delta | Done> {
  const stop = new AbortController();
  const channel = new Channel<Delta | Done>(() => stop.abort());
  const abort = () => stop.abort();
  signal?.addEventListener('abort', abort, { once: true });

  let started = false;
  stop.signal.addEventListener('abort', () => {
    signal?.removeEventListener('abort', abort);
    if (started) return;
    channel.push(unstarted);
    channel.end();
  });

  void queue.run(async () => {
    if (stop.signal.aborted) return;
    started = true;
    const { id, answer } = link.send(body, event => {
      if (event.type === 'delta') channel.push(event);
    });
    stop.signal.addEventListener('abort', () => link.cancel(id));
    try {
      channel.push(await answer);
      channel.end();
    } catch (error) {
      channel.fail(error);
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  });
  return channel;
}

const unstarted: Done = {
  type: 'done',
  id: 0,
  finishReason: 'cancelled',
  promptTokens: 0,
  cachedTokens: 0,
  completionTokens: 0,
  droppedMessages: 0,
  draftedTokens: 0,
  acceptedTokens: 0,
  speculationOff: '',
  prefillMs: 0,
  decodeMs: 0,
  seed: 0,
};

/** OpenAI has no reason for what the caller stopped; x_mixtab.cancelled tells. */
export function finishReason(done: Done): FinishReason {
  return done.finishReason === 'length' ? 'length' : 'stop';
}

export function usage(done: Done): Usage {
  return {
    prompt_tokens: done.promptTokens,
    completion_tokens: done.completionTokens,
    total_tokens: done.promptTokens + done.completionTokens,
    prompt_tokens_details: { cached_tokens: done.cachedTokens },
  };
}

export function figures(done: Done): Figures {
  // The first token belongs to the prefill.
  const decoded = Math.max(0, done.completionTokens - 1);
  return {
    prefill_ms: done.prefillMs,
    decode_ms: done.decodeMs,
    tokens_per_second: done.decodeMs > 0 ? (decoded * 1000) / done.decodeMs : 0,
    cached_tokens: done.cachedTokens,
    dropped_messages: done.droppedMessages,
    drafted_tokens: done.draftedTokens,
    accepted_tokens: done.acceptedTokens,
    ...(done.speculationOff && { speculation_off: done.speculationOff }),
    seed: done.seed,
    cancelled: done.finishReason === 'cancelled',
  };
}

/** An answer's name and time, the same in all of its chunks. */
export function identity(prefix: string): { id: string; created: number } {
  return { id: `${prefix}-${randomId()}`, created: Math.floor(Date.now() / 1000) };
}

function randomId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('');
}
