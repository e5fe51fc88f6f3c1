// The protocol's probabilities in OpenAI's shape.

import type { ChoiceLogprobs, TopLogprob } from './openai.ts';
import type { TokenLogprob, TokenLogprobs } from './protocol.ts';

export function contentLogprobs(tokens: readonly TokenLogprobs[] | null): ChoiceLogprobs {
  const content = (tokens ?? []).map(token => ({ ...shape(token), top_logprobs: token.top.map(shape) }));
  return { content, refusal: null };
}

/** A token that adds nothing to the text has no bytes. */
function shape({ text, bytes, logprob }: TokenLogprob): TopLogprob {
  return { token: text, bytes: bytes.length > 0 ? bytes : null, logprob };
}
