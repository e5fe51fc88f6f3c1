import { unstarted } from '../generation.ts';
import type { Chat, Complete, Delta, EngineEvent, EngineRequest } from '../protocol.ts';

type Answered = Chat | Complete;

/** A request that waits for its answer, kept so that another engine can go on where one was lost. */
export class Asked {
  /** Its caller has given it up. */
  cancelled = false;
  #request: EngineRequest;

  constructor(request: EngineRequest) {
    this.#request = isAnswered(request) ? withSeed(request) : request;
  }

  /** What to ask for, with as much of the answer as has come. */
  get request(): EngineRequest {
    return this.#request;
  }

  /** Takes note of a piece of the answer. */
  heard({ ids }: Delta): void {
    if (isAnswered(this.#request)) this.#request.begun.push(...ids);
  }

  /** The last event for a caller that has given it up. */
  get end(): EngineEvent {
    return cancelled(this.#request);
  }
}

/** Ends a request that no engine works on. */
export function cancelled(request: EngineRequest): EngineEvent {
  const { id } = request;
  if (isAnswered(request)) return { ...unstarted, id, completionTokens: request.begun.length };
  return { type: 'failed', id, code: 'bad_request', message: 'The request was cancelled before it began.' };
}

function isAnswered(request: EngineRequest): request is Answered {
  return request.type === 'chat' || request.type === 'complete';
}

/** The same seed wherever the answer goes on; what the engine would have chosen, only known. */
function withSeed<R extends Answered>(request: R): R {
  const { sampling } = request;
  const seed = sampling.seed ?? Math.floor(Math.random() * 2 ** 53);
  return { ...request, sampling: { ...sampling, seed }, begun: [...request.begun] };
}
