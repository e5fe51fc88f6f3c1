import type { ReactiveController, ReactiveControllerHost } from 'lit';

/** Files dropped anywhere on the page, unless something else there takes them. */
export class FileDrop implements ReactiveController {
  /** Files are being held over the page. */
  over = false;

  readonly #host: ReactiveControllerHost;
  readonly #take: (files: readonly File[]) => void;

  constructor(host: ReactiveControllerHost, take: (files: readonly File[]) => void) {
    this.#host = host;
    this.#take = take;
    host.addController(this);
  }

  hostConnected(): void {
    document.addEventListener('dragover', this.#dragged);
    document.addEventListener('dragleave', this.#left);
    document.addEventListener('drop', this.#dropped);
  }

  hostDisconnected(): void {
    document.removeEventListener('dragover', this.#dragged);
    document.removeEventListener('dragleave', this.#left);
    document.removeEventListener('drop', this.#dropped);
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
