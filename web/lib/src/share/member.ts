import type { WorkerLike } from '../link.ts';
import type { EngineEvent, EngineRequest, Failed, Open, Opened } from '../protocol.ts';
import { Asked } from './asked.ts';
import { Leader } from './leader.ts';
import { hold, type Tab, type Wire } from './tab.ts';
import { type Call, nameOf, type ToLeader, type ToMember } from './wire.ts';

export interface MemberOptions {
  /** The name that all tabs with this engine know it by. */
  engine: string;
  open: Omit<Open, 'type' | 'id'>;
  /** Starts the worker where this tab is to lead. */
  spawn: () => WorkerLike;
  /** Told when a request waits for another member's, and when no longer. */
  onWaiting: (waits: boolean) => void;
  /** Milliseconds between two looks whether the leader is there, while something waits for it. */
  beat?: number;
}

/** So many looks in a row must find nothing before the leader is taken for dead. */
const missedBeats = 3;

/** The number of a member's own request; those of the page count from 1. */
const wishId = -1;

/**
 * One user of a shared engine: like the worker itself, whichever tab has it. When the leader is
 * lost, this member, or another, leads, and what was under way goes on with the new one.
 */
export class Member extends EventTarget implements WorkerLike {
  readonly #tab: Tab;
  readonly #options: MemberOptions;
  readonly #id: string;
  readonly #leave: () => void;
  readonly #all: Wire;
  readonly #own: Wire;
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #asked = new Map<number, Asked>();
  #openId: number | undefined;
  #opened: Opened | undefined;
  #greeted = false;
  /** Of the leader that is listened to; 0: none yet. */
  #term = 0;
  /** That leader has the pack open and takes requests. */
  #connected = false;
  /** Looks that found nothing. */
  #silence = 0;
  /** What the leader's engine was last asked for. */
  #expertBudget: number;
  /** An engine that runs already was asked for the budget that this member was opened with. */
  #wished = false;
  /** A request waits for another member's. */
  #waits = false;
  #left = false;
  /** What this member leads with, if it does. */
  #leader: Leader | undefined;
  /** The next time that it stands, it takes the lock from whoever has it. */
  #steals = false;
  #withdraw = new AbortController();

  /** Rejects where the browser has locks but lends none to this page. */
  static async join(tab: Tab, options: MemberOptions): Promise<Member> {
    const id = crypto.randomUUID();
    return new Member(tab, options, id, await hold(tab.locks, nameOf(options.engine, id)));
  }

  private constructor(tab: Tab, options: MemberOptions, id: string, leave: () => void) {
    super();
    this.#tab = tab;
    this.#options = options;
    this.#id = id;
    this.#leave = leave;
    this.#expertBudget = options.open.expertBudget;
    this.#own = tab.wire(nameOf(options.engine, id));
    this.#own.addEventListener('message', event => this.#hear((event as MessageEvent<ToMember>).data));
    this.#all = tab.wire(options.engine);
    this.#all.addEventListener('message', event => {
      const { data } = event as MessageEvent<Call>;
      if (data.type === 'leads' && data.term > this.#term) this.#join();
    });
    this.#timer = setInterval(() => this.#look(), options.beat ?? 2000);
    this.#join();
    void this.#stand();
  }

  postMessage(request: EngineRequest): void {
    if (request.type === 'open') {
      // The leader opens the pack by itself.
      this.#openId = request.id;
      this.#answerOpen();
    } else if (request.type === 'cancel') {
      this.#cancel(request.id);
    } else {
      const asked = new Asked(request);
      this.#asked.set(request.id, asked);
      if (this.#connected) this.#send(asked.request);
    }
  }

  /** Leaves; the engine ends with its last member. */
  terminate(): void {
    this.#left = true;
    this.#withdraw.abort();
    clearInterval(this.#timer);
    this.#own.close();
    this.#all.close();
    this.#leader?.leave(this.#id); // At once, and not when the lock tells.
    this.#leave();
  }

  /** Stands for leader as long as it is a member. Only one leads; the others wait for its end. */
  async #stand(): Promise<void> {
    while (!this.#left) {
      const withdraw = new AbortController();
      this.#withdraw = withdraw;
      const how = this.#steals ? { steal: true } : { signal: withdraw.signal };
      this.#steals = false;
      try {
        await this.#tab.locks.request(this.#options.engine, how, () => this.#lead().ended);
      } catch (error) {
        if (this.#leader) {
          this.#leader.end(); // This tab seemed dead, and another has stolen the lock.
        } else if (!withdraw.signal.aborted) {
          const message = `The engine's worker could not be started: ${String(error)}`;
          this.#deliver({ type: 'failed', id: 0, code: 'internal', message });
          return;
        }
      }
      this.#leader = undefined;
    }
  }

  #lead(): Leader {
    const { engine, spawn } = this.#options;
    const open = { ...this.#options.open, expertBudget: this.#expertBudget };
    // The clock, as a new tab knows of no earlier term; a fraction, as a clock may stand still.
    const term = Math.max(Date.now(), this.#term + 1) + Math.random();
    this.#leader = new Leader(this.#tab, engine, term, spawn(), open, this.#id);
    return this.#leader;
  }

  #join(): void {
    this.#all.postMessage({ type: 'join', member: this.#id } satisfies Call);
  }

  /** Is the leader there? A background tab may sleep or be frozen with its lock in hand. */
  #look(): void {
    if (this.#connected && this.#asked.size === 0) {
      this.#silence = 0;
      return;
    }
    if (++this.#silence > missedBeats && !this.#leader) {
      this.#silence = 0;
      this.#steals = true;
      this.#withdraw.abort();
    } else if (this.#term > 0) {
      this.#own.postMessage({ type: 'ping', term: this.#term } satisfies ToLeader);
    } else {
      this.#join();
    }
  }

  #hear(told: ToMember): void {
    if (told.type === 'welcome' && told.term > this.#term) this.#follow(told.term);
    if (told.term !== this.#term) return;
    this.#silence = 0;
    if (told.type === 'waits') this.#wait(told.waits);
    else if (told.type === 'budget') this.#expertBudget = told.expertBudget;
    else if (told.type === 'event') this.#take(told.event);
  }

  #wait(waits: boolean): void {
    if (this.#waits === waits) return;
    this.#waits = waits;
    this.#options.onWaiting(waits);
  }

  #follow(term: number): void {
    this.#term = term;
    this.#connected = false;
    this.#wait(false);
    if (this.#opened) this.#deliver({ type: 'restoring', loadedBytes: 0, totalBytes: 0, done: false });
  }

  #take(event: EngineEvent): void {
    switch (event.type) {
      case 'ready':
        if (!this.#greeted) this.#deliver(event);
        this.#greeted = true;
        return;
      case 'progress': {
        const { loadedBytes, totalBytes } = event;
        if (this.#opened) this.#deliver({ type: 'restoring', loadedBytes, totalBytes, done: false });
        else if (this.#openId !== undefined) this.#deliver({ ...event, id: this.#openId });
        return;
      }
      case 'opened':
        this.#connect(event);
        return;
      case 'delta':
        this.#asked.get(event.id)?.heard(event);
        break;
      case 'done':
      case 'result':
      case 'report':
      case 'cached':
      case 'failed':
        this.#asked.delete(event.id);
        if (event.id === wishId) {
          if (event.type === 'failed') this.#refuseOpen(event);
          else this.#answerOpen();
          return;
        }
    }
    this.#deliver(event);
  }

  /** The leader has the pack open: the first time that answers our opening, later all goes on. */
  #connect(opened: Opened): void {
    if (this.#connected) return;
    this.#connected = true;
    if (this.#opened) this.#deliver({ type: 'restoring', loadedBytes: 0, totalBytes: 0, done: true });
    this.#opened = opened;
    this.#answerOpen();
    for (const asked of [...this.#asked.values()]) {
      if (asked.cancelled) this.#giveUp(asked);
      else this.#send(asked.request);
    }
  }

  #answerOpen(): void {
    if (this.#openId === undefined || !this.#opened) return;
    const { expertBudget: bytes } = this.#options.open;
    if (!this.#wished && bytes > 0 && bytes !== this.#expertBudget) {
      this.#wished = true;
      this.#send({ type: 'setExpertBudget', id: wishId, bytes });
      return;
    }
    this.#deliver({ ...this.#opened, id: this.#openId });
    this.#openId = undefined;
  }

  #refuseOpen(event: Failed): void {
    if (this.#openId !== undefined) this.#deliver({ ...event, id: this.#openId });
    this.#openId = undefined;
  }

  #cancel(id: number): void {
    const asked = this.#asked.get(id);
    if (!asked) return;
    asked.cancelled = true;
    if (this.#connected) this.#send({ type: 'cancel', id });
    else this.#giveUp(asked);
  }

  #giveUp(asked: Asked): void {
    this.#asked.delete(asked.request.id);
    this.#deliver(asked.end);
  }

  #send(request: EngineRequest): void {
    this.#own.postMessage({ type: 'request', request, term: this.#term } satisfies ToLeader);
  }

  #deliver(event: EngineEvent): void {
    if (!this.#left) this.dispatchEvent(new MessageEvent('message', { data: event }));
  }
}
