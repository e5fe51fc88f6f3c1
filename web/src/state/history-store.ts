import { type Conversation, type Detail, emptyDetail, type Head } from './conversation.ts';
import { type Changes, HistoryDb, type KeptConversation, type KeptHead, unbegun } from './history-db.ts';
import { Store } from './store.ts';
import type { KeptTurn } from './tree.ts';

/** Why what is written here may not outlast the page. */
export type HistoryTrouble = 'unavailable' | 'full';

/** What a tab tells the others, after it has written. */
interface News {
  /** Changed turns by their conversation. */
  changed?: [conversation: string, turns: string[]][];
  removed?: string;
}

/** Told of what came from another tab or was deleted: some turns of a conversation, or that it is gone. */
export type HistoryListener = (conversation: string, turns: readonly string[] | 'gone') => void;

/** How long a deletion can be undone where the tab that deleted was closed in between. */
const forgottenAfter = 60_000;

const retryAfter = 10_000;

/** Conversations of a week are read first: more than the list shows at once, and few of thousands. */
const recently = 7 * 86_400_000;

/**
 * All conversations: their heads in memory, the rest read when it is wanted. What is written waits
 * in memory until the database has it, so that the page goes on where the database cannot.
 */
export class HistoryStore extends Store {
  trouble: HistoryTrouble | undefined;
  /** The list is here. */
  loaded = false;
  /** The conversation that was deleted last, while that can be undone. */
  deleted: Head | undefined;

  readonly #heads = new Map<string, KeptHead>();
  #sorted: readonly Head[] | undefined;
  #unsaved = new Map<string, Changes>();
  #writing: Promise<void> | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #db: HistoryDb | undefined;
  readonly #opened: Promise<void>;
  readonly #channel: BroadcastChannel | undefined;
  readonly #listeners = new Set<HistoryListener>();

  constructor() {
    super();
    this.#channel =
      typeof BroadcastChannel === 'function' ? new BroadcastChannel('mixtab.history') : undefined;
    this.#channel?.addEventListener('message', ({ data }) => void this.#heard(data as News));
    this.#opened = this.#open();
  }

  /** Every conversation, those last changed first. */
  get heads(): readonly Head[] {
    this.#sorted ??= [...this.#heads.values()]
      .filter(head => head.deleted === undefined)
      .sort((a, b) => b.changed - a.changed || (a.id < b.id ? 1 : -1));
    return this.#sorted;
  }

  head(id: string): Head | undefined {
    const head = this.#heads.get(id);
    return head?.deleted === undefined ? head : undefined;
  }

  /** Calls back at what other tabs write and at what is deleted. */
  listen(listener: HistoryListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** undefined: there is none, or none that can be read any more. */
  async read(id: string): Promise<KeptConversation | undefined> {
    await this.flush();
    const head = this.head(id);
    if (!head) return undefined;
    const kept = await this.#ask(async db => ({ detail: await db.detail(id), turns: await db.turns(id) }));
    const unsaved = this.#unsaved.get(id);
    const turns = new Map(kept?.turns.map(turn => [turn.id, turn]));
    for (const turn of unsaved?.turns.values() ?? []) turns.set(turn.id, turn);
    if (turns.size === 0) return undefined;
    return {
      head,
      detail: { ...emptyDetail, ...kept?.detail, ...unsaved?.detail },
      turns: [...turns.values()],
    };
  }

  /** Draft and settings of the conversation that nobody has written in yet. */
  async unbegun(): Promise<Detail> {
    await this.flush();
    const kept = await this.#ask(db => db.detail(unbegun));
    return { ...emptyDetail, ...kept, ...this.#unsaved.get(unbegun)?.detail };
  }

  /** Of some turns, what other tabs made of them. */
  async turns(conversation: string, ids: readonly string[]): Promise<KeptTurn[]> {
    return (await this.#ask(db => db.someTurns(conversation, ids))) ?? [];
  }

  async *everyTurn(): AsyncGenerator<(KeptTurn & { conversation: string })[]> {
    await this.flush();
    for (const [conversation, { turns }] of this.#unsaved) {
      yield [...turns.values()].map(turn => ({ ...turn, conversation }));
    }
    if (this.#db) yield* this.#db.everyTurn(1000);
  }

  /** A first message was sent, or a conversation comes from a file. */
  create({ id, title, pinned, created, changed, ...detail }: Conversation, turns: Iterable<KeptTurn>): void {
    const whole = { id, title, pinned, created, changed };
    const change = this.#change(id);
    change.whole = whole;
    Object.assign(change.detail, detail);
    for (const turn of turns) change.turns.set(turn.id, turn);
    this.#setHead(whole);
  }

  saveTurn(conversation: string, turn: KeptTurn): void {
    this.#change(conversation).turns.set(turn.id, turn);
  }

  saveDetail(id: string | undefined, part: Partial<Detail>): void {
    Object.assign(this.#change(id ?? unbegun).detail, part);
  }

  saveHead(id: string, part: Partial<Omit<KeptHead, 'id'>>): void {
    const head = this.#heads.get(id);
    if (!head) return;
    Object.assign(this.#change(id).head, part);
    this.#setHead({ ...head, ...part });
  }

  /** Takes a conversation off the list; undo brings it back, forget removes it for good. */
  delete(id: string): void {
    this.forget();
    const head = this.head(id);
    if (!head) return;
    this.deleted = head;
    this.saveHead(id, { deleted: Date.now() });
    this.#tell(id, 'gone');
  }

  undo(): Head | undefined {
    const head = this.deleted;
    if (head) this.saveHead(head.id, { deleted: undefined });
    this.deleted = undefined;
    return head;
  }

  forget(): void {
    if (this.deleted) void this.#remove(this.deleted.id);
    this.deleted = undefined;
    this.changed();
  }

  /** Resolves when everything is written, or cannot be. */
  async flush(): Promise<void> {
    await this.#opened;
    while (this.#writing) await this.#writing;
  }

  async close(): Promise<void> {
    await this.flush();
    clearTimeout(this.#retry);
    this.#channel?.close();
    this.#db?.close();
  }

  async #open(): Promise<void> {
    try {
      this.#db = await HistoryDb.open(() => {
        this.#db = undefined;
        this.#troubled('unavailable');
      });
      this.#takeHeads(await this.#db.recentHeads(Date.now() - recently));
      this.#takeHeads(await this.#db.heads());
    } catch (error) {
      console.warn('Conversations cannot be kept here:', error);
      this.#troubled('unavailable');
    }
    this.loaded = true;
    this.changed();
  }

  #takeHeads(heads: readonly KeptHead[]): void {
    for (const head of heads) {
      const over = head.deleted !== undefined && Date.now() - head.deleted > forgottenAfter;
      if (over) void this.#remove(head.id);
      else if (!this.#heads.has(head.id)) this.#heads.set(head.id, head);
    }
    this.#sorted = undefined;
    this.changed();
  }

  #setHead(head: KeptHead): void {
    this.#heads.set(head.id, head);
    this.#sorted = undefined;
    this.changed();
  }

  /** Reads from the database, where there is one that still can be read. */
  async #ask<T>(question: (db: HistoryDb) => Promise<T>): Promise<T | undefined> {
    if (!this.#db) return undefined;
    try {
      return await question(this.#db);
    } catch (error) {
      console.warn('Conversations could not be read:', error);
      this.#troubled('unavailable');
      return undefined;
    }
  }

  /** What waits to be written of a conversation; it is written after this task. */
  #change(id: string): Changes {
    let change = this.#unsaved.get(id);
    if (!change) {
      change = { head: {}, detail: {}, turns: new Map() };
      this.#unsaved.set(id, change);
    }
    this.#writing ??= Promise.resolve().then(() => this.#write());
    return change;
  }

  async #write(): Promise<void> {
    await this.#opened;
    clearTimeout(this.#retry);
    const db = this.#db;
    const changes = this.#unsaved;
    if (!db || changes.size === 0) {
      this.#writing = undefined;
      return;
    }
    this.#unsaved = new Map();
    try {
      await db.write(changes);
      if (this.trouble === 'full') this.#troubled(undefined);
      this.#post({ changed: [...changes].map(([id, { turns }]) => [id, [...turns.keys()]]) });
      this.#writing = this.#unsaved.size > 0 ? this.#write() : undefined;
    } catch (error) {
      console.warn('Conversations could not be written:', error);
      this.#unsaved = joined(changes, this.#unsaved);
      this.#troubled(this.#db ? 'full' : 'unavailable');
      this.#writing = undefined;
      this.#retry = setTimeout(() => {
        this.#writing ??= this.#write();
      }, retryAfter);
    }
  }

  async #remove(id: string): Promise<void> {
    this.#heads.delete(id);
    this.#sorted = undefined;
    this.changed();
    await this.flush();
    this.#unsaved.delete(id);
    try {
      await this.#db?.remove(id);
    } catch (error) {
      console.warn('A deleted conversation could not be removed yet:', error);
    }
    this.#post({ removed: id });
  }

  #troubled(trouble: HistoryTrouble | undefined): void {
    this.trouble = trouble;
    this.changed();
  }

  #post(news: News): void {
    this.#channel?.postMessage(news);
  }

  async #heard({ changed = [], removed }: News): Promise<void> {
    await this.#opened;
    for (const [id, turns] of changed) {
      const head = await this.#db?.head(id);
      if (!head) continue;
      const known = this.head(id) !== undefined;
      this.#setHead(head);
      if (head.deleted === undefined) this.#tell(id, turns);
      else if (known) this.#tell(id, 'gone');
    }
    if (removed !== undefined && this.#heads.delete(removed)) {
      this.#sorted = undefined;
      this.changed();
      this.#tell(removed, 'gone');
    }
  }

  #tell(id: string, turns: readonly string[] | 'gone'): void {
    for (const listener of this.#listeners) listener(id, turns);
  }
}

/** Older and newer changes as one. */
function joined(
  older: ReadonlyMap<string, Changes>,
  newer: ReadonlyMap<string, Changes>,
): Map<string, Changes> {
  const all = new Map(older);
  for (const [id, change] of newer) {
    const before = all.get(id);
    all.set(id, {
      ...(before?.whole && { whole: before.whole }),
      ...(change.whole && { whole: change.whole }),
      head: { ...before?.head, ...change.head },
      detail: { ...before?.detail, ...change.detail },
      turns: new Map([...(before?.turns ?? []), ...change.turns]),
    });
  }
  return all;
}
