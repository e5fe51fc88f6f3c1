import { css, html } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { integer } from '../i18n/format.ts';
import { t } from '../i18n/index.ts';
import { base, button } from '../styles/shared.ts';
import { MixtabElement } from './element.ts';

/** The conversation is longer than the model can see: what to do is the visitor's choice. Fires "drop" and "anew". */
@customElement('mixtab-full')
export class MixtabFull extends MixtabElement {
  /** Tokens that the model can see. */
  @property({ type: Number }) context = 0;

  static override styles = [
    base,
    button,
    css`
      section {
        padding: 0.75rem 1rem;
        border: 1px solid var(--hairline);
        border-radius: 0.625rem;
        background: var(--raised);
        font-size: 0.9375rem;
      }
      h2 {
        margin: 0 0 0.25rem;
        font-size: inherit;
      }
      p {
        margin: 0 0 0.75rem;
        color: var(--muted);
      }
      div {
        display: flex;
        flex-wrap: wrap;
        gap: 0.5rem;
      }
    `,
  ];

  protected override render() {
    return html`
      <section role="alert">
        <h2>${t('history.contextFull', { size: integer(this.context) })}</h2>
        <p>${t('history.contextSafe')}</p>
        <div>
          <button class="primary" @click=${() => this.#fire('drop')}>${t('history.dropOldest')}</button>
          <button @click=${() => this.#fire('anew')}>${t('history.startAnew')}</button>
        </div>
      </section>
    `;
  }

  #fire(type: 'drop' | 'anew'): void {
    this.dispatchEvent(new CustomEvent(type));
  }
}
