// The compiler is the test: what the engine gives is what OpenAI's own client gives.

import type OpenAI from 'openai';
import { expectTypeOf, it } from 'vitest';
import type { ChatCompletion, ChatCompletionChunk, TokenLogprob } from '../src/index.ts';

it('answers in OpenAI’s types', () => {
  expectTypeOf<ChatCompletion>().toExtend<OpenAI.ChatCompletion>();
  expectTypeOf<ChatCompletionChunk>().toExtend<OpenAI.ChatCompletionChunk>();
  expectTypeOf<TokenLogprob>().toExtend<OpenAI.ChatCompletionTokenLogprob>();
});
