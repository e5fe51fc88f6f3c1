// Checks what arrives from the worker before anything trusts its shape: a worker of
// another version must fail here, in words, and not deep in the page.

import type { Code, EngineEvent, EngineRequest } from './protocol.ts';

type Kind = 'string' | 'number' | 'boolean' | 'string[]' | 'number[]' | 'object';
type Shape = Record<string, Kind | `${Kind}?`>;

/** Every field of every event; "?" marks one that may be null. */
const events: { [T in EngineEvent['type']]: Shape } = {
  ready: { version: 'string' },
  progress: { id: 'number', phase: 'string', loadedBytes: 'number', totalBytes: 'number' },
  restoring: { loadedBytes: 'number', totalBytes: 'number', done: 'boolean' },
  download: {
    phase: 'string',
    doneBytes: 'number',
    totalBytes: 'number',
    bytesPerSecond: 'number',
    secondsLeft: 'number?',
    secondsPerToken: 'number?',
    waitingTokens: 'number',
    failure: 'object?',
  },
  opened: {
    id: 'number',
    model: 'string',
    format: 'string',
    packBytes: 'number',
    parameters: 'number',
    context: 'number',
    temperature: 'number',
    adapter: 'string',
    adapterKind: 'string',
    layers: 'number',
    experts: 'number',
    expertsPerToken: 'number',
  },
  delta: { id: 'number', text: 'string', tokens: 'number', ids: 'number[]', logprobs: 'object?' },
  routing: { id: 'number', index: 'number', experts: 'number[]', weights: 'number[]', loads: 'number[]' },
  done: {
    id: 'number',
    finishReason: 'string',
    promptTokens: 'number',
    cachedTokens: 'number',
    completionTokens: 'number',
    droppedMessages: 'number',
    draftedTokens: 'number',
    acceptedTokens: 'number',
    speculationOff: 'string',
    prefillMs: 'number',
    decodeMs: 'number',
    seed: 'number',
  },
  cached: { id: 'number', tokens: 'number' },
  result: { id: 'number', tokens: 'number[]?', text: 'string', stats: 'object?' },
  report: {
    id: 'number',
    adapter: 'string',
    storeBytes: 'number',
    residentBytes: 'number',
    cacheBytes: 'number',
    expertBytes: 'number',
    storedBytes: 'number',
    neededBytes: 'number',
    quota: 'number',
    usage: 'number',
    persisted: 'boolean',
    grantedBytes: 'number',
    copyGbPerS: 'number',
    loadGbPerS: 'number',
    firstLoadGbPerS: 'number',
    firstLoadFromNetwork: 'boolean',
    regime: 'string',
    slots: 'number',
    smallestBudgetBytes: 'number',
    computeSecondsPerToken: 'number',
    waitSecondsPerToken: 'number',
    hitRate: 'number',
    tokensPerSecond: 'number',
  },
  failed: { id: 'number', code: 'string', message: 'string' },
};

const requests: { [T in EngineRequest['type']]: Shape } = {
  open: { id: 'number', pack: 'string', context: 'number', expertBudget: 'number', arithmetic: 'string' },
  chat: {
    id: 'number',
    messages: 'object',
    sampling: 'object',
    overflow: 'string',
    continue: 'boolean',
    routing: 'boolean',
    begun: 'number[]',
  },
  complete: { id: 'number', prompt: 'string', sampling: 'object', routing: 'boolean', begun: 'number[]' },
  cancel: { id: 'number' },
  tokenize: { id: 'number', text: 'string' },
  detokenize: { id: 'number', tokens: 'number[]' },
  stats: { id: 'number' },
  setExpertBudget: { id: 'number', bytes: 'number' },
  preflight: { id: 'number', pack: 'string', expertBudget: 'number' },
  cache: { id: 'number', action: 'string', key: 'string', messages: 'object', limitBytes: 'number' },
};

const codes: Record<Code, true> = {
  no_webgpu: true,
  device_lost: true,
  out_of_memory: true,
  bad_pack: true,
  network: true,
  storage: true,
  folder: true,
  context_full: true,
  bad_request: true,
  internal: true,
};

/** Returns the value as an event, or throws with the field that is wrong. */
export function parseEvent(value: unknown): EngineEvent {
  const event = parse<EngineEvent>(value, events, 'event');
  const failure = event.type === 'failed' ? event : event.type === 'download' ? event.failure : null;
  if (failure && !Object.hasOwn(codes, failure.code)) {
    throw new TypeError(`protocol: unknown failure code "${failure.code}"`);
  }
  return event;
}

/** Returns the value as a request, or throws with the field that is wrong. */
export function parseRequest(value: unknown): EngineRequest {
  return parse<EngineRequest>(value, requests, 'request');
}

function parse<T extends { type: string }>(value: unknown, shapes: Record<string, Shape>, what: string): T {
  if (typeof value !== 'object' || value === null || !('type' in value)) {
    throw new TypeError(`protocol: not an ${what}`);
  }
  const type = String(value.type);
  const shape = Object.hasOwn(shapes, type) ? shapes[type] : undefined;
  if (!shape) throw new TypeError(`protocol: unknown ${what} type "${type}"`);
  for (const [field, kind] of Object.entries(shape)) {
    if (!fits((value as Record<string, unknown>)[field], kind)) {
      throw new TypeError(`protocol: ${what} "${type}": field "${field}" is not ${kind}`);
    }
  }
  return value as T;
}

function fits(value: unknown, kind: Shape[string]): boolean {
  if (kind.endsWith('?') && value === null) return true;
  const required = kind.replace('?', '') as Kind;
  switch (required) {
    case 'string[]':
      return Array.isArray(value) && value.every(item => typeof item === 'string');
    case 'number[]':
      return Array.isArray(value) && value.every(item => typeof item === 'number');
    case 'object':
      return typeof value === 'object' && value !== null;
    default:
      return typeof value === required;
  }
}
