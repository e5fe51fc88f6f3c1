import { css, html, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { StorageInfo } from '../../lib/src/index.ts';
import { bytes } from '../i18n/format.ts';
import { t } from '../i18n/index.ts';
import { base, button } from '../styles/shared.ts';
import { MixtabElement } from './element.ts';

/** What the browser's storage holds, and whether it stays. Fires "persist" when it shall. */
@customElement('mixtab-model-storage')
export class MixtabModelStorage extends MixtabElement {
  @property({ attribute: false }) storage!: StorageInfo;

  static override styles = [
    base,
    button,
    css`
      section {
        margin-top: 1.25rem;
        padding-top: 1rem;
        border-top: 1px solid var(--hairline);
        color: var(--muted);
        font-size: var(--small);
      }
      p {
        margin: 0 0 0.375rem;
        text-wrap: pretty;
      }
      button {
        color: var(--ink);
      }
    `,
  ];

  protected override render() {
    const { quota, usage, persisted, keeps } = this.storage;
    if (!keeps) return html`<section><p>${t('models.storage.private')}</p></section>`;
    const used = t('models.storage.used', { used: bytes(usage), quota: bytes(quota) });
    return html`
      <section aria-label=${t('models.storage.title')}>
        <p>${used} ${t(persisted ? 'models.storage.kept' : 'models.storage.unsure')}</p>
        ${persisted ? nothing : html`<button @click=${this.#persist}>${t('models.storage.ask')}</button>`}
      </section>
    `;
  }

  #persist(): void {
    this.dispatchEvent(new CustomEvent('persist'));
  }
}
