// The compiler is the test: what the engine gives is what OpenAI's own client gives.

import type OpenAI from 'openai';
import { expectTypeOf, it } from 'vitest';
import type { ChatCompletion, ChatCompletionChunk, ResponseFormat, TokenLogprob } from '../src/index.ts';

it('answers in OpenAI’s types', () => {
  expectTypeOf<ChatCompletion>().toExtend<OpenAI.ChatCompletion>();
  expectTypeOf<ChatCompletionChunk>().toExtend<OpenAI.ChatCompletionChunk>();
  expectTypeOf<TokenLogprob>().toExtend<OpenAI.ChatCompletionTokenLogprob>();
});

it('takes formats of OpenAI’s types', () => {
  type Format = NonNullable<OpenAI.ChatCompletionCreateParams['response_format']>;
  expectTypeOf<ResponseFormat>().toExtend<Format>();
});
