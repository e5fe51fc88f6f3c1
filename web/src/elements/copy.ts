import { css, html } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { Check, Copy } from 'lucide';
import { t } from '../i18n/index.ts';
import { base, button } from '../styles/shared.ts';
import { MixtabElement } from './element.ts';
import { icon } from './icon.ts';

/** How long it says what came of it, in milliseconds. */
const shown = 2000;

/** A button that copies a text and says so. */
@customElement('mixtab-copy')
export class MixtabCopy extends MixtabElement {
  /** What is copied, asked for when it is. */
  @property({ attribute: false }) text!: () => string;
  /** Its name, which tells what would be copied. */
  @property() label = '';

  @state() private outcome: 'copied' | 'failed' | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #copyIcon = icon(Copy);
  readonly #checkIcon = icon(Check);

  static override styles = [
    base,
    button,
    css`
      button {
        display: grid;
        place-items: center;
        min-width: 1.75rem;
        min-height: 1.75rem;
        padding: 0.25rem;
        border-color: transparent;
        border-radius: 0.5rem;
      }
      svg {
        width: 1rem;
        height: 1rem;
      }
    `,
  ];

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.#timer);
  }

  protected override render() {
    return html`
      <button aria-label=${this.label} title=${this.label} @click=${this.#copy}>
        ${this.outcome === 'copied' ? this.#checkIcon : this.#copyIcon}
      </button>
      <span class="unseen" role="status">${this.outcome ? t(`talk.${this.outcome}`) : ''}</span>
    `;
  }

  async #copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(this.text());
      this.outcome = 'copied';
    } catch {
      this.outcome = 'failed'; // The browser or its owner does not allow it.
    }
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.outcome = undefined;
    }, shown);
  }
}
