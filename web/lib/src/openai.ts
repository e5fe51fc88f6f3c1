// The shapes of OpenAI's API, as far as the engine honours them. Fields of ours are named
// x_mixtab (in answers) and mixtab (in requests).

import type { Overflow, Role } from './protocol.ts';

/** How tokens are chosen. What is left out follows the pack. */
export interface SamplingParams {
  temperature?: number | null;
  top_p?: number | null;
  top_k?: number | null;
  min_p?: number | null;
  seed?: number | null;
  stop?: string | string[] | null;
  max_tokens?: number | null;
  /** OpenAI's newer name of max_tokens. */
  max_completion_tokens?: number | null;
  frequency_penalty?: number | null;
  presence_penalty?: number | null;
  /** Divides the positive logits of tokens that the answer has, and multiplies negative ones; above 0, at most 2. */
  repetition_penalty?: number | null;
  /** Added to the logits of these tokens, by their ids; -100 to 100. Costs speed: the logits of each token are read back. */
  logit_bias?: Record<string, number> | null;
  /** Drafts so many tokens at a time from what the conversation repeats, 0 to 7. The answer is the same, sooner or later. */
  prompt_lookup_num_tokens?: number | null;
  /** Keeps the answer to JSON, or to a JSON Schema. Costs speed, as logit_bias does. */
  response_format?: ResponseFormat | null;
}

export type ResponseFormat =
  | { type: 'text' }
  | { type: 'json_object' }
  | { type: 'json_schema'; json_schema: JsonSchemaFormat };

export interface JsonSchemaFormat {
  name: string;
  description?: string;
  /** The engine always keeps to it, strict or not. */
  schema: Record<string, unknown>;
  strict?: boolean | null;
}

export interface MixtabParams {
  /** A conversation longer than the context: refuse it, or leave its oldest turns out. */
  overflow?: Overflow;
  /**
   * The last message, an assistant's, goes on; the answer is what follows it. With the same
   * sampling and seed it becomes what it would have been in one piece.
   */
  continue?: boolean;
}

export interface ChatMessage {
  role: Role;
  content: string | { type: 'text'; text: string }[];
}

export interface ChatParams extends SamplingParams {
  messages: ChatMessage[];
  /** Only the name of the opened model is accepted. */
  model?: string;
  /** Answers, 1 to 128, one after the other over the same prompt; their seeds follow each other. */
  n?: number | null;
  stream?: boolean | null;
  stream_options?: StreamOptions | null;
  /**
   * Tells the log-probability of each token but the end token, those that a stop string took
   * among them: of what the model gave, before bias, penalties and temperature. Then
   * prompt_lookup_num_tokens drafts nothing.
   */
  logprobs?: boolean | null;
  /** Tells so many alternatives of each token as well, 0 to 20; needs logprobs. */
  top_logprobs?: number | null;
  mixtab?: MixtabParams;
}

export interface StreamOptions {
  /** The usage comes in a chunk of its own behind the others, as OpenAI sends it. */
  include_usage?: boolean;
}

export interface CompletionParams extends SamplingParams {
  prompt: string;
  model?: string;
  n?: number | null;
  stream?: boolean | null;
  stream_options?: StreamOptions | null;
}

export interface RequestOptions {
  /** Ends the request early. A stream then ends with what it has; anything else rejects. */
  signal?: AbortSignal | undefined;
  /** Who asks, where several parts of a page do: they take turns, and each one's requests keep their order. */
  caller?: string | undefined;
  /** Told when the first token is there; what the engine refuses, it refuses before. */
  onStart?: (() => void) | undefined;
}

/** Of the tokens since the chunk before, or of the whole answer. */
export interface ChoiceLogprobs {
  content: TokenLogprob[];
  refusal: null;
}

export interface TokenLogprob extends TopLogprob {
  /** The likeliest, from the likeliest down. */
  top_logprobs: TopLogprob[];
}

export interface TopLogprob {
  /** The text; of a part of a character its bytes, as "\\xe2"; of a control token its name. */
  token: string;
  /** UTF-8, together with those of its neighbours; null of a control token. */
  bytes: number[] | null;
  logprob: number;
}

export type FinishReason = 'stop' | 'length';

export interface Usage {
  prompt_tokens: number;
  completion_tokens: number;
  total_tokens: number;
  prompt_tokens_details: { cached_tokens: number };
}

/** How an answer came to be. */
export interface Figures {
  /** Until the first token. */
  prefill_ms: number;
  /** From the first token to the last. */
  decode_ms: number;
  /** Of decoding. */
  tokens_per_second: number;
  /** Tokens of the prompt that were found in the KV cache. */
  cached_tokens: number;
  /** Messages left out because the context was full. */
  dropped_messages: number;
  /** By prompt_lookup_num_tokens, and those that the model would have chosen. */
  drafted_tokens: number;
  accepted_tokens: number;
  /** Why nothing was drafted though it was asked for. */
  speculation_off?: string;
  seed: number;
  /** The request's signal ended it. */
  cancelled: boolean;
}

export interface ChatCompletion {
  id: string;
  object: 'chat.completion';
  created: number;
  model: string;
  choices: {
    index: number;
    message: { role: 'assistant'; content: string; refusal: null };
    finish_reason: FinishReason;
    logprobs: ChoiceLogprobs | null;
  }[];
  /** Of all choices; the prompt counts once. */
  usage: Usage;
  x_mixtab: Figures;
}

export interface ChatCompletionChunk {
  id: string;
  object: 'chat.completion.chunk';
  created: number;
  model: string;
  /** One, or none in the chunk that has only the usage. */
  choices: {
    index: number;
    delta: { role?: 'assistant'; content?: string };
    finish_reason: FinishReason | null;
    logprobs: ChoiceLogprobs | null;
  }[];
  /** Only in the last chunk; null in those before where include_usage is asked for. */
  usage?: Usage | null;
  x_mixtab: Figures | { completion_tokens: number };
}

/** A text completion, and equally a chunk of a streamed one. */
export interface Completion {
  id: string;
  object: 'text_completion';
  created: number;
  model: string;
  choices: { index: number; text: string; finish_reason: FinishReason | null; logprobs: null }[];
  /** Only in a whole completion and in the last chunk. */
  usage?: Usage;
  x_mixtab: Figures | { completion_tokens: number };
}
