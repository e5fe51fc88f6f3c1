import { describe, expect, it } from 'vitest';
import { parseEvent, parseRequest } from '../src/guards.ts';
import type { EngineEvent, EngineRequest, Sampling } from '../src/protocol.ts';

const sampling: Sampling = {
  temperature: 0,
  top_p: null,
  top_k: null,
  min_p: null,
  seed: null,
  max_tokens: 8,
  stop: ['x'],
  frequency_penalty: null,
  presence_penalty: null,
  repetition_penalty: null,
  logit_bias: { 7: -100 },
  prompt_lookup_num_tokens: 4,
  top_logprobs: 2,
  format: null,
};

const requests: EngineRequest[] = [
  {
    type: 'open',
    id: 1,
    pack: 'http://localhost/packs/demo/',
    context: 0,
    expertBudget: 0,
    arithmetic: 'f32',
  },
  {
    type: 'chat',
    id: 2,
    messages: [{ role: 'user', content: 'Hi' }],
    sampling,
    overflow: 'drop',
    continue: false,
    routing: true,
    begun: [],
  },
  { type: 'complete', id: 3, prompt: 'Hi', sampling, routing: false, begun: [1] },
  { type: 'cancel', id: 2 },
  { type: 'tokenize', id: 4, text: 'Hi' },
  { type: 'detokenize', id: 5, tokens: [1, 2] },
  { type: 'stats', id: 6 },
  { type: 'setExpertBudget', id: 7, bytes: 1 },
  { type: 'preflight', id: 8, pack: 'http://localhost/packs/demo/', expertBudget: 0 },
  { type: 'cache', id: 9, action: 'save', key: 'a', messages: [], limitBytes: 1 },
];

const events: EngineEvent[] = [
  { type: 'ready', version: '1' },
  { type: 'cached', id: 9, tokens: 4 },
  { type: 'progress', id: 1, phase: 'weights', loadedBytes: 1, totalBytes: 2 },
  {
    type: 'opened',
    id: 1,
    model: 'demo',
    format: 'q4',
    packBytes: 1,
    parameters: 1,
    context: 1,
    temperature: 0.5,
    adapter: '',
    adapterKind: 'cpu',
    layers: 4,
    experts: 8,
    expertsPerToken: 2,
  },
  {
    type: 'download',
    phase: 'downloading',
    doneBytes: 1,
    totalBytes: 2,
    bytesPerSecond: 1,
    secondsLeft: 1,
    secondsPerToken: null,
    waitingTokens: 1,
    failure: null,
  },
  { type: 'delta', id: 2, text: 'a', tokens: 1, ids: [1], logprobs: null },
  {
    type: 'delta',
    id: 2,
    text: 'Hi',
    tokens: 1,
    ids: [5],
    logprobs: [{ token: 5, text: 'Hi', bytes: [72, 105], logprob: -0.5, top: [] }],
  },
  { type: 'routing', id: 2, index: 0, experts: [1, 2], weights: [0.75, 0.25], loads: [] },
  {
    type: 'done',
    id: 2,
    finishReason: 'stop',
    promptTokens: 1,
    cachedTokens: 0,
    completionTokens: 1,
    droppedMessages: 0,
    draftedTokens: 0,
    acceptedTokens: 0,
    speculationOff: '',
    prefillMs: 1,
    decodeMs: 0,
    seed: 1,
  },
  { type: 'result', id: 4, tokens: [1], text: '', stats: null },
  { type: 'result', id: 5, tokens: null, text: 'a', stats: null },
  {
    ...{ type: 'report', id: 8, adapter: '', storeBytes: 4, residentBytes: 1, cacheBytes: 1, expertBytes: 3 },
    ...{ storedBytes: 3, neededBytes: 1, quota: 9, usage: 3, persisted: false, grantedBytes: 3 },
    ...{ copyGbPerS: 2, loadGbPerS: 1, firstLoadGbPerS: 0.5, firstLoadFromNetwork: false, regime: 'pool' },
    ...{ slots: 8, smallestBudgetBytes: 1, computeSecondsPerToken: 0.1, waitSecondsPerToken: 0.1 },
    ...{ hitRate: 0.5, tokensPerSecond: 5 },
  },
  { type: 'failed', id: 0, code: 'device_lost', message: 'gone' },
];

describe('parseRequest', () => {
  it.each(requests)('takes $type', request => {
    expect(parseRequest(JSON.parse(JSON.stringify(request)))).toEqual(request);
  });

  it('names the field that is wrong', () => {
    expect(() => parseRequest({ type: 'tokenize', id: 1 })).toThrow('"text"');
  });
});

describe('parseEvent', () => {
  it.each(events)('takes $type', event => {
    expect(parseEvent(JSON.parse(JSON.stringify(event)))).toEqual(event);
  });

  it.each(
    events.flatMap(event =>
      Object.keys(event)
        .filter(field => field !== 'type')
        .map(field => ({ event, field })),
    ),
  )('refuses $event.type without $field', ({ event, field }) => {
    const broken: Record<string, unknown> = { ...event };
    delete broken[field];
    expect(() => parseEvent(broken)).toThrow(`"${field}"`);
  });

  it.each([null, 1, 'ready', {}, { type: 'toString' }, { type: 'nonsense' }])('refuses %j', value => {
    expect(() => parseEvent(value)).toThrow(TypeError);
  });

  it('refuses a code that no remedy exists for', () => {
    const failure = { code: 'toString', message: '' };
    expect(() => parseEvent({ type: 'failed', id: 1, ...failure })).toThrow('code');
    const download = events.find(event => event.type === 'download');
    expect(() => parseEvent({ ...download, phase: 'failed', failure })).toThrow('code');
  });
});
