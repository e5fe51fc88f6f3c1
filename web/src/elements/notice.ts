import { css, html, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { t } from '../i18n/index.ts';
import { type Notice, notices } from '../offline/notices.ts';
import { applyUpdate } from '../offline/service-worker.ts';
import { StoreController } from '../state/store.ts';
import { base, button } from '../styles/shared.ts';
import { MixtabElement } from './element.ts';

/** One calm line about the page itself, as that a new version is ready, and what to do. */
@customElement('mixtab-notice')
export class MixtabNotice extends MixtabElement {
  /** A newer version is not spoken of in the middle of an answer. */
  @property({ type: Boolean }) answering = false;

  static override styles = [
    base,
    button,
    css`
      .notice {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 0.25rem 0.75rem;
        margin-bottom: 0.5rem;
        padding: 0.375rem 0.5rem 0.375rem 1rem;
        background: var(--sunken);
        border-radius: 1.25rem;
        font-size: var(--small);
      }
      p {
        flex: 1 1 14rem;
        margin: 0;
      }
      div > div {
        display: flex;
        flex-wrap: wrap;
        gap: 0.25rem;
        margin-inline-start: auto;
      }
    `,
  ];

  constructor() {
    super();
    new StoreController(this, notices);
  }

  protected override render() {
    const notice = notices.first(this.answering ? 'update' : undefined);
    return html`<div role="status" aria-label=${t('offline.label')}>${notice ? this.#show(notice) : nothing}</div>`;
  }

  #show(notice: Notice) {
    const dismiss = notice === 'update' ? t('offline.later') : t('offline.dismiss');
    return html`
      <div class="notice">
        <p>${t(`offline.${notice}`)}</p>
        <div>
          ${
            notice === 'update'
              ? html`<button class="primary" @click=${applyUpdate}>${t('offline.reload')}</button>`
              : nothing
          }
          <button class="plain" @click=${() => notices.remove(notice)}>${dismiss}</button>
        </div>
      </div>
    `;
  }
}
