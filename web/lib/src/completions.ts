import { abortReason } from './errors.ts';
import { figures, finishReason, generate, identity, usage } from './generation.ts';
import type { Link } from './link.ts';
import type { Completion, CompletionParams, RequestOptions } from './openai.ts';
import { completionBody } from './params.ts';
import type { Delta, Done } from './protocol.ts';
import type { Queue } from './queue.ts';

/** engine.completions */
export class Completions {
  readonly #link: Link;
  readonly #queue: Queue;
  readonly #model: string;

  constructor(link: Link, queue: Queue, model: string) {
    this.#link = link;
    this.#queue = queue;
    this.#model = model;
  }

  create(
    params: CompletionParams & { stream: true },
    options?: RequestOptions,
  ): Promise<AsyncIterable<Completion>>;
  create(params: CompletionParams & { stream?: false | null }, options?: RequestOptions): Promise<Completion>;
  async create(
    params: CompletionParams,
    { signal }: RequestOptions = {},
  ): Promise<AsyncIterable<Completion> | Completion> {
    const body = completionBody(params, this.#model);
    if (signal?.aborted) throw abortReason(signal);
    const events = generate(this.#link, this.#queue, body, signal);
    return params.stream ? this.#chunks(events) : this.#whole(events, signal);
  }

  async *#chunks(events: AsyncIterable<Delta | Done>): AsyncGenerator<Completion> {
    const head = { ...identity('cmpl'), object: 'text_completion' as const, model: this.#model };
    for await (const event of events) {
      if (event.type === 'delta') {
        yield {
          ...head,
          choices: [{ index: 0, text: event.text, finish_reason: null, logprobs: null }],
          x_mixtab: { completion_tokens: event.tokens },
        };
      } else {
        yield this.#last(head, '', event);
      }
    }
  }

  async #whole(events: AsyncIterable<Delta | Done>, signal: AbortSignal | undefined): Promise<Completion> {
    const head = { ...identity('cmpl'), object: 'text_completion' as const, model: this.#model };
    let text = '';
    for await (const event of events) {
      if (event.type === 'delta') {
        text += event.text;
        continue;
      }
      if (event.finishReason === 'cancelled') throw abortReason(signal);
      return this.#last(head, text, event);
    }
    throw abortReason(signal);
  }

  #last(head: Pick<Completion, 'id' | 'created' | 'object' | 'model'>, text: string, done: Done): Completion {
    return {
      ...head,
      choices: [{ index: 0, text, finish_reason: finishReason(done), logprobs: null }],
      usage: usage(done),
      x_mixtab: figures(done),
    };
  }
}
