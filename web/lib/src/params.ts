// From OpenAI's parameters to the protocol's. What the engine cannot honour is refused by
// name: an ignored parameter is a wrong answer that nobody notices.

import { MixtabError } from './errors.ts';
import { toFormat } from './format.ts';
import type { ChatMessage, ChatParams, CompletionParams, MixtabParams, SamplingParams } from './openai.ts';
import type { Message, Overflow, Sampling } from './protocol.ts';

const sampling = [
  'temperature',
  'top_p',
  'top_k',
  'min_p',
  'seed',
  'stop',
  'max_tokens',
  'max_completion_tokens',
  'frequency_penalty',
  'presence_penalty',
  'repetition_penalty',
  'logit_bias',
  'prompt_lookup_num_tokens',
  'response_format',
  'model',
  'n',
  'stream',
  'stream_options',
] as const;
const chatKeys = new Set<string>([...sampling, 'messages', 'logprobs', 'top_logprobs', 'mixtab']);
const completionKeys = new Set<string>([...sampling, 'prompt']);

/** The parts of a chat request. */
export function chatBody(params: ChatParams, model: string) {
  refuseUnknown(params, chatKeys);
  refuseOther(params, model);
  return {
    type: 'chat' as const,
    messages: toMessages(params.messages),
    sampling: { ...toSampling(params), top_logprobs: toTopLogprobs(params) },
    ...toOptions(params.mixtab),
    begun: [],
  };
}

/** How many answers a request asks for. */
export function answerCount(params: ChatParams | CompletionParams): number {
  return integer(params, 'n', 1, 128) ?? 1;
}

/** Whether a stream tells its usage in a chunk of its own. */
export function wantsUsageApart({ stream, stream_options: options }: ChatParams | CompletionParams): boolean {
  if (options == null) return false;
  if (!stream) throw bad('stream_options: only with stream: true');
  if (typeof options !== 'object') throw bad('stream_options: an object is needed');
  for (const [key, value] of Object.entries(options)) {
    if (key !== 'include_usage' || typeof value !== 'boolean') {
      throw bad(`stream_options.${key}: only include_usage, true or false, is supported`);
    }
  }
  return options.include_usage === true;
}

/** The parts of a completion request. */
export function completionBody(params: CompletionParams, model: string) {
  refuseUnknown(params, completionKeys);
  refuseOther(params, model);
  if (typeof params.prompt !== 'string') throw bad('prompt: one string is needed');
  return { type: 'complete' as const, prompt: params.prompt, sampling: toSampling(params), begun: [] };
}

function refuseUnknown(params: object, known: Set<string>): void {
  for (const [key, value] of Object.entries(params)) {
    // OpenAI's clients send null or false for what is switched off.
    if (!known.has(key) && value !== undefined && value !== null && value !== false) {
      throw bad(`"${key}" is not supported; leave it out`);
    }
  }
}

function refuseOther(params: { model?: string }, model: string): void {
  if (params.model !== undefined && params.model !== model) {
    throw bad(`model: "${params.model}" is not open; this engine runs "${model}"`);
  }
}

export function toMessages(messages: ChatMessage[]): Message[] {
  if (!Array.isArray(messages) || messages.length === 0) {
    throw bad('messages: at least one message is needed');
  }
  return messages.map(toMessage);
}

function toMessage(message: ChatMessage, index: number): Message {
  const { role, content } = message;
  if (role !== 'system' && role !== 'user' && role !== 'assistant') {
    throw bad(`messages[${index}].role: "${String(role)}" is not system, user or assistant`);
  }
  if (typeof content === 'string') return { role, content };
  if (!Array.isArray(content)) throw bad(`messages[${index}].content: text is needed`);
  const parts = content.map(part => {
    if (part.type !== 'text') {
      throw bad(`messages[${index}].content: parts of type "${String(part.type)}" are not supported`);
    }
    return part.text;
  });
  return { role, content: parts.join('') };
}

function toOptions(options: MixtabParams = {}): { overflow: Overflow; continue: boolean } {
  for (const key of Object.keys(options)) {
    if (key !== 'overflow' && key !== 'continue') throw bad(`mixtab.${key} is not supported; leave it out`);
  }
  const { overflow = 'error', continue: goesOn = false } = options;
  if (overflow !== 'error' && overflow !== 'drop') {
    throw bad(`mixtab.overflow: "${String(overflow)}" is neither "error" nor "drop"`);
  }
  if (typeof goesOn !== 'boolean') throw bad('mixtab.continue: true or false is needed');
  return { overflow, continue: goesOn };
}

function toSampling(params: SamplingParams): Sampling {
  if (params.max_tokens != null && params.max_completion_tokens != null) {
    throw bad('max_tokens and max_completion_tokens mean the same; give one');
  }
  return {
    temperature: number(params, 'temperature', 0, Number.MAX_VALUE),
    top_p: number(params, 'top_p', 0, 1),
    top_k: integer(params, 'top_k', 0),
    min_p: number(params, 'min_p', 0, 1),
    seed: integer(params, 'seed', Number.MIN_SAFE_INTEGER),
    max_tokens: integer(params, 'max_tokens', 1) ?? integer(params, 'max_completion_tokens', 1),
    stop: toStop(params.stop),
    frequency_penalty: number(params, 'frequency_penalty', -2, 2),
    presence_penalty: number(params, 'presence_penalty', -2, 2),
    repetition_penalty: number(params, 'repetition_penalty', Number.MIN_VALUE, 2),
    logit_bias: toBias(params.logit_bias),
    prompt_lookup_num_tokens: integer(params, 'prompt_lookup_num_tokens', 0, 7),
    top_logprobs: null,
    format: toFormat(params.response_format),
  };
}

/** null where no probabilities are asked for. */
function toTopLogprobs(params: ChatParams): number | null {
  const { logprobs } = params;
  if (logprobs != null && typeof logprobs !== 'boolean') {
    throw bad(`logprobs: true or false is needed, not ${JSON.stringify(logprobs)}`);
  }
  const top = integer(params, 'top_logprobs', 0, 20);
  if (top !== null && !logprobs) throw bad('top_logprobs: only with logprobs: true');
  return logprobs ? (top ?? 0) : null;
}

function toBias(bias: SamplingParams['logit_bias']): Record<string, number> | null {
  if (bias == null) return null;
  if (typeof bias !== 'object' || Array.isArray(bias))
    throw bad('logit_bias: an object of numbers by token id is needed');
  for (const [id, value] of Object.entries(bias)) {
    if (!/^(0|[1-9]\d{0,8})$/.test(id)) throw bad(`logit_bias: "${id}" is no token id`);
    if (typeof value !== 'number' || !(value >= -100 && value <= 100)) {
      throw bad(
        `logit_bias: a number from -100 to 100 is needed for token ${id}, not ${JSON.stringify(value)}`,
      );
    }
  }
  return bias;
}

function toStop(stop: SamplingParams['stop']): string[] | null {
  if (stop == null) return null;
  const list = typeof stop === 'string' ? [stop] : stop;
  if (!Array.isArray(list) || list.some(text => typeof text !== 'string' || text === '')) {
    throw bad('stop: one text or a list of texts is needed, none of them empty');
  }
  return list;
}

function number(params: SamplingParams, key: keyof SamplingParams, min: number, max: number): number | null {
  const value = params[key];
  if (value == null) return null;
  if (typeof value !== 'number' || !(value >= min && value <= max)) {
    let range = `from ${min} to ${max}`;
    if (max === Number.MAX_VALUE) range = `at least ${min}`;
    if (min === Number.MIN_VALUE) range = `above 0, at most ${max}`;
    throw bad(`${key}: a number ${range} is needed, not ${JSON.stringify(value)}`);
  }
  return value;
}

function integer<P extends object>(
  params: P,
  key: keyof P & string,
  min: number,
  max = Number.MAX_SAFE_INTEGER,
): number | null {
  const value = params[key];
  if (value == null) return null;
  if (!Number.isSafeInteger(value) || (value as number) < min || (value as number) > max) {
    let range = min === Number.MIN_SAFE_INTEGER ? '' : ` of at least ${min}`;
    if (max !== Number.MAX_SAFE_INTEGER) range = ` from ${min} to ${max}`;
    throw bad(`${key}: a whole number${range} is needed, not ${JSON.stringify(value)}`);
  }
  return value as number;
}

function bad(message: string): MixtabError {
  return new MixtabError('bad_request', message);
}

export function requireCount(name: string, value: number, unit: string): void {
  if (Number.isSafeInteger(value) && value >= 0) return;
  throw bad(`${name}: a whole number of ${unit} is needed, not ${value}`);
}
