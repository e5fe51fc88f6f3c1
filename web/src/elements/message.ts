import { css, html, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { t } from '../i18n/index.ts';
import type { Turn } from '../state/chat-store.ts';
import { base } from '../styles/shared.ts';
import { MixtabElement } from './element.ts';
import './markdown.ts';

/** One turn of the conversation. */
@customElement('mixtab-message')
export class MixtabMessage extends MixtabElement {
  @property({ attribute: false }) turn!: Turn;

  static override styles = [
    base,
    css`
      article.user {
        width: fit-content;
        max-width: min(85%, 34rem);
        margin-inline-start: auto;
        padding: 0.5rem 1rem;
        border-radius: var(--radius) var(--radius) 0.25rem var(--radius);
        background: var(--sunken);
        white-space: pre-wrap;
        overflow-wrap: anywhere;
      }
      .note {
        margin: 0.375rem 0 0;
        color: var(--muted);
        font-size: var(--small);
      }
      .error {
        color: var(--danger);
      }
      .thinking {
        display: inline-flex;
        gap: 0.375rem;
        height: 1.6rem;
        align-items: center;
      }
      .thinking i {
        width: 0.375rem;
        height: 0.375rem;
        border-radius: 50%;
        background: var(--muted);
        animation: breathe 1.2s infinite ease-in-out;
      }
      .thinking i:nth-child(2) {
        animation-delay: 150ms;
      }
      .thinking i:nth-child(3) {
        animation-delay: 300ms;
      }
      @keyframes breathe {
        50% {
          opacity: 0.25;
        }
      }
      @media (prefers-reduced-motion: reduce) {
        .thinking i {
          animation: none;
        }
      }
    `,
  ];

  protected override render() {
    const { role, text } = this.turn;
    if (role === 'user') return html`<article class="user" aria-label=${t('you')}>${text}</article>`;
    return html`<article aria-label=${t('answer')}>${this.#text()}${this.#note()}</article>`;
  }

  #text() {
    const { text, state } = this.turn;
    if (text !== '') return html`<mixtab-markdown .text=${text}></mixtab-markdown>`;
    if (state !== 'streaming') return nothing;
    return html`<span class="thinking" role="img" aria-label=${t('thinking')}><i></i><i></i><i></i></span>`;
  }

  #note() {
    const { state, error } = this.turn;
    switch (state) {
      case 'stopped':
        return html`<p class="note">${t('stopped')}</p>`;
      case 'cut':
        return html`<p class="note">${t('cutShort')}</p>`;
      case 'failed':
        // What ended the engine is told once, where it can be tried again.
        if (error?.code === 'context_full' || error?.code === 'bad_request') {
          return html`<p class="note error">
            ${t(`failure.${error.code}.title`)}. ${t(`failure.${error.code}.remedy`)}
          </p>`;
        }
        return html`<p class="note">${t('stopped')}</p>`;
      default:
        return nothing;
    }
  }
}
