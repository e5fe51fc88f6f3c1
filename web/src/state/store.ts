import type { ReactiveController, ReactiveControllerHost } from 'lit';

/** State that elements show. Changes of one task are told once. */
export class Store {
  readonly #listeners = new Set<() => void>();
  #told = true;

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  protected changed(): void {
    if (!this.#told) return;
    this.#told = false;
    queueMicrotask(() => {
      this.#told = true;
      for (const listener of this.#listeners) listener();
    });
  }
}

/** Renders an element again when a store changes, at most once per animation frame. */
export class StoreController implements ReactiveController {
  #unsubscribe: (() => void) | undefined;
  #frame = 0;
  readonly #host: ReactiveControllerHost;
  readonly #store: Store;

  constructor(host: ReactiveControllerHost, store: Store) {
    this.#host = host;
    this.#store = store;
    host.addController(this);
  }

  hostConnected(): void {
    this.#unsubscribe = this.#store.subscribe(() => {
      this.#frame ||= requestAnimationFrame(() => {
        this.#frame = 0;
        this.#host.requestUpdate();
      });
    });
    this.#host.requestUpdate();
  }

  hostDisconnected(): void {
    this.#unsubscribe?.();
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
  }
}
