import type { WorkerLike } from '../link.ts';
import type { Open } from '../protocol.ts';
import { Switchboard } from './switchboard.ts';
import type { Tab, Wire } from './tab.ts';
import { type Call, nameOf, type ToLeader, type ToMember } from './wire.ts';

type Told = ToMember extends infer M ? (M extends unknown ? Omit<M, 'term'> : never) : never;

/** The tab that has the worker. It leads until the last member is gone, in whatever tab that was. */
export class Leader {
  /** Resolves when this leader is no more. */
  readonly ended: Promise<void>;

  readonly #tab: Tab;
  readonly #engine: string;
  readonly #term: number;
  readonly #all: Wire;
  readonly #members = new Map<string, Wire>();
  readonly #board: Switchboard;
  readonly #end = new AbortController();
  #budget: number;
  #failed = false;

  /** first is the member that the leader was made by. */
  constructor(
    tab: Tab,
    engine: string,
    term: number,
    worker: WorkerLike,
    open: Omit<Open, 'type' | 'id'>,
    first: string,
  ) {
    this.#tab = tab;
    this.#engine = engine;
    this.#term = term;
    this.#budget = open.expertBudget;
    const { signal } = this.#end;
    this.ended = new Promise(resolve => signal.addEventListener('abort', () => resolve()));
    this.#board = new Switchboard(worker, open, {
      tell: (member, event) => this.#tell(member, { type: 'event', event }),
      tellAll: event => this.#tellAll({ type: 'event', event }),
      tellWaits: (member, waits) => this.#tell(member, { type: 'waits', waits }),
      tellBudget: expertBudget => {
        this.#budget = expertBudget;
        this.#tellAll({ type: 'budget', expertBudget });
      },
      over: () => {
        this.#failed = true;
      },
    });
    this.#all = tab.wire(engine);
    this.#all.addEventListener('message', event => {
      const { data } = event as MessageEvent<Call>;
      if (data.type === 'join') this.#join(data.member);
    });
    this.#join(first);
    this.#all.postMessage({ type: 'leads', term } satisfies Call);
  }

  /** Forgets a member. Without any, this leader ends: who comes later gets an engine that is new. */
  leave(member: string): void {
    const wire = this.#members.get(member);
    if (!wire) return;
    wire.close();
    this.#members.delete(member);
    this.#board.drop(member);
    if (this.#members.size === 0) this.end();
  }

  /** Ends the worker. Members wait for another leader. */
  end(): void {
    this.#end.abort();
    this.#board.end();
    this.#all.close();
    for (const wire of this.#members.values()) wire.close();
    this.#members.clear();
  }

  #join(member: string): void {
    if (this.#failed) return; // It comes to an end as its members leave; then there is another.
    if (!this.#members.has(member)) {
      const wire = this.#tab.wire(nameOf(this.#engine, member));
      wire.addEventListener('message', event => {
        this.#hear(member, (event as MessageEvent<ToLeader>).data);
      });
      this.#members.set(member, wire);
      void this.#watch(member);
    }
    this.#tell(member, { type: 'welcome' });
    this.#tell(member, { type: 'budget', expertBudget: this.#budget });
    for (const event of this.#board.state) this.#tell(member, { type: 'event', event });
  }

  #hear(member: string, told: ToLeader): void {
    if (told.term !== this.#term) return;
    if (told.type === 'ping') this.#tell(member, { type: 'pong' });
    else this.#board.take(member, told.request);
  }

  /** The lock of a member is free when the member is gone. */
  async #watch(member: string): Promise<void> {
    const { signal } = this.#end;
    try {
      await this.#tab.locks.request(nameOf(this.#engine, member), { signal }, async () => {});
    } catch {
      return; // This leader ended first.
    }
    this.leave(member);
  }

  #tellAll(told: Told): void {
    for (const member of this.#members.keys()) this.#tell(member, told);
  }

  #tell(member: string, told: Told): void {
    this.#members.get(member)?.postMessage({ ...told, term: this.#term });
  }
}
