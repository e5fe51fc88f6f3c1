import { Channel } from './channel.ts';
import type { Link } from './link.ts';
import type { Figures, FinishReason, RequestOptions, Usage } from './openai.ts';
import type { Chat, Complete, Delta, Done, Sampling } from './protocol.ts';
import type { Queue } from './queue.ts';
import type { RoutingFeed } from './routing.ts';

/** What requests for text need of an engine. */
export interface Host {
  link: Link;
  queue: Queue;
  routing: RoutingFeed;
  /** The opened pack's name. */
  model: string;
}

/** A request for text; whether its routing is told is known when it is sent. */
export type TextBody = Omit<Chat, 'id' | 'routing'> | Omit<Complete, 'id' | 'routing'>;

/** A piece of one of the answers to a request, or its end. */
export type Piece = { index: number; event: Delta | Done };

/**
 * Queues n requests for text, whose seeds follow each other, and yields what comes of them,
 * one answer after the other. They take their places in the queue at once, not when they
 * are first read. Aborting, or leaving the loop, ends them early; one that had not begun
 * then never reaches the worker.
 */
export function generate(
  host: Host,
  body: TextBody,
  { id, n, signal, caller, onStart }: { id: string; n: number } & RequestOptions,
): AsyncGenerator<Piece> {
  const seeds = seedsOf(body.sampling, n);
  return inTurn(
    seeds.map((seed, choice) => {
      const sampling = { ...body.sampling, seed };
      return generateOne(host, { ...body, sampling } as TextBody, { id, choice }, { signal, caller });
    }),
    onStart,
  );
}

function seedsOf({ seed }: Sampling, n: number): (number | null)[] {
  if (n === 1) return [seed];
  const first = seed ?? Math.floor(Math.random() * 2 ** 48);
  return Array.from({ length: n }, (_, choice) => first + choice);
}

async function* inTurn(
  channels: Channel<Delta | Done>[],
  onStart: RequestOptions['onStart'],
): AsyncGenerator<Piece> {
  let started = false;
  try {
    for (const [index, channel] of channels.entries()) {
      for await (const event of channel) {
        if (!started) onStart?.();
        started = true;
        yield { index, event };
      }
    }
  } finally {
    for (const channel of channels) void channel.return();
  }
}

/** Queues one request and yields its deltas and, last, its Done. */
function generateOne(
  { link, queue, routing }: Host,
  body: TextBody,
  answer: { id: string; choice: number },
  { signal, caller }: RequestOptions,
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
    const request = link.send({ ...body, routing: routing.watched }, event => {
      if (event.type === 'delta') channel.push(event);
      if (event.type !== 'routing') return;
      const { index, experts, weights, loads } = event;
      routing.push({ ...answer, index, experts, weights, loads });
    });
    stop.signal.addEventListener('abort', () => link.cancel(request.id));
    try {
      channel.push(await request.answer);
      channel.end();
    } catch (error) {
      channel.fail(error);
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  }, caller);
  return channel;
}

/** Of a request that was ended before an engine had it. */
export const unstarted: Done = {
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

/** Of all answers to a request. As OpenAI counts, its prompt is one, however many there are. */
export function usage(answers: readonly Done[]): Usage {
  const [first = unstarted] = answers;
  const completion = sum(answers, 'completionTokens');
  return {
    prompt_tokens: first.promptTokens,
    completion_tokens: completion,
    total_tokens: first.promptTokens + completion,
    prompt_tokens_details: { cached_tokens: first.cachedTokens },
  };
}

/** Of all answers to a request, or of one. */
export function figures(answers: readonly Done[]): Figures {
  const [first = unstarted] = answers;
  const decodeMs = sum(answers, 'decodeMs');
  // The first token of each belongs to the prefill.
  const decoded = answers.reduce((tokens, done) => tokens + Math.max(0, done.completionTokens - 1), 0);
  return {
    prefill_ms: sum(answers, 'prefillMs'),
    decode_ms: decodeMs,
    tokens_per_second: decodeMs > 0 ? (decoded * 1000) / decodeMs : 0,
    cached_tokens: first.cachedTokens,
    dropped_messages: first.droppedMessages,
    drafted_tokens: sum(answers, 'draftedTokens'),
    accepted_tokens: sum(answers, 'acceptedTokens'),
    ...(first.speculationOff && { speculation_off: first.speculationOff }),
    seed: first.seed,
    cancelled: answers.some(done => done.finishReason === 'cancelled'),
  };
}

type Count = 'completionTokens' | 'draftedTokens' | 'acceptedTokens' | 'prefillMs' | 'decodeMs';

function sum(answers: readonly Done[], count: Count): number {
  return answers.reduce((total, done) => total + done[count], 0);
}

/** An answer's name and time, the same in all of its chunks. */
export function identity(prefix: string): { id: string; created: number } {
  return { id: `${prefix}-${randomId()}`, created: Math.floor(Date.now() / 1000) };
}

function randomId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('');
}
