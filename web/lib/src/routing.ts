// Which experts gave each token, for whoever looks on.

import { Channel } from './channel.ts';
import type { Routing } from './protocol.ts';

/** Which experts gave a generated token, the end token too. */
export interface ExpertRouting extends Readonly<Omit<Routing, 'type' | 'id'>> {
  /** The answer's, as in its chunks. */
  readonly id: string;
  /** Which of its choices. */
  readonly choice: number;
}

/** Brings routings to every loop that is under way; the engine tells of them only then. */
export class RoutingFeed implements AsyncIterable<ExpertRouting> {
  readonly #readers = new Set<Channel<ExpertRouting>>();

  get watched(): boolean {
    return this.#readers.size > 0;
  }

  push(routing: ExpertRouting): void {
    for (const reader of this.#readers) reader.push(routing);
  }

  /** Ends all loops. */
  end(): void {
    for (const reader of this.#readers) reader.end();
    this.#readers.clear();
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<ExpertRouting> {
    const reader = new Channel<ExpertRouting>(() => this.#readers.delete(reader));
    this.#readers.add(reader);
    return reader;
  }
}
