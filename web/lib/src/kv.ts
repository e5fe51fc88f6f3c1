import type { Link } from './link.ts';
import { requireCount } from './params.ts';
import type { Queue } from './queue.ts';

export interface SaveOptions {
  /** Bytes that all kept conversations may take together; those used longest ago make room. 1 GiB if left out. */
  limitBytes?: number;
}

/**
 * engine.kv: what the GPU has computed of conversations, kept in the browser's private storage,
 * so that one that is opened again goes on without being run again. A kept conversation serves
 * only the pack, the format of its numbers and the GPU that it is from; whatever else lies under
 * its key, or is damaged, is removed and counts as nothing.
 */
export class KVStore {
  readonly #link: Link;
  readonly #queue: Queue;

  constructor(link: Link, queue: Queue) {
    this.#link = link;
    this.#queue = queue;
  }

  /**
   * Keeps the conversation that the engine answered last, whichever tab's that shares it, in
   * place of what the key had. It is a copy of computed numbers and nothing else: under a key of
   * another conversation it is of no use, and does no harm. Resolves with
   * its tokens; 0 where there is none, or no room. Rejects with "storage" where the browser
   * runs out of room.
   */
  async save(key: string, { limitBytes = 2 ** 30 }: SaveOptions = {}): Promise<number> {
    requireCount('limitBytes', limitBytes, 'bytes');
    return this.#send('save', key, limitBytes);
  }

  /** Brings a conversation back. Resolves with its tokens; 0 where the key has none of use. */
  restore(key: string): Promise<number> {
    return this.#send('restore', key);
  }

  /** Forgets a conversation. */
  async drop(key: string): Promise<void> {
    await this.#send('drop', key);
  }

  async #send(action: 'save' | 'restore' | 'drop', key: string, limitBytes = 0): Promise<number> {
    const body = { type: 'cache' as const, action, key, limitBytes };
    const { tokens } = await this.#queue.run(() => this.#link.send(body).answer);
    return tokens;
  }
}
