import { LitElement } from 'lit';
import { onLanguageChange } from '../i18n/index.ts';

/** An element of the page: renders again when the language changes. */
export class MixtabElement extends LitElement {
  #offLanguage: (() => void) | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    this.#offLanguage = onLanguageChange(() => this.requestUpdate());
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#offLanguage?.();
  }
}
