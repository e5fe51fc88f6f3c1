import { css, html, type PropertyValues } from 'lit';
import { customElement, property, query } from 'lit/decorators.js';
import { ArrowUp, Square } from 'lucide';
import { t } from '../i18n/index.ts';
import { base, button } from '../styles/shared.ts';
import { MixtabElement } from './element.ts';
import { icon } from './icon.ts';

/** Where a message is written. Fires "draft" with what is written, "send" with the text, and "stop". */
@customElement('mixtab-composer')
export class MixtabComposer extends MixtabElement {
  @property() draft = '';
  @property({ type: Boolean }) answering = false;
  /** A message waits already; the next one is written but cannot go. */
  @property({ type: Boolean }) waiting = false;

  @query('textarea') private textarea!: HTMLTextAreaElement;

  readonly #sendIcon = icon(ArrowUp);
  readonly #stopIcon = icon(Square);

  static override styles = [
    base,
    button,
    css`
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
      form:has(textarea:focus-visible) {
        border-color: var(--accent);
        box-shadow: 0 0 0 1px var(--accent);
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
      }
      textarea:focus-visible {
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
    this.#write([text, this.draft].filter(part => part !== '').join('\n'));
    this.textarea.value = this.draft;
    this.focus();
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

  /** One button that keeps the focus while it changes its meaning. */
  #button() {
    const label = this.answering ? t('stop') : t('send');
    const disabled = !this.answering && (this.waiting || this.draft.trim() === '');
    return html`
      <button class="primary ${this.answering ? 'stop' : ''}" aria-label=${label} title=${label} ?disabled=${disabled}>
        ${this.answering ? this.#stopIcon : this.#sendIcon}
      </button>
    `;
  }

  #typed(): void {
    this.#write(this.textarea.value);
  }

  #write(draft: string): void {
    this.draft = draft;
    this.#fire('draft', draft);
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

  #fire(type: 'draft' | 'send' | 'stop', detail?: string): void {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
