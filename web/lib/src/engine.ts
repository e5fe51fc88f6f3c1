import { ChatCompletions } from './chat.ts';
import { Completions } from './completions.ts';
import { abortReason, MixtabError } from './errors.ts';
import { KVStore } from './kv.ts';
import { Link, type WorkerLike } from './link.ts';
import { keepStorage, packs, packUrl } from './packs.ts';
import { requireCount } from './params.ts';
import { measure, type Preflight, type PreflightOptions } from './preflight.ts';
import type {
  Arithmetic,
  Download,
  EngineStats,
  ExpertStats,
  Opened,
  Phase,
  Restoring,
  Result,
} from './protocol.ts';
import { Queue } from './queue.ts';
import { type ExpertRouting, RoutingFeed } from './routing.ts';
import { serve } from './serve/serve.ts';
import { sharedWorker } from './share/index.ts';
import { spawnWorker } from './spawn.ts';

/** How far the opening of a pack is. */
export interface EngineProgress {
  phase: Phase;
  loadedBytes: number;
  totalBytes: number;
}

/**
 * How far the pack is on its way into the browser's store, and what a token takes until it is
 * there. The last phase is "done" or "failed"; the engine answers in any.
 */
export type EngineDownload = Readonly<Omit<Download, 'type'>>;

/** The GPU was lost; the pack is on its way to it again, and the answer then goes on. */
export type EngineRestoring = Readonly<Omit<Restoring, 'type'>>;

export interface EngineOptions {
  /** URL of the pack's folder, the one with manifest.json; relative to the page. Or "local:…", as packs.addFolder told. */
  pack: string;
  /** Wanted context length in tokens; left out: the model's own, as far as memory allows. */
  context?: number;
  /**
   * Bytes of experts that the GPU may hold; left out: all of them up to 4 GiB, else half of
   * the machine's memory. Answers do not depend on it, only their speed.
   */
  expertBudget?: number;
  /**
   * The least exact that the GPU may compute in where it is faster; left out: 'f32'. Answers
   * differ slightly with 'f16', which rounds activations to 11 bits, and more with 'int8'.
   */
  arithmetic?: Arithmetic;
  onProgress?: (progress: EngineProgress) => void;
  /** Told while the pack is downloaded, during the opening and afterwards. */
  onDownload?: (download: EngineDownload) => void;
  /** Told when the GPU was lost, while the engine restores itself, and when it is over. */
  onRestoring?: (restoring: EngineRestoring) => void;
  /**
   * Left out: all tabs of the origin, and all engines of a page, that open the same pack with the
   * same context and arithmetic use one; expertBudget is then the first one's. False: one of
   * this call's own.
   */
  share?: boolean;
  /** Told when a request waits for one of another user of a shared engine, and when no longer. */
  onWaiting?: (waiting: boolean) => void;
  /** Gives the opening up. */
  signal?: AbortSignal;
  /** Starts the worker, for bundlers that place its script themselves and for tests. */
  worker?: () => WorkerLike;
}

/** What was opened. */
export type EngineInfo = Readonly<Omit<Opened, 'type' | 'id'>>;

/** Packs from this size are worth a question of the browser's, whether it may keep them. */
const keepFrom = 2 ** 30;

/** Starts the engine and opens a pack. */
export async function createEngine(options: EngineOptions): Promise<Engine> {
  const { signal, context = 0, expertBudget = 0, arithmetic = 'f32', share = true } = options;
  if (signal?.aborted) throw abortReason(signal);
  requireCount('context', context, 'tokens');
  requireCount('expertBudget', expertBudget, 'bytes');
  const pack = packUrl(options.pack);

  const body = { pack, context, expertBudget, arithmetic };
  const spawn = options.worker ?? spawnWorker;
  const worker = share ? await sharedWorker(body, spawn, options.onWaiting) : spawn();
  const link = new Link(worker, event => {
    if (event.type === 'restoring') {
      const { type: _type, ...restoring } = event;
      options.onRestoring?.(restoring);
      return;
    }
    const { type: _type, ...download } = event;
    if (download.totalBytes >= keepFrom) keepStorage();
    options.onDownload?.(download);
  });
  const giveUp = () => link.close(abortReason(signal));
  signal?.addEventListener('abort', giveUp, { once: true });
  if (signal?.aborted) giveUp();
  try {
    await link.ready;
    const { answer } = link.send({ type: 'open', ...body }, event => {
      if (event.type !== 'progress') return;
      const { phase, loadedBytes, totalBytes } = event;
      options.onProgress?.({ phase, loadedBytes, totalBytes });
    });
    const { type: _type, id: _id, ...info } = await answer;
    return new Engine(link, info, pack);
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
  /** Resolves when the engine is lost and could not restore itself; a new one is then needed. */
  readonly lost: Promise<MixtabError>;
  readonly chat: { readonly completions: ChatCompletions };
  readonly completions: Completions;
  /**
   * Which experts gave each token of the answers that begin while someone iterates. Then
   * prompt_lookup_num_tokens drafts nothing.
   */
  readonly routing: AsyncIterable<ExpertRouting>;
  /** Conversations kept ready to go on, in this browser. */
  readonly kv: KVStore;
  /** The packs in this browser; the same as the module's. */
  readonly packs = packs;

  readonly #link: Link;
  readonly #queue = new Queue();
  readonly #pack: string;
  readonly #routing = new RoutingFeed();

  constructor(link: Link, info: EngineInfo, pack: string) {
    this.#link = link;
    this.#pack = pack;
    this.info = info;
    this.lost = link.lost;
    const host = { link, queue: this.#queue, routing: this.#routing, model: info.model };
    this.chat = { completions: new ChatCompletions(host) };
    this.completions = new Completions(host);
    this.routing = this.#routing;
    this.kv = new KVStore(link, this.#queue);
    void link.lost.then(() => this.#routing.end());
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
    return counters(await this.#link.send({ type: 'stats' }).answer);
  }

  /**
   * Changes the bytes of experts that the GPU may hold; 0 leaves it to the engine. A running
   * answer goes on with it. Resolves with what it came to.
   */
  async setExpertBudget(bytes: number): Promise<ExpertStats> {
    requireCount('setExpertBudget', bytes, 'bytes');
    const body = { type: 'setExpertBudget' as const, bytes };
    return counters(await this.#link.send(body).answer).experts;
  }

  /**
   * What a pack needs, this engine's or another, and how fast it would be. Measured between
   * two answers, in the memory that the engine leaves of the GPU.
   */
  preflight(pack = this.#pack, options: Omit<PreflightOptions, 'worker'> = {}): Promise<Preflight> {
    return this.#queue.run(() => measure(this.#link, pack, options));
  }

  /**
   * Answers the requests to v1/chat/completions, v1/completions and v1/models that this site's
   * service worker passes on, until the returned function is called. It takes a service worker
   * that does so: lib/mixtab-sw.js.
   */
  serve(): () => void {
    return serve(this);
  }

  /**
   * Aborts what still runs, and gives the GPU's memory back unless others share the engine:
   * their answers go on.
   */
  dispose(): void {
    this.#routing.end();
    this.#link.close(new DOMException('The engine was disposed.', 'AbortError'));
  }
}

function counters({ stats }: Result): EngineStats {
  if (!stats) throw new MixtabError('internal', 'The engine answered without its counters.');
  return stats;
}
