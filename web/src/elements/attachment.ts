import { css, html, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { FileText, X } from 'lucide';
import { fileSize, integer } from '../i18n/format.ts';
import { t } from '../i18n/index.ts';
import { base, button } from '../styles/shared.ts';
import type { Attachment } from '../text/attachments.ts';
import { MixtabElement } from './element.ts';
import { icon } from './icon.ts';

/** A file that goes with a message: its name, its size, and its text on demand. Fires "remove". */
@customElement('mixtab-attachment')
export class MixtabAttachment extends MixtabElement {
  @property({ attribute: false }) attachment!: Attachment;
  /** What it takes of the context, once that is known. */
  @property({ attribute: false }) tokens: number | undefined;
  @property({ type: Boolean }) removable = false;

  readonly #fileIcon = icon(FileText);
  readonly #removeIcon = icon(X);

  static override styles = [
    base,
    button,
    css`
      :host {
        max-width: 100%;
        border: 1px solid var(--hairline);
        border-radius: 0.625rem;
        background: var(--paper);
        font-size: var(--small);
      }
      .row {
        display: flex;
        align-items: start;
      }
      details {
        flex: 1;
        min-width: 0;
      }
      summary {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 0 0.5rem;
        padding: 0.25rem 0.625rem;
        border-radius: 0.625rem;
        cursor: pointer;
        list-style: none;
      }
      summary::-webkit-details-marker {
        display: none;
      }
      .name {
        overflow-wrap: anywhere;
      }
      .size {
        color: var(--muted);
        font-variant-numeric: tabular-nums;
      }
      svg {
        flex: none;
        width: 1rem;
        height: 1rem;
      }
      pre {
        max-height: 20rem;
        margin: 0;
        padding: 0.5rem 0.625rem;
        overflow: auto;
        border-top: 1px solid var(--hairline);
        font: 0.75rem / 1.5 var(--mono);
      }
      button {
        display: grid;
        place-items: center;
        min-width: 1.75rem;
        min-height: 1.75rem;
        padding: 0.25rem;
        border-color: transparent;
        border-radius: 0.5rem;
      }
    `,
  ];

  protected override render() {
    const { name, text } = this.attachment;
    return html`
      <div class="row">
        <details>
          <summary>
            ${this.#fileIcon}
            <span class="name">${name}</span>
            <span class="size">${this.#size()}</span>
          </summary>
          <pre tabindex="0" role="group" aria-label=${name}>${text}</pre>
        </details>
        ${this.removable ? this.#remove() : nothing}
      </div>
    `;
  }

  #size(): string {
    const size = fileSize(new Blob([this.attachment.text]).size);
    if (this.tokens === undefined) return size;
    return `${size}, ${t('talk.tokens', { count: this.tokens, formatted: integer(this.tokens) })}`;
  }

  #remove() {
    const label = t('talk.removeFile', { name: this.attachment.name });
    return html`<button type="button" aria-label=${label} title=${label} @click=${this.#removed}>${this.#removeIcon}</button>`;
  }

  #removed(): void {
    this.dispatchEvent(new CustomEvent('remove'));
  }
}
