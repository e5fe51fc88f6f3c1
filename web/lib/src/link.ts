// The connection to one worker: numbers the requests, brings each event to the request
// that it belongs to, and turns the end of the worker into the end of them all.

import { MixtabError } from './errors.ts';
import { parseEvent } from './guards.ts';
import type {
  Cached,
  Cancel,
  Delta,
  Done,
  Download,
  EngineRequest,
  Opened,
  Progress,
  Ready,
  Report,
  Restoring,
  Result,
  Routing,
} from './protocol.ts';

/** The part of Worker that is used, so that tests can bring their own. */
export interface WorkerLike {
  postMessage(message: EngineRequest): void;
  terminate(): void;
  addEventListener(type: 'message' | 'messageerror' | 'error', listener: (event: Event) => void): void;
}

type Answer = Opened | Done | Result | Report | Cached;
type WithoutId<T> = T extends { id: number } ? Omit<T, 'id'> : never;

/** A request before it has a number. */
export type RequestBody = WithoutId<Exclude<EngineRequest, Cancel>>;

/** What a request of each type is answered with. */
type AnswerTo<B extends RequestBody> = B['type'] extends 'open'
  ? Opened
  : B['type'] extends 'chat' | 'complete'
    ? Done
    : B['type'] extends 'preflight'
      ? Report
      : B['type'] extends 'cache'
        ? Cached
        : Result;

interface Waiting {
  onEvent: (event: Progress | Delta | Routing) => void;
  resolve: (answer: Answer) => void;
  reject: (error: unknown) => void;
}

export class Link {
  /** The worker's first message. */
  readonly ready: Promise<Ready>;
  /** Resolves when the worker is lost to something other than close. */
  readonly lost: Promise<MixtabError>;

  readonly #worker: WorkerLike;
  readonly #onNews: (event: Download | Restoring) => void;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;
  #ended: { reason: unknown } | undefined;
  #onReady!: { resolve(ready: Ready): void; reject(error: unknown): void };
  #onLost!: (error: MixtabError) => void;

  /** onNews is told what belongs to no request. */
  constructor(worker: WorkerLike, onNews: (event: Download | Restoring) => void = () => {}) {
    this.#worker = worker;
    this.#onNews = onNews;
    this.ready = new Promise((resolve, reject) => {
      this.#onReady = { resolve, reject };
    });
    this.ready.catch(() => {}); // A link may be closed before anyone waits for it.
    this.lost = new Promise(resolve => {
      this.#onLost = resolve;
    });
    worker.addEventListener('message', event => this.#receive((event as MessageEvent).data));
    for (const type of ['messageerror', 'error'] as const) {
      worker.addEventListener(type, event => this.#lose(troubleOf(event)));
    }
  }

  /** Sends a request and returns its number and its answer. */
  send<B extends RequestBody>(
    body: B,
    onEvent: (event: Progress | Delta | Routing) => void = () => {},
  ): { id: number; answer: Promise<AnswerTo<B>> } {
    const id = ++this.#lastId;
    const answer = new Promise<Answer>((resolve, reject) => {
      if (this.#ended) {
        reject(this.#ended.reason);
        return;
      }
      this.#waiting.set(id, { onEvent, resolve, reject });
      this.#worker.postMessage({ ...body, id } as EngineRequest);
    });
    return { id, answer: answer as Promise<AnswerTo<B>> };
  }

  /** Asks the worker to end a running request early. */
  cancel(id: number): void {
    if (this.#waiting.has(id)) this.#worker.postMessage({ type: 'cancel', id });
  }

  /** Ends the worker; whatever waits for it rejects with the reason. */
  close(reason: unknown): void {
    if (this.#ended) return;
    this.#ended = { reason };
    this.#worker.terminate();
    this.#onReady.reject(reason);
    for (const waiting of this.#waiting.values()) waiting.reject(reason);
    this.#waiting.clear();
  }

  #lose(error: MixtabError): void {
    if (this.#ended) return;
    this.close(error);
    this.#onLost(error);
  }

  #receive(data: unknown): void {
    if (this.#ended) return;
    let event: ReturnType<typeof parseEvent>;
    try {
      event = parseEvent(data);
    } catch (error) {
      this.#lose(new MixtabError('internal', String(error), { cause: error }));
      return;
    }
    switch (event.type) {
      case 'ready':
        this.#onReady.resolve(event);
        return;
      case 'download':
      case 'restoring':
        this.#onNews(event);
        return;
      case 'progress':
      case 'delta':
      case 'routing':
        this.#waiting.get(event.id)?.onEvent(event);
        return;
      case 'failed': {
        const error = new MixtabError(event.code, event.message);
        if (event.id === 0) this.#lose(error);
        else this.#take(event.id)?.reject(error);
        return;
      }
      default:
        this.#take(event.id)?.resolve(event);
    }
  }

  #take(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    return waiting;
  }
}

/** What an event of a worker tells that is no message. */
export function troubleOf(event: Event): MixtabError {
  if (event.type === 'messageerror') {
    return new MixtabError('internal', 'A message of the engine could not be read.');
  }
  const { message } = event as ErrorEvent;
  if (!message) {
    // Then the worker's script never ran.
    return new MixtabError(
      'network',
      "The engine's worker could not be loaded. Check the connection and try again.",
    );
  }
  return new MixtabError('internal', `The engine's worker failed: ${message}`);
}
