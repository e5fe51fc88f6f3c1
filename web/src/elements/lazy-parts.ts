import type { ReactiveControllerHost } from 'lit';

/** What is loaded when it is first opened. */
const parts = {
  panel: () => import('./panel.ts'),
  settings: () => import('./settings.ts'),
  models: () => import('./models.ts'),
  keys: () => import('./keys.ts'),
};

export type LazyPart = keyof typeof parts;

/** Which of the page's further parts were opened, and which are open now. */
export class LazyParts {
  readonly #host: ReactiveControllerHost;
  readonly #loaded = new Set<LazyPart>();
  readonly #open = new Set<LazyPart>();

  constructor(host: ReactiveControllerHost) {
    this.#host = host;
  }

  /** Was opened once, and stays, so that it knows where it was left. */
  loaded(part: LazyPart): boolean {
    return this.#loaded.has(part);
  }

  isOpen(part: LazyPart): boolean {
    return this.#open.has(part);
  }

  /** Resolves when it is drawn. */
  async open(part: LazyPart): Promise<void> {
    await parts[part]();
    this.#loaded.add(part);
    this.#open.add(part);
    this.#host.requestUpdate();
    await this.#host.updateComplete;
  }

  /** Resolves when it is gone. */
  async close(part: LazyPart): Promise<void> {
    this.#open.delete(part);
    this.#host.requestUpdate();
    await this.#host.updateComplete;
  }
}
