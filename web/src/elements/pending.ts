import { css, html } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { t } from '../i18n/index.ts';
import { base, button } from '../styles/shared.ts';
import { MixtabElement } from './element.ts';

/** A message that waits to be sent. Fires "take-back". */
@customElement('mixtab-pending')
export class MixtabPending extends MixtabElement {
  @property() text = '';
  /** It waits for the running answer, not for the engine. */
  @property({ type: Boolean }) answering = false;

  static override styles = [
    base,
    button,
    css`
      :host {
        display: flex;
        flex-direction: column;
        align-items: end;
      }
      p {
        margin: 0;
        max-width: min(85%, 34rem);
        padding: 0.5rem 1rem;
        border: 1px dashed var(--muted);
        border-radius: var(--radius) var(--radius) 0.25rem var(--radius);
        white-space: pre-wrap;
        overflow-wrap: anywhere;
      }
      div {
        display: flex;
        flex-wrap: wrap;
        justify-content: end;
        align-items: center;
        gap: 0 0.25rem;
        margin-top: 0.25rem;
        color: var(--muted);
        font-size: var(--small);
      }
      button.plain {
        margin-inline-end: -0.5rem; /* Its word ends where the message does. */
      }
    `,
  ];

  protected override render() {
    return html`
      <p>${this.text}</p>
      <div>
        <span role="status">${this.answering ? t('pending.answering') : t('pending.loading')}</span>
        <button class="plain" @click=${this.#takeBack}>${t('pending.takeBack')}</button>
      </div>
    `;
  }

  #takeBack(): void {
    this.dispatchEvent(new CustomEvent('take-back'));
  }
}
