import type { ReactiveController, ReactiveControllerHost } from 'lit';

/** Files dropped anywhere in a zone, such as the page, unless something else there takes them. */
export class FileDrop implements ReactiveController {
  /** Files are being held over the zone. */
  over = false;

  readonly #host: ReactiveControllerHost;
  readonly #zone: () => EventTarget;
  #listening = new AbortController();
  readonly #take: (files: readonly File[]) => void;

  /** zone is asked each time that the host is connected. */
  constructor(host: ReactiveControllerHost, zone: () => EventTarget, take: (files: readonly File[]) => void) {
    this.#host = host;
    this.#zone = zone;
    this.#take = take;
    host.addController(this);
  }

  hostConnected(): void {
    const zone = this.#zone();
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    const listen = (type: string, listener: (event: DragEvent) => void) =>
      zone.addEventListener(type, listener as (event: Event) => void, { signal });
    listen('dragover', this.#dragged);
    listen('dragleave', this.#left);
    listen('drop', this.#dropped);
  }

  hostDisconnected(): void {
    this.#listening.abort();
  }

  readonly #dragged = (event: DragEvent): void => {
    const ours = this.#ours(event);
    if (ours) event.preventDefault(); // Otherwise the browser would leave the page for the file.
    this.#show(ours);
  };

  readonly #left = (event: DragEvent): void => {
    if (event.relatedTarget === null) this.#show(false);
  };

  readonly #dropped = (event: DragEvent): void => {
    this.#show(false);
    if (!this.#ours(event)) return;
    event.preventDefault();
    this.#take([...(event.dataTransfer?.files ?? [])]);
  };

  #ours(event: DragEvent): boolean {
    return !event.defaultPrevented && (event.dataTransfer?.types.includes('Files') ?? false);
  }

  #show(over: boolean): void {
    if (this.over === over) return;
    this.over = over;
    this.#host.requestUpdate();
  }
}
