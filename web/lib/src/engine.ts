import { ChatCompletions } from './chat.ts';
import { Completions } from './completions.ts';
import { abortReason, MixtabError } from './errors.ts';
import { Link, type WorkerLike } from './link.ts';
import type { EngineStats, Opened, Phase } from './protocol.ts';
import { Queue } from './queue.ts';
import { spawnWorker } from './spawn.ts';

/** How far the opening of a pack is. */
export interface EngineProgress {
  phase: Phase;
  loadedBytes: number;
  totalBytes: number;
}

export interface EngineOptions {
  /** URL of the pack's folder, the one with manifest.json; relative to the page. */
  pack: string;
  /** Wanted context length in tokens; left out: the model's own, as far as memory allows. */
  context?: number;
  onProgress?: (progress: EngineProgress) => void;
  /** Gives the opening up. */
  signal?: AbortSignal;
  /** Starts the worker, for bundlers that place its script themselves and for tests. */
  worker?: () => WorkerLike;
}

/** What was opened. */
export type EngineInfo = Readonly<Omit<Opened, 'type' | 'id'>>;

/** Starts the engine and opens a pack. */
export async function createEngine(options: EngineOptions): Promise<Engine> {
  const { signal, context = 0 } = options;
  if (signal?.aborted) throw abortReason(signal);
  if (!Number.isSafeInteger(context) || context < 0) {
    throw new MixtabError('bad_request', `context: a whole number of tokens is needed, not ${context}`);
  }
  const pack = packUrl(options.pack);

  const link = new Link(options.worker ? options.worker() : spawnWorker());
  const giveUp = () => link.close(abortReason(signal));
  signal?.addEventListener('abort', giveUp, { once: true });
  try {
    await link.ready;
    const { answer } = link.send({ type: 'open', pack, context }, event => {
      if (event.type !== 'progress') return;
      const { phase, loadedBytes, totalBytes } = event;
      options.onProgress?.({ phase, loadedBytes, totalBytes });
    });
    const { type: _type, id: _id, ...info } = await answer;
    return new Engine(link, info);
  } catch (error) {
    link.close(error);
    throw error;
  } finally {
    signal?.removeEventListener('abort', giveUp);
  }
}

/** A pack in the visitor's GPU, ready to answer. Made by createEngine. */
export class Engine {
  readonly info: EngineInfo;
  /** Resolves when the engine is lost (the GPU went away, it crashed); a new one is then needed. */
  readonly lost: Promise<MixtabError>;
  readonly chat: { readonly completions: ChatCompletions };
  readonly completions: Completions;

  readonly #link: Link;
  readonly #queue = new Queue();

  constructor(link: Link, info: EngineInfo) {
    this.#link = link;
    this.info = info;
    this.lost = link.lost;
    this.chat = { completions: new ChatCompletions(link, this.#queue, info.model) };
    this.completions = new Completions(link, this.#queue, info.model);
  }

  /** The token ids of a text, without control tokens. */
  async tokenize(text: string): Promise<number[]> {
    const result = await this.#queue.run(() => this.#link.send({ type: 'tokenize', text }).answer);
    return result.tokens ?? [];
  }

  /** The text of token ids. */
  async detokenize(tokens: readonly number[]): Promise<string> {
    const body = { type: 'detokenize' as const, tokens: [...tokens] };
    const result = await this.#queue.run(() => this.#link.send(body).answer);
    return result.text;
  }

  /** The engine's counters; does not wait for a running answer. */
  async stats(): Promise<EngineStats> {
    const result = await this.#link.send({ type: 'stats' }).answer;
    if (!result.stats) throw new MixtabError('internal', 'The engine answered without its counters.');
    return result.stats;
  }

  /** Ends the worker and gives the GPU's memory back; what still runs is aborted. */
  dispose(): void {
    this.#link.close(new DOMException('The engine was disposed.', 'AbortError'));
  }
}

function packUrl(pack: string): string {
  let url: URL;
  try {
    url = new URL(pack, globalThis.location?.href);
  } catch (cause) {
    throw new MixtabError('bad_request', `pack: "${pack}" is not an address`, { cause });
  }
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  return url.href;
}
