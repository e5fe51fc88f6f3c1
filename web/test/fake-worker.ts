// An engine without a model: speaks the protocol on a timer. For tests and for work on the
// page where there is no WebGPU.

import type { WorkerLike } from '../lib/src/index.ts';
import type {
  Cache,
  Chat,
  Code,
  Complete,
  EngineEvent,
  EngineRequest,
  Preflight,
  TokenLogprob,
  TokenLogprobs,
} from '../lib/src/protocol.ts';
import { FakeExperts } from './fake-experts.ts';

export interface FakeOptions {
  /** Milliseconds that opening takes. */
  load?: number;
  /** Tokens per second of an answer. */
  rate?: number;
  /** Tokens of context. */
  context?: number;
  /** Opening fails so. */
  fail?: Code;
  /** The pack is downloaded in so many steps after the opening. */
  download?: number;
  /** An answer dies so, after three tokens. */
  die?: Code;
  /** Layers of eight experts each, of which a token goes through two. */
  layers?: number;
  /** What every answer is; otherwise a matching one is chosen. */
  answer?: string;
}

const packBytes = 3_600_000;

export class FakeWorker extends EventTarget implements WorkerLike {
  /** Those of time hold at once when they are changed, so that no test has to be in time for what it looks at. */
  readonly options: Required<Omit<FakeOptions, 'fail' | 'die' | 'answer'>> & FakeOptions;
  readonly #cancelled = new Set<number>();
  readonly #experts: FakeExperts;
  readonly #caches = new Map<string, number>();
  /** Tokens of the answer that ran last, with its prompt. */
  #held = 0;
  terminated = false;
  /** Every request that came, for tests. */
  readonly requests: EngineRequest[] = [];

  constructor(options: FakeOptions = {}) {
    super();
    this.options = { load: 0, rate: 1000, context: 256, download: 0, layers: 4, ...options };
    this.#experts = new FakeExperts(this.options.layers, packBytes);
    setTimeout(() => this.#emit({ type: 'ready', version: 'fake' }), 0);
  }

  static fromQuery(query: URLSearchParams): FakeWorker {
    const options: FakeOptions = {
      load: Number(query.get('load') ?? 1500),
      rate: Number(query.get('rate') ?? 50),
      context: Number(query.get('context') ?? 256),
      download: Number(query.get('download') ?? 0),
      layers: Number(query.get('layers') ?? 4),
    };
    const fail = query.get('fail');
    const die = query.get('die');
    const answer = query.get('answer');
    if (fail !== null) options.fail = fail as Code;
    if (die !== null) options.die = die as Code;
    if (answer !== null) options.answer = answer === 'long' ? longAnswer() : answer;
    const worker = new FakeWorker(options);
    Object.assign(globalThis, { fake: worker });
    return worker;
  }

  postMessage(request: EngineRequest): void {
    this.requests.push(structuredClone(request));
    // A worker never answers before its caller has gone on.
    queueMicrotask(() => void this.#handle(request));
  }

  terminate(): void {
    this.terminated = true;
  }

  async #handle(request: EngineRequest): Promise<void> {
    const { id } = request;
    switch (request.type) {
      case 'open':
        return this.#open(id);
      case 'chat':
      case 'complete':
        return this.#answer(request);
      case 'cancel':
        this.#cancelled.add(id);
        return;
      case 'tokenize': {
        const tokens = [...new TextEncoder().encode(request.text)];
        return this.#emit({ type: 'result', id, tokens, text: '', stats: null });
      }
      case 'detokenize': {
        const text = new TextDecoder().decode(Uint8Array.from(request.tokens));
        return this.#emit({ type: 'result', id, tokens: null, text, stats: null });
      }
      case 'stats': {
        return this.#emit({ type: 'result', id, tokens: null, text: '', stats: this.#experts.stats() });
      }
      case 'setExpertBudget':
        this.#experts.setBudget(request.bytes);
        return this.#emit({ type: 'result', id, tokens: null, text: '', stats: this.#experts.stats() });
      case 'cache':
        return this.#cache(request);
      case 'preflight':
        return this.#preflight(request);
    }
  }

  async #open(id: number): Promise<void> {
    const { fail, context } = this.options;
    this.#emit({ type: 'progress', id, phase: 'device', loadedBytes: 0, totalBytes: packBytes });
    const steps = this.options.load > 0 ? 20 : 1;
    for (let step = 1; step <= steps; step++) {
      await pause(this.options.load / steps);
      if (fail && step * 2 > steps) {
        return this.#emit({ type: 'failed', id, code: fail, message: `fake: ${fail}` });
      }
      const loadedBytes = Math.round((packBytes * step) / steps);
      this.#emit({ type: 'progress', id, phase: 'weights', loadedBytes, totalBytes: packBytes });
    }
    this.#emit({
      ...{ type: 'opened', id, model: 'demo', format: 'q4', packBytes, parameters: 6_300_000 },
      ...{ context, temperature: 0.5, adapter: 'fake', adapterKind: 'cpu' },
      ...this.#experts.shape,
    } as EngineEvent);
    await this.#download();
  }

  async #download(): Promise<void> {
    let left = Math.sign(this.options.download);
    for (let step = 1; left > 0; step++) {
      await pause(250);
      left = Math.max(0, 1 - step / this.options.download);
      this.#emit({
        ...{ type: 'download', phase: left > 0 ? 'downloading' : 'done', failure: null },
        ...{ doneBytes: packBytes * (1 - left), totalBytes: packBytes, bytesPerSecond: 2e6 },
        ...{ secondsLeft: left * 90, secondsPerToken: left * 60, waitingTokens: left > 0 ? 1 : 0 },
      });
    }
  }

  async #answer(request: Chat | Complete): Promise<void> {
    const { id } = request;
    const { context, die } = this.options;
    const { prompt, dropped } = keep(request, context);
    if (dropped > 0 && request.type === 'chat' && request.overflow === 'error') {
      return this.#emit({ type: 'failed', id, code: 'context_full', message: 'fake: context_full' });
    }
    const pieces = (this.options.answer ?? answerTo(request)).slice(begun(request)).match(/\s*\S+/g) ?? [];
    const limit = Math.min(pieces.length, request.sampling.max_tokens ?? Number.POSITIVE_INFINITY);
    const start = performance.now();
    let tokens = request.begun.length; // The n-th word of an answer is token n.
    await pause(this.options.rate >= 1000 ? 0 : 120);
    const first = performance.now();
    while (tokens < limit && !this.#cancelled.has(id) && !this.terminated) {
      if (die && tokens === 3) {
        this.#emit({ type: 'failed', id: 0, code: die, message: `fake: ${die}` });
        return;
      }
      const text = pieces[tokens] ?? '';
      const top = request.sampling.top_logprobs;
      this.#emit({
        ...{ type: 'delta', id, text, tokens: tokens + 1, ids: [tokens] },
        logprobs: top === null ? null : [logprobs(text, tokens, top)],
      });
      const routing = this.#experts.route(tokens);
      if (request.routing) this.#emit({ type: 'routing', id, index: tokens, ...routing });
      tokens++;
      await pause(first + (tokens * 1000) / this.options.rate - performance.now());
    }
    this.#held = prompt + tokens;
    this.#emit({
      type: 'done',
      id,
      finishReason: this.#cancelled.has(id) ? 'cancelled' : limit < pieces.length ? 'length' : 'stop',
      promptTokens: prompt,
      cachedTokens: 0,
      completionTokens: tokens,
      droppedMessages: dropped,
      draftedTokens: 0,
      acceptedTokens: 0,
      speculationOff: '',
      prefillMs: first - start,
      decodeMs: performance.now() - first,
      seed: request.sampling.seed ?? 1,
    });
  }

  #cache({ id, action, key }: Cache): void {
    if (action === 'save') this.#caches.set(key, this.#held);
    const tokens = action === 'drop' ? 0 : (this.#caches.get(key) ?? 0);
    if (action === 'drop') this.#caches.delete(key);
    this.#emit({ type: 'cached', id, tokens });
  }

  async #preflight({ id, expertBudget }: Preflight): Promise<void> {
    const { load, fail, rate } = this.options;
    await pause(load);
    if (this.#cancelled.has(id) || fail) {
      return this.#emit({ type: 'failed', id, code: fail ?? 'internal', message: `fake: ${fail}` });
    }
    const expertBytes = expertBudget || packBytes;
    this.#emit({
      ...{ type: 'report', id, adapter: 'fake', storeBytes: packBytes, residentBytes: packBytes / 4 },
      ...{ cacheBytes: packBytes / 2, expertBytes, grantedBytes: expertBytes, regime: 'resident' },
      ...{ storedBytes: 0, neededBytes: packBytes, quota: 10 * packBytes, usage: 0, persisted: false },
      ...{ copyGbPerS: 1, loadGbPerS: 1, firstLoadGbPerS: 0.1, firstLoadFromNetwork: true },
      ...{ slots: 8, smallestBudgetBytes: packBytes / 32, hitRate: 1, tokensPerSecond: rate },
      ...{ computeSecondsPerToken: 1 / rate, waitSecondsPerToken: 0 },
    });
  }

  #emit(event: EngineEvent): void {
    if (this.terminated) return;
    this.dispatchEvent(new MessageEvent('message', { data: structuredClone(event) }));
  }
}

/** Leaves the oldest messages out, a word being a token, until the rest fits in half the context. */
function keep(request: Chat | Complete, context: number): { prompt: number; dropped: number } {
  const texts = request.type === 'chat' ? request.messages.map(message => message.content) : [request.prompt];
  const length = (from: number) =>
    texts.slice(from).reduce((sum, text) => sum + text.split(/\s+/).length + 4, 0);
  let dropped = 0;
  while (dropped < texts.length - 1 && length(dropped) > context / 2) dropped += 2;
  dropped = Math.min(dropped, texts.length - 1);
  return { prompt: length(dropped), dropped };
}

const condiment =
  "Well, I'm quite partial to a good squeeze of fresh lemon juice. It adds just the right amount of zesty flavour to whatever I'm cooking up in the kitchen!";

/** A token that becomes less certain and certain again, and what else could have stood there. */
function logprobs(text: string, index: number, n: number): TokenLogprobs {
  const certain = 0.95 - 0.3 * (index % 3);
  const token = (spelling: string, place: number): TokenLogprob => ({
    token: 100 + place,
    text: spelling,
    bytes: [...new TextEncoder().encode(spelling)],
    logprob: Math.log(place === 0 ? certain : (1 - certain) / 2 ** place),
  });
  const others = [text, ' other', ' and', '\n', ' é'];
  return { ...token(text, 0), top: others.slice(0, n).map(token) };
}

/** How much of the answer is there already. */
function begun(request: Chat | Complete): number {
  return request.type === 'chat' && request.continue ? (request.messages.at(-1)?.content.length ?? 0) : 0;
}

function answerTo(request: Chat | Complete): string {
  const last =
    request.type === 'chat'
      ? (request.messages.at(request.continue ? -2 : -1)?.content ?? '')
      : request.prompt;
  if (/condiment|condimento|würze/i.test(last)) return condiment;
  return `You said: **${last.replace(/[*_`]/g, '')}**\n\n- one\n- two with \`code\`\n\nThat is all.`;
}

function longAnswer(): string {
  const part = `## A part\n\n${condiment} ${condiment}\n\n1. one\n2. **two**\n\n\`\`\`go\nfunc main() {\n\tprintln("hello")\n}\n\`\`\`\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n`;
  return part.repeat(12);
}

function pause(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, Math.max(0, ms)));
}
