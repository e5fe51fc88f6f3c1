import { property } from 'lit/decorators.js';
import type { SeeStore } from '../state/see-store.ts';
import { StoreController } from '../state/store.ts';
import { MixtabElement } from './element.ts';

/** An element that shows what the engine does: renders again when that changes. */
export class SeeElement extends MixtabElement {
  @property({ attribute: false }) see!: SeeStore;

  #controller: StoreController | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    this.#controller ??= new StoreController(this, this.see);
  }
}
