import type { Link } from './link.ts';
import type { ChatMessage } from './openai.ts';
import { requireCount, toMessages } from './params.ts';
import type { Cache } from './protocol.ts';
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
   * Keeps a conversation that has just run, its last answer among the messages, in place of what
   * the key had. Resolves with the tokens that are kept: all but the last ones; 0 where another
   * conversation has run since, or there is no room. Rejects with "storage" where the browser
   * runs out of room.
   */
  async save(
    key: string,
    messages: ChatMessage[],
    { limitBytes = 2 ** 30 }: SaveOptions = {},
  ): Promise<number> {
    requireCount('limitBytes', limitBytes, 'bytes');
    return this.#send({ action: 'save', key, messages: toMessages(messages), limitBytes });
  }

  /** Brings a conversation back. Resolves with its tokens; 0 where the key has none of use. */
  restore(key: string): Promise<number> {
    return this.#send({ action: 'restore', key, messages: [], limitBytes: 0 });
  }

  /** Forgets a conversation. */
  async drop(key: string): Promise<void> {
    await this.#send({ action: 'drop', key, messages: [], limitBytes: 0 });
  }

  async #send(body: Omit<Cache, 'type' | 'id'>): Promise<number> {
    const { tokens } = await this.#queue.run(() => this.#link.send({ type: 'cache', ...body }).answer);
    return tokens;
  }
}
