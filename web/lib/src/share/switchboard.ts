import { FairQueue } from '../fair-queue.ts';
import { parseEvent } from '../guards.ts';
import { troubleOf, type WorkerLike } from '../link.ts';
import type { Code, EngineEvent, EngineRequest, Open } from '../protocol.ts';
import { cancelled } from './asked.ts';

/** What a switchboard tells, and to whom. */
export interface Hall {
  tell(member: string, event: EngineEvent): void;
  tellAll(event: EngineEvent): void;
  /** The member's request waits for another member's, or does no longer. */
  tellWaits(member: string, waits: boolean): void;
  tellBudget(expertBudget: number): void;
  /** The worker is no more. All have been told why. */
  over(): void;
}

/** These do not wait for a running answer. */
const overtaking: ReadonlySet<EngineRequest['type']> = new Set(['stats', 'setExpertBudget']);

/** Events behind which a request's answer is still to come. */
const passing: ReadonlySet<EngineEvent['type']> = new Set(['progress', 'delta', 'routing']);

/**
 * Lets several members use one worker. Opens the pack by itself; gives each request a number of
 * the worker's and each event the number that its member knows; sends the requests one at a
 * time, the members taking turns.
 */
export class Switchboard {
  readonly #worker: WorkerLike;
  readonly #hall: Hall;
  readonly #queue = new FairQueue<string, EngineRequest>();
  /** What the worker was asked, by its numbers. */
  readonly #asked = new Map<number, { member: string; id: number }>();
  /** What a member that comes later must know, each kind in its latest state. */
  readonly #state = new Map<'ready' | 'opening' | 'download' | 'restoring', EngineEvent>();
  /** Members that were told to wait. */
  readonly #waiting = new Set<string>();
  readonly #open: () => void;
  readonly #openId = 1;
  #lastId = this.#openId;
  #answering: number | undefined;
  #over = false;

  constructor(worker: WorkerLike, open: Omit<Open, 'type' | 'id'>, hall: Hall) {
    this.#worker = worker;
    this.#hall = hall;
    worker.addEventListener('message', event => {
      try {
        this.#receive(parseEvent((event as MessageEvent).data));
      } catch (error) {
        this.#fail('internal', String(error));
      }
    });
    for (const type of ['messageerror', 'error'] as const) {
      worker.addEventListener(type, event => {
        const { code, message } = troubleOf(event);
        this.#fail(code, message);
      });
    }
    this.#open = () => worker.postMessage({ type: 'open', id: this.#openId, ...open });
  }

  get state(): EngineEvent[] {
    return [...this.#state.values()];
  }

  /** Takes a member's request. Members ask for nothing before they were told of the opening. */
  take(member: string, request: EngineRequest): void {
    if (request.type === 'cancel') {
      this.#cancel(member, request.id);
    } else if (overtaking.has(request.type)) {
      if (request.type === 'setExpertBudget') this.#hall.tellBudget(request.bytes);
      this.#send(member, request);
    } else {
      this.#queue.push(member, request);
      this.#next();
      if (this.#answering !== undefined && this.#asked.get(this.#answering)?.member !== member) {
        this.#waiting.add(member);
        this.#hall.tellWaits(member, true);
      }
    }
  }

  /** Forgets a member that is gone, and ends what it asked for. */
  drop(member: string): void {
    this.#queue.drop(member);
    this.#waiting.delete(member);
    for (const [id, asked] of this.#asked) {
      if (asked.member === member) this.#worker.postMessage({ type: 'cancel', id });
    }
  }

  end(): void {
    this.#over = true;
    this.#worker.terminate();
  }

  #next(): void {
    if (this.#answering !== undefined) return;
    const next = this.#queue.next();
    if (!next) return;
    if (this.#waiting.delete(next.owner)) this.#hall.tellWaits(next.owner, false);
    this.#answering = this.#send(next.owner, next.item);
  }

  #send(member: string, request: EngineRequest): number {
    const id = ++this.#lastId;
    this.#asked.set(id, { member, id: request.id });
    this.#worker.postMessage({ ...request, id });
    return id;
  }

  #cancel(member: string, id: number): void {
    const waiting = this.#queue.remove(member, request => request.id === id);
    if (waiting) {
      if (this.#waiting.delete(member)) this.#hall.tellWaits(member, false);
      this.#hall.tell(member, cancelled(waiting));
      return;
    }
    for (const [own, asked] of this.#asked) {
      if (asked.member === member && asked.id === id) this.#worker.postMessage({ type: 'cancel', id: own });
    }
  }

  #receive(event: EngineEvent): void {
    if (this.#over) return;
    if (event.type === 'ready') this.#open();
    if (!('id' in event)) {
      // A download that is over is none to who comes later.
      if (event.type === 'download' && event.phase === 'done') this.#state.delete(event.type);
      else this.#state.set(event.type, event);
      this.#hall.tellAll(event);
    } else if (event.type === 'failed' && (event.id === 0 || event.id === this.#openId)) {
      this.#fail(event.code, event.message);
    } else if (event.id === this.#openId) {
      this.#state.set('opening', event);
      this.#hall.tellAll(event);
    } else {
      this.#answer(event);
    }
  }

  /** The worker is lost, or of no use without a pack. */
  #fail(code: Code, message: string): void {
    if (this.#over) return;
    this.end();
    this.#hall.tellAll({ type: 'failed', id: 0, code, message });
    this.#hall.over();
  }

  #answer(event: Extract<EngineEvent, { id: number }>): void {
    const asked = this.#asked.get(event.id);
    if (!asked) return;
    if (!passing.has(event.type)) {
      this.#asked.delete(event.id);
      if (this.#answering === event.id) this.#answering = undefined;
    }
    this.#hall.tell(asked.member, { ...event, id: asked.id });
    this.#next();
  }
}
