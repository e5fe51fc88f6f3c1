import type { ReactiveController, ReactiveControllerHost } from 'lit';

/** Whether the browser has a network; renders its element again when that changes. */
export class Online implements ReactiveController {
  readonly #changed: () => void;

  constructor(host: ReactiveControllerHost) {
    this.#changed = () => host.requestUpdate();
    host.addController(this);
  }

  get now(): boolean {
    return navigator.onLine;
  }

  hostConnected(): void {
    addEventListener('online', this.#changed);
    addEventListener('offline', this.#changed);
  }

  hostDisconnected(): void {
    removeEventListener('online', this.#changed);
    removeEventListener('offline', this.#changed);
  }
}
