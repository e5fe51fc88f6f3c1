import type { ReactiveControllerHost } from 'lit';
import { keepSideShown, sideShown } from '../state/side-shown.ts';
import { narrow } from './app-styles.ts';
import { Media } from './media.ts';

/** Where the list of conversations is: a column that stays as it was left, or on a narrow page a drawer. */
export class SidePlace {
  readonly #host: ReactiveControllerHost;
  readonly #narrow: Media;
  #column = sideShown();
  #drawer = false;

  constructor(host: ReactiveControllerHost) {
    this.#host = host;
    this.#narrow = new Media(host, narrow);
  }

  /** The page has no room for columns. */
  get narrow(): boolean {
    return this.#narrow.matches;
  }

  get shown(): boolean {
    return this.narrow ? this.#drawer : this.#column;
  }

  show(shown: boolean): void {
    if (!this.narrow) {
      this.#column = shown;
      keepSideShown(shown);
    } else this.#drawer = shown;
    this.#host.requestUpdate();
  }

  closeDrawer(): void {
    this.#drawer = false;
    this.#host.requestUpdate();
  }
}
