import { Store } from '../state/store.ts';

/** What the page has to say about itself, the most urgent first. */
const kinds = ['evictedOffline', 'evicted', 'update', 'unkept'] as const;

export type Notice = (typeof kinds)[number];

class Notices extends Store {
  readonly #open = new Set<Notice>();

  /** The one to show. */
  first(without?: Notice): Notice | undefined {
    return kinds.find(kind => kind !== without && this.#open.has(kind));
  }

  add(notice: Notice): void {
    this.#open.add(notice);
    this.changed();
  }

  remove(notice: Notice): void {
    this.#open.delete(notice);
    this.changed();
  }
}

export const notices = new Notices();
