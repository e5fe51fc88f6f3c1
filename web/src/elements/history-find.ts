import type { ReactiveController, ReactiveControllerHost } from 'lit';
import { type Hits, search } from '../state/history-search.ts';
import type { HistoryStore } from '../state/history-store.ts';

/** The search of the list: what is wanted, and what was found so far. */
export class HistoryFind implements ReactiveController {
  wanted = '';
  /** undefined: nothing is wanted, and the list is whole. */
  hits: Hits | undefined;
  searching = false;

  readonly #host: ReactiveControllerHost;
  #search = new AbortController();

  constructor(host: ReactiveControllerHost) {
    this.#host = host;
    host.addController(this);
  }

  hostDisconnected(): void {
    this.#search.abort();
  }

  /** Searches from the start, and ends the search before. */
  async find(history: HistoryStore, wanted: string): Promise<void> {
    this.wanted = wanted;
    this.#host.requestUpdate();
    this.#search.abort();
    this.#search = new AbortController();
    const { signal } = this.#search;
    if (wanted.trim() === '') {
      this.hits = undefined;
      return;
    }
    this.searching = true;
    await search(history, wanted, signal, hits => {
      if (signal.aborted) return;
      this.hits = hits;
      this.#host.requestUpdate();
    });
    if (signal.aborted) return;
    this.searching = false;
    this.#host.requestUpdate();
  }
}
