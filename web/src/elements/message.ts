import { css, html, nothing, type PropertyValues } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { t } from '../i18n/index.ts';
import type { Turn } from '../state/chat-store.ts';
import { base } from '../styles/shared.ts';
import { decompose } from '../text/attachments.ts';
import { MixtabElement } from './element.ts';
import type { Action, MixtabMessageActions } from './message-actions.ts';
import './attachment.ts';
import './markdown.ts';
import './message-actions.ts';
import './message-editor.ts';

/** What a reader wants of a message; the conversation's element lets it through. */
export type MessageWish =
  | { kind: 'edit'; id: string; text: string }
  | { kind: 'regenerate'; id: string }
  | { kind: 'resume'; id: string }
  | { kind: 'choose'; id: string; step: number }
  /** The reader points at a token of an answer. */
  | { kind: 'point'; id: string; index: number };

/** One turn of the conversation. Fires "wish". */
@customElement('mixtab-message')
export class MixtabMessage extends MixtabElement {
  @property({ attribute: false }) turn!: Turn;
  /** Which message of its author it is, from 1. */
  @property({ type: Number }) number = 1;
  /** Something is being answered. */
  @property({ type: Boolean }) answering = false;
  /** The answer is shown token by token, where their probabilities are known. */
  @property({ type: Boolean }) byToken = false;
  /** Of these, the one that the reader points at elsewhere. */
  @property({ attribute: false }) pointed: number | undefined;
  /** The last of the conversation, whose buttons always show. */
  @property({ type: Boolean, reflect: true }) last = false;

  @state() private editing = false;
  @query('mixtab-message-actions') private actions!: MixtabMessageActions;
  /** Its answer comes after the one that another tab gets. */
  @property({ type: Boolean }) waiting = false;

  static override styles = [
    base,
    css`
      article {
        min-width: 0;
      }
      article.user {
        display: flex;
        flex-direction: column;
        align-items: end;
        gap: 0.5rem;
        max-width: min(85%, 34rem);
        margin-inline-start: auto;
      }
      article.user.editing {
        max-width: 34rem;
        align-items: stretch;
      }
      .said {
        max-width: 100%;
        margin: 0;
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
      mixtab-message-actions {
        width: fit-content;
        margin-top: 0.25rem;
      }
      article:not(.user) + mixtab-message-actions {
        margin-inline-start: -0.375rem;
      }
      article.user + mixtab-message-actions {
        margin-inline-start: auto;
      }
      @media (hover: hover) {
        :host(:not([last])) mixtab-message-actions {
          opacity: 0;
          transition: opacity var(--motion);
        }
        :host(:hover) mixtab-message-actions,
        :host(:focus-within) mixtab-message-actions {
          opacity: 1;
        }
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

  /** Begins to edit what was said, where it stands. */
  edit(): void {
    this.editing = this.turn.role === 'user';
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    // Another branch took its place.
    if (changed.has('turn') && changed.get('turn')?.id !== this.turn.id) this.editing = false;
    if (this.byToken && this.turn.tokens) void import('./tokens.ts');
  }

  protected override render() {
    return html`
      ${this.turn.role === 'user' ? this.#user() : this.#answer()}
      <mixtab-message-actions
        .turn=${this.turn}
        .number=${this.number}
        .last=${this.last}
        .answering=${this.answering}
        ?hidden=${this.editing}
        @act=${this.#acted}
      ></mixtab-message-actions>
    `;
  }

  #user() {
    const { attachments, text } = decompose(this.turn.text);
    return html`<article class="user ${this.editing ? 'editing' : ''}" aria-label=${t('you')}>
      ${attachments.map(attachment => html`<mixtab-attachment .attachment=${attachment}></mixtab-attachment>`)}
      ${
        this.editing
          ? html`<mixtab-message-editor
              .text=${text}
              .attachments=${attachments}
              @save=${this.#saved}
              @cancel=${this.#cancelled}
            ></mixtab-message-editor>`
          : text === ''
            ? nothing
            : html`<p class="said">${text}</p>`
      }
    </article>`;
  }

  #answer() {
    return html`<article aria-label=${t('answer')}>${this.#text()}${this.#note()}</article>`;
  }

  #text() {
    const { text, state, tokens } = this.turn;
    if (this.byToken && tokens)
      return html`<mixtab-tokens .tokens=${tokens} .pointed=${this.pointed} @point=${this.#point}></mixtab-tokens>`;
    if (text !== '') return html`<mixtab-markdown .text=${text}></mixtab-markdown>`;
    if (state !== 'streaming') return nothing;
    return html`<span class="thinking" role="img" aria-label=${t('thinking')}><i></i><i></i><i></i></span>
      ${this.waiting ? html`<p class="note" role="status">${t('otherTab')}</p>` : nothing}`;
  }

  #note() {
    const { state, error, text } = this.turn;
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
        return html`<p class="note">${t(text === '' ? 'talk.unanswered' : 'stopped')}</p>`;
      default:
        return nothing;
    }
  }

  #acted({ detail: action }: CustomEvent<Action>): void {
    const { id } = this.turn;
    if (action === 'edit') this.edit();
    else if (action === 'previous') this.#wish({ kind: 'choose', id, step: -1 });
    else if (action === 'next') this.#wish({ kind: 'choose', id, step: 1 });
    else this.#wish({ kind: action, id });
  }

  #point({ detail: index }: CustomEvent<number>): void {
    this.#wish({ kind: 'point', id: this.turn.id, index });
  }

  #saved({ detail: text }: CustomEvent<string>): void {
    const changed = text !== this.turn.text;
    this.#cancelled();
    if (changed) this.#wish({ kind: 'edit', id: this.turn.id, text });
  }

  async #cancelled(): Promise<void> {
    this.editing = false;
    await this.updateComplete;
    this.actions.focusOn('edit');
  }

  #wish(detail: MessageWish): void {
    this.dispatchEvent(new CustomEvent('wish', { detail, bubbles: true, composed: true }));
  }
}
