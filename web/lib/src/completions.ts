import { abortReason } from './errors.ts';
import { figures, finishReason, generate, type Host, identity, type Piece, usage } from './generation.ts';
import type { Completion, CompletionParams, RequestOptions } from './openai.ts';
import { answerCount, completionBody, wantsUsageApart } from './params.ts';
import type { Done } from './protocol.ts';

type Head = Pick<Completion, 'id' | 'created' | 'object' | 'model'>;

/** engine.completions */
export class Completions {
  readonly #host: Host;

  constructor(host: Host) {
    this.#host = host;
  }

  create(
    params: CompletionParams & { stream: true },
    options?: RequestOptions,
  ): Promise<AsyncIterable<Completion>>;
  create(params: CompletionParams & { stream?: false | null }, options?: RequestOptions): Promise<Completion>;
  async create(
    params: CompletionParams,
    { signal, caller, onStart }: RequestOptions = {},
  ): Promise<AsyncIterable<Completion> | Completion> {
    const body = completionBody(params, this.#host.model);
    const n = answerCount(params);
    const apart = wantsUsageApart(params);
    if (signal?.aborted) throw abortReason(signal);
    const head: Head = { ...identity('cmpl'), object: 'text_completion', model: this.#host.model };
    const pieces = generate(this.#host, body, { id: head.id, n, signal, caller, onStart });
    return params.stream ? chunks(head, pieces, n, apart) : whole(head, pieces, n, signal);
  }
}

async function* chunks(
  head: Head,
  pieces: AsyncIterable<Piece>,
  n: number,
  apart: boolean,
): AsyncGenerator<Completion> {
  const ends: Done[] = [];
  for await (const { index, event } of pieces) {
    if (event.type === 'delta') {
      yield {
        ...head,
        choices: [{ index, text: event.text, finish_reason: null, logprobs: null }],
        x_mixtab: { completion_tokens: event.tokens },
      };
      continue;
    }
    ends.push(event);
    const last = {
      ...head,
      choices: [{ index, text: '', finish_reason: finishReason(event), logprobs: null }],
      x_mixtab: figures([event]),
    };
    if (ends.length < n) yield last;
    else if (!apart) yield { ...last, usage: usage(ends) };
    else {
      yield last;
      yield { ...last, choices: [], usage: usage(ends) };
    }
  }
}

async function whole(
  head: Head,
  pieces: AsyncIterable<Piece>,
  n: number,
  signal: AbortSignal | undefined,
): Promise<Completion> {
  const texts = Array.from({ length: n }, () => '');
  const ends: Done[] = [];
  for await (const { index, event } of pieces) {
    if (event.type === 'delta') texts[index] += event.text;
    else if (event.finishReason === 'cancelled') throw abortReason(signal);
    else ends.push(event);
  }
  if (ends.length < n) throw abortReason(signal);
  return {
    ...head,
    choices: ends.map((done, index) => ({
      index,
      text: texts[index] ?? '',
      finish_reason: finishReason(done),
      logprobs: null,
    })),
    usage: usage(ends),
    x_mixtab: figures(ends),
  };
}
