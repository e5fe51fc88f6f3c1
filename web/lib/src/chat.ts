import { abortReason } from './errors.ts';
import {
  figures,
  finishReason,
  generate,
  type Host,
  identity,
  type Piece,
  type TextBody,
  usage,
} from './generation.ts';
import { contentLogprobs } from './logprobs.ts';
import type { ChatCompletion, ChatCompletionChunk, ChatParams, RequestOptions } from './openai.ts';
import { answerCount, chatBody, wantsUsageApart } from './params.ts';
import type { Done, TokenLogprobs } from './protocol.ts';

/** What an answer and its chunks have in common. */
interface Head {
  id: string;
  created: number;
  model: string;
}

/** engine.chat.completions */
export class ChatCompletions {
  readonly #host: Host;

  constructor(host: Host) {
    this.#host = host;
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
    { signal, caller, onStart }: RequestOptions = {},
  ): Promise<AsyncIterable<ChatCompletionChunk> | ChatCompletion> {
    const body: TextBody = chatBody(params, this.#host.model);
    const n = answerCount(params);
    const apart = wantsUsageApart(params);
    if (signal?.aborted) throw abortReason(signal);
    const head = { ...identity('chatcmpl'), model: this.#host.model };
    const pieces = generate(this.#host, body, { id: head.id, n, signal, caller, onStart });
    const logprobs = body.sampling.top_logprobs !== null;
    if (!params.stream) return whole(head, pieces, n, logprobs, signal);
    return apart ? usageApart(chunks(head, pieces, n, logprobs)) : chunks(head, pieces, n, logprobs);
  }
}

async function* chunks(
  head: Head,
  pieces: AsyncIterable<Piece>,
  n: number,
  logprobs: boolean,
): AsyncGenerator<ChatCompletionChunk> {
  const chunk = { ...head, object: 'chat.completion.chunk' as const };
  const ends: Done[] = [];
  let spoken = -1; // the last choice that said something
  for await (const { index, event } of pieces) {
    if (event.type === 'delta') {
      const delta =
        spoken < index ? { role: 'assistant' as const, content: event.text } : { content: event.text };
      spoken = index;
      const told = logprobs ? contentLogprobs(event.logprobs) : null;
      yield {
        ...chunk,
        choices: [{ index, delta, finish_reason: null, logprobs: told }],
        x_mixtab: { completion_tokens: event.tokens },
      };
    } else {
      ends.push(event);
      yield {
        ...chunk,
        choices: [{ index, delta: {}, finish_reason: finishReason(event), logprobs: null }],
        ...(ends.length === n && { usage: usage(ends) }),
        x_mixtab: figures([event]),
      };
    }
  }
}

/** As OpenAI's include_usage: in a chunk of its own behind the others, which have null. */
async function* usageApart(stream: AsyncIterable<ChatCompletionChunk>): AsyncGenerator<ChatCompletionChunk> {
  for await (const chunk of stream) {
    yield { ...chunk, usage: null };
    if (chunk.usage) yield { ...chunk, choices: [] };
  }
}

async function whole(
  head: Head,
  pieces: AsyncIterable<Piece>,
  n: number,
  logprobs: boolean,
  signal: AbortSignal | undefined,
): Promise<ChatCompletion> {
  const answers = Array.from({ length: n }, () => ({ content: '', told: [] as TokenLogprobs[] }));
  const ends: Done[] = [];
  for await (const { index, event } of pieces) {
    const answer = answers[index];
    if (event.type === 'delta' && answer) {
      answer.content += event.text;
      answer.told.push(...(event.logprobs ?? []));
    } else if (event.type === 'done') {
      if (event.finishReason === 'cancelled') throw abortReason(signal);
      ends.push(event);
    }
  }
  if (ends.length < n) throw abortReason(signal);
  return {
    ...head,
    object: 'chat.completion',
    choices: ends.map((done, index) => ({
      index,
      message: { role: 'assistant', content: answers[index]?.content ?? '', refusal: null },
      finish_reason: finishReason(done),
      logprobs: logprobs ? contentLogprobs(answers[index]?.told ?? []) : null,
    })),
    usage: usage(ends),
    x_mixtab: figures(ends),
  };
}
