import { css, html } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { base, button } from '../styles/shared.ts';
import { MixtabElement } from './element.ts';

/** How long it stays, in milliseconds; not while it is pointed at or has the focus. */
const stays = 8000;

/** What was just done, and a button to undo it. Fires "undo", and "done" when its time is over. */
@customElement('mixtab-toast')
export class MixtabToast extends MixtabElement {
  @property() text = '';
  @property() action = '';

  #timer: ReturnType<typeof setTimeout> | undefined;
  #left = stays;
  #since = 0;
  #held = new Set<string>();

  static override styles = [
    base,
    button,
    css`
      div {
        display: flex;
        align-items: center;
        gap: 0.5rem 1rem;
        padding: 0.375rem 0.5rem 0.375rem 1rem;
        background: var(--ink);
        color: var(--paper);
        border-radius: 0.75rem;
        font-size: var(--small);
      }
      span {
        overflow-wrap: anywhere;
      }
      button {
        flex: none;
        border-color: color-mix(in oklab, var(--paper) 40%, transparent);
      }
      button:hover:not(:disabled) {
        background: color-mix(in oklab, var(--paper) 15%, transparent);
      }
      button:focus-visible {
        outline-color: var(--paper);
      }
    `,
  ];

  override connectedCallback(): void {
    super.connectedCallback();
    this.#run();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.#timer);
  }

  protected override render() {
    return html`
      <div
        @pointerenter=${() => this.#hold('pointer')}
        @pointerleave=${() => this.#release('pointer')}
        @focusin=${() => this.#hold('focus')}
        @focusout=${() => this.#release('focus')}
      >
        <span role="status">${this.text}</span>
        <button @click=${() => this.#fire('undo')}>${this.action}</button>
      </div>
    `;
  }

  #run(): void {
    this.#since = Date.now();
    this.#timer = setTimeout(() => this.#fire('done'), this.#left);
  }

  #hold(by: string): void {
    if (this.#held.size === 0) {
      clearTimeout(this.#timer);
      this.#left -= Date.now() - this.#since;
    }
    this.#held.add(by);
  }

  #release(by: string): void {
    this.#held.delete(by);
    if (this.#held.size === 0) this.#run();
  }

  #fire(type: 'undo' | 'done'): void {
    this.dispatchEvent(new CustomEvent(type));
  }
}
