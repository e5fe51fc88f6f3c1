import { abortReason } from './errors.ts';
import { figures, finishReason, generate, identity, usage } from './generation.ts';
import type { Link } from './link.ts';
import type { ChatCompletion, ChatCompletionChunk, ChatParams, RequestOptions } from './openai.ts';
import { chatBody } from './params.ts';
import type { Delta, Done } from './protocol.ts';
import type { Queue } from './queue.ts';

/** engine.chat.completions */
export class ChatCompletions {
  readonly #link: Link;
  readonly #queue: Queue;
  readonly #model: string;

  constructor(link: Link, queue: Queue, model: string) {
    this.#link = link;
    this.#queue = queue;
    this.#model = model;
  }

  create(
    params: ChatParams & { stream: true },
    options?: RequestOptions,
  ): Promise<AsyncIterable<ChatCompletionChunk>>;
  create(params: ChatParams & { stream?: false | null }, options?: RequestOptions): Promise<ChatCompletion>;
  create(
    params: ChatParams,
    options?: RequestOptions,
  ): Promise<AsyncIterable<ChatCompletionChunk> | ChatCompletion>;
  async create(
    params: ChatParams,
    { signal }: RequestOptions = {},
  ): Promise<AsyncIterable<ChatCompletionChunk> | ChatCompletion> {
    const body = chatBody(params, this.#model);
    if (signal?.aborted) throw abortReason(signal);
    const events = generate(this.#link, this.#queue, body, signal);
    return params.stream ? this.#chunks(events) : this.#whole(events, signal);
  }

  async *#chunks(events: AsyncIterable<Delta | Done>): AsyncGenerator<ChatCompletionChunk> {
    const head = { ...identity('chatcmpl'), object: 'chat.completion.chunk' as const, model: this.#model };
    let role: 'assistant' | undefined = 'assistant';
    for await (const event of events) {
      if (event.type === 'delta') {
        const delta = role ? { role, content: event.text } : { content: event.text };
        role = undefined;
        yield {
          ...head,
          choices: [{ index: 0, delta, finish_reason: null, logprobs: null }],
          x_mixtab: { completion_tokens: event.tokens },
        };
      } else {
        yield {
          ...head,
          choices: [{ index: 0, delta: {}, finish_reason: finishReason(event), logprobs: null }],
          usage: usage(event),
          x_mixtab: figures(event),
        };
      }
    }
  }

  async #whole(
    events: AsyncIterable<Delta | Done>,
    signal: AbortSignal | undefined,
  ): Promise<ChatCompletion> {
    const head = { ...identity('chatcmpl'), object: 'chat.completion' as const, model: this.#model };
    let content = '';
    for await (const event of events) {
      if (event.type === 'delta') {
        content += event.text;
        continue;
      }
      if (event.finishReason === 'cancelled') throw abortReason(signal);
      return {
        ...head,
        choices: [
          {
            index: 0,
            message: { role: 'assistant', content, refusal: null },
            finish_reason: finishReason(event),
            logprobs: null,
          },
        ],
        usage: usage(event),
        x_mixtab: figures(event),
      };
    }
    throw abortReason(signal);
  }
}
