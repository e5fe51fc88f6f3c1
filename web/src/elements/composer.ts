import { css, html, nothing, type PropertyValues } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { ArrowUp, Square } from 'lucide';
import { t } from '../i18n/index.ts';
import { base, button } from '../styles/shared.ts';
import { MixtabElement } from './element.ts';
import { icon } from './icon.ts';

/** Where a message is written. Fires "send" with the text, "stop" and "take-back". */
@customElement('mixtab-composer')
export class MixtabComposer extends MixtabElement {
  @property({ type: Boolean }) answering = false;
  /** A message that waits to be sent. */
  @property({ attribute: false }) pending: string | undefined;

  @state() private draft = '';
  @query('textarea') private textarea!: HTMLTextAreaElement;

  readonly #sendIcon = icon(ArrowUp);
  readonly #stopIcon = icon(Square);

  static override styles = [
    base,
    button,
    css`
      .pending {
        display: flex;
        align-items: center;
        gap: 0.25rem 0.75rem;
        margin: 0 0 0.5rem;
        padding-inline: 1rem 0.5rem;
        color: var(--muted);
        font-size: var(--small);
      }
      .pending q {
        flex: 0 1 auto;
        min-width: 0;
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
        color: var(--ink);
        quotes: none;
      }
      .pending span {
        flex: none;
      }
      .pending button {
        flex: none;
        margin-inline-start: auto;
      }
      @media (max-width: 34rem) {
        .pending {
          flex-wrap: wrap;
        }
        .pending q {
          flex-basis: 100%;
        }
      }
      form {
        display: flex;
        align-items: end;
        gap: 0.5rem;
        padding: 0.4375rem;
        padding-inline-start: 1rem;
        background: var(--raised);
        border: 1px solid var(--hairline);
        border-radius: 1.5rem;
        transition: border-color var(--motion);
      }
      form:focus-within {
        border-color: var(--accent);
      }
      textarea {
        flex: 1;
        min-width: 0;
        max-height: 33dvh;
        padding: 0.375rem 0;
        field-sizing: content;
        resize: none;
        border: 0;
        background: none;
        color: inherit;
        font: inherit;
        line-height: 1.5;
        outline: none; /* The form's border shows the focus. */
      }
      textarea::placeholder {
        color: var(--muted);
        opacity: 1;
      }
      form > button {
        flex: none;
        display: grid;
        place-items: center;
        width: 2.25rem;
        height: 2.25rem;
        padding: 0;
      }
      form > button:disabled {
        background: var(--sunken);
        border-color: var(--sunken);
        color: var(--muted);
      }
      .stop svg {
        width: 0.875rem;
        height: 0.875rem;
        fill: currentColor;
      }
    `,
  ];

  override focus(): void {
    this.textarea?.focus();
  }

  /** Puts a text back to be edited, before what was written since. */
  restore(text: string): void {
    this.draft = [text, this.draft].filter(part => part !== '').join('\n');
    this.textarea.value = this.draft;
    this.focus();
  }

  /** The message was taken. */
  clear(): void {
    this.draft = '';
  }

  protected override firstUpdated(): void {
    this.focus();
  }

  protected override updated(changed: PropertyValues): void {
    if (changed.has('draft') && !CSS.supports('field-sizing', 'content')) {
      this.textarea.style.height = 'auto';
      this.textarea.style.height = `${this.textarea.scrollHeight}px`;
    }
  }

  protected override render() {
    return html`
      ${this.pending === undefined ? nothing : this.#pendingNote(this.pending)}
      <form @submit=${this.#submitted}>
        <textarea
          rows="1"
          aria-label=${t('message')}
          placeholder=${t('placeholder')}
          enterkeyhint="send"
          .value=${this.draft}
          @input=${this.#typed}
          @keydown=${this.#keyed}
        ></textarea>
        ${this.#button()}
      </form>
    `;
  }

  #pendingNote(text: string) {
    const when = this.answering ? t('pending.answering') : t('pending.loading');
    return html`
      <p class="pending">
        <q>${text}</q>
        <span role="status">${when}</span>
        <button class="plain" type="button" @click=${() => this.#fire('take-back')}>${t('pending.takeBack')}</button>
      </p>
    `;
  }

  /** One button that keeps the focus while it changes its meaning. */
  #button() {
    const label = this.answering ? t('stop') : t('send');
    const disabled = !this.answering && (this.pending !== undefined || this.draft.trim() === '');
    return html`
      <button class="primary ${this.answering ? 'stop' : ''}" aria-label=${label} title=${label} ?disabled=${disabled}>
        ${this.answering ? this.#stopIcon : this.#sendIcon}
      </button>
    `;
  }

  #typed(): void {
    this.draft = this.textarea.value;
  }

  #keyed(event: KeyboardEvent): void {
    // Enter also ends the choice of an input method, and then sends nothing.
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    this.#send();
  }

  #submitted(event: SubmitEvent): void {
    event.preventDefault();
    if (this.answering) this.#fire('stop');
    else this.#send();
  }

  #send(): void {
    if (this.draft.trim() !== '') this.#fire('send', this.draft.trim());
  }

  #fire(type: 'send' | 'stop' | 'take-back', detail?: string): void {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
