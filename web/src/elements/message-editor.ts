import { css, html } from 'lit';
import { customElement, property, query } from 'lit/decorators.js';
import { t } from '../i18n/index.ts';
import { base, button } from '../styles/shared.ts';
import { type Attachment, compose } from '../text/attachments.ts';
import { MixtabElement } from './element.ts';

/** Edits a message where it stands; its files stay. Fires "save" with the whole text, or "cancel". */
@customElement('mixtab-message-editor')
export class MixtabMessageEditor extends MixtabElement {
  @property() text = '';
  @property({ attribute: false }) attachments: readonly Attachment[] = [];
  @query('textarea') private textarea!: HTMLTextAreaElement;

  static override styles = [
    base,
    button,
    css`
      textarea {
        display: block;
        width: 100%;
        max-height: 50dvh;
        padding: 0.5rem 1rem;
        field-sizing: content;
        resize: none;
        border: 1px solid var(--muted);
        border-radius: var(--radius);
        background: var(--raised);
        color: inherit;
        font: inherit;
      }
      div {
        display: flex;
        flex-wrap: wrap;
        justify-content: end;
        align-items: center;
        gap: 0.5rem;
        margin-top: 0.5rem;
        font-size: var(--small);
      }
      span {
        flex: 1 1 12rem;
        color: var(--muted);
      }
    `,
  ];

  protected override firstUpdated(): void {
    const { textarea } = this;
    if (!CSS.supports('field-sizing', 'content'))
      textarea.rows = Math.min(12, this.text.split('\n').length + 1);
    textarea.focus();
    textarea.setSelectionRange(this.text.length, this.text.length);
  }

  protected override render() {
    return html`
      <textarea rows="1" aria-label=${t('talk.editing')} aria-describedby="hint" .value=${this.text} @keydown=${this.#keyed}></textarea>
      <div>
        <span id="hint">${t('talk.editHint')}</span>
        <button @click=${this.#cancel}>${t('talk.cancel')}</button>
        <button class="primary" @click=${this.#save}>${t('talk.save')}</button>
      </div>
    `;
  }

  #keyed(event: KeyboardEvent): void {
    if (event.isComposing) return;
    if (event.key === 'Escape') this.#cancel();
    else if (event.key === 'Enter' && !event.shiftKey) this.#save();
    else return;
    event.preventDefault(); // Escape then stops no answer.
    event.stopPropagation();
  }

  #save(): void {
    const text = compose({ attachments: this.attachments, text: this.textarea.value.trim() });
    if (text !== '') this.dispatchEvent(new CustomEvent('save', { detail: text }));
  }

  #cancel(): void {
    this.dispatchEvent(new CustomEvent('cancel'));
  }
}
