import type { ReactiveController, ReactiveControllerHost } from 'lit';

/** A page as narrow as a phone's, in the words that styles have for it too. */
export const phone = '(max-width: 40rem)';

/** Whether a media query holds; renders its element again when that changes. */
export class Media implements ReactiveController {
  readonly #query: MediaQueryList;
  readonly #changed: () => void;

  constructor(host: ReactiveControllerHost, query: string) {
    this.#query = matchMedia(query);
    this.#changed = () => host.requestUpdate();
    host.addController(this);
  }

  get matches(): boolean {
    return this.#query.matches;
  }

  hostConnected(): void {
    this.#query.addEventListener('change', this.#changed);
  }

  hostDisconnected(): void {
    this.#query.removeEventListener('change', this.#changed);
  }
}
