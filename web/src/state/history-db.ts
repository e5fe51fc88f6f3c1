// Conversations in IndexedDB. Heads lie by themselves, so that the list is one cheap read; a
// turn is a record of its own, so that no writer can lose what another one added.

import { type DBSchema, type IDBPDatabase, openDB } from 'idb';
import { type Detail, emptyDetail, type Head } from './conversation.ts';
import type { KeptTurn } from './tree.ts';

/** The head of a conversation that may be on its way out. */
export interface KeptHead extends Head {
  /** When it was deleted; it goes for good when that can no longer be undone. */
  readonly deleted?: number | undefined;
}

/** A whole conversation as it is kept. */
export interface KeptConversation {
  readonly head: KeptHead;
  readonly detail: Detail;
  readonly turns: readonly KeptTurn[];
}

/** What is to be written of one conversation. */
export interface Changes {
  /** Set for a conversation that may not be there yet; others are not made anew when another tab removed them. */
  whole?: KeptHead;
  head: Partial<KeptHead>;
  detail: Partial<Detail>;
  turns: Map<string, KeptTurn>;
}

/** Of the conversation that nobody has written in yet, draft and settings are kept under this id. */
export const unbegun = 'unbegun';

interface Schema extends DBSchema {
  heads: { key: string; value: KeptHead; indexes: { changed: number } };
  details: { key: string; value: Detail & { id: string } };
  turns: { key: [string, string]; value: KeptTurn & { conversation: string } };
}

const name = 'mixtab';
const version = 1;

export class HistoryDb {
  readonly #db: IDBPDatabase<Schema>;

  private constructor(db: IDBPDatabase<Schema>) {
    this.#db = db;
  }

  /** Rejects where the browser keeps nothing: storage switched off, some private windows. */
  static async open(lost: () => void): Promise<HistoryDb> {
    const db = await openDB<Schema>(name, version, {
      upgrade(db, from) {
        // One step for each version, none of them ever changed.
        if (from < 1) {
          db.createObjectStore('heads', { keyPath: 'id' }).createIndex('changed', 'changed');
          db.createObjectStore('details', { keyPath: 'id' });
          db.createObjectStore('turns', { keyPath: ['conversation', 'id'] });
        }
      },
      // A newer page in another tab wants its own version, and waits for this one.
      blocking: (_current, _blocked, event) => {
        (event.target as IDBDatabase).close();
        lost();
      },
      terminated: lost,
    });
    return new HistoryDb(db);
  }

  heads(): Promise<KeptHead[]> {
    return this.#db.getAll('heads');
  }

  /** Those changed since a time: what is seen first, long before thousands are read. */
  recentHeads(since: number): Promise<KeptHead[]> {
    return this.#db.getAllFromIndex('heads', 'changed', IDBKeyRange.lowerBound(since));
  }

  head(id: string): Promise<KeptHead | undefined> {
    return this.#db.get('heads', id);
  }

  async detail(id: string): Promise<Detail> {
    const { id: _id, ...detail } = { ...emptyDetail, id, ...(await this.#db.get('details', id)) };
    return detail;
  }

  async turns(conversation: string): Promise<KeptTurn[]> {
    return (await this.#db.getAll('turns', all(conversation))).map(bare);
  }

  async someTurns(conversation: string, ids: readonly string[]): Promise<KeptTurn[]> {
    const { store } = this.#db.transaction('turns');
    const turns = await Promise.all(ids.map(id => store.get([conversation, id])));
    return turns.filter(turn => turn !== undefined).map(bare);
  }

  /** Goes through the turns of all conversations, so many at a time. */
  async *everyTurn(count: number): AsyncGenerator<(KeptTurn & { conversation: string })[]> {
    let range: IDBKeyRange | undefined;
    for (;;) {
      const turns = await this.#db.getAll('turns', range, count);
      if (turns.length > 0) yield turns;
      const last = turns.at(-1);
      if (!last || turns.length < count) return;
      range = IDBKeyRange.lowerBound([last.conversation, last.id], true);
    }
  }

  /** Writes all or nothing. */
  async write(changes: ReadonlyMap<string, Changes>): Promise<void> {
    const transaction = this.#db.transaction(['heads', 'details', 'turns'], 'readwrite');
    const heads = transaction.objectStore('heads');
    const details = transaction.objectStore('details');
    const turns = transaction.objectStore('turns');
    const done = transaction.done;
    done.catch(() => {}); // Told by the await below, if a request does not fail before.
    for (const [id, change] of changes) {
      const head = (await heads.get(id)) ?? change.whole;
      if (!head && id !== unbegun) continue;
      if (head) void heads.put({ ...head, ...change.head }).catch(() => {});
      if (Object.keys(change.detail).length > 0) {
        const detail = (await details.get(id)) ?? { ...emptyDetail, id };
        void details.put({ ...detail, ...change.detail }).catch(() => {});
      }
      for (const turn of change.turns.values()) {
        void turns.put({ ...turn, conversation: id }).catch(() => {});
      }
    }
    await done;
  }

  async remove(id: string): Promise<void> {
    const transaction = this.#db.transaction(['heads', 'details', 'turns'], 'readwrite');
    await Promise.all([
      transaction.objectStore('heads').delete(id),
      transaction.objectStore('details').delete(id),
      transaction.objectStore('turns').delete(all(id)),
      transaction.done,
    ]);
  }

  close(): void {
    this.#db.close();
  }
}

/** The keys of a conversation's turns: an array sorts behind every text. */
function all(conversation: string): IDBKeyRange {
  return IDBKeyRange.bound([conversation], [conversation, []]);
}

function bare({ conversation: _conversation, ...turn }: KeptTurn & { conversation: string }): KeptTurn {
  return turn;
}
