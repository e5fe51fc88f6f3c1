import { css, html, nothing, type PropertyValues } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { keyed } from 'lit/directives/keyed.js';
import { X } from 'lucide';
import { t } from '../i18n/index.ts';
import type { HistoryStore } from '../state/history-store.ts';
import { StoreController } from '../state/store.ts';
import { base, button } from '../styles/shared.ts';
import { MixtabElement } from './element.ts';
import type { MixtabHistory } from './history.ts';
import { icon } from './icon.ts';
import './toast.ts';

/**
 * Where the list of conversations stands: a column, or a drawer where the page is narrow; and
 * the way back from a deletion. Fires "open" with an id, and "close" when the drawer is closed.
 */
@customElement('mixtab-side')
export class MixtabSide extends MixtabElement {
  @property({ attribute: false }) history!: HistoryStore;
  @property() current = '';
  @property({ type: Boolean, reflect: true }) open = false;
  @property({ type: Boolean }) narrow = false;

  /** The list is loaded when it is first wanted. */
  @state() private loaded = false;
  @query('dialog') private drawer!: HTMLDialogElement | null;
  @query('mixtab-history') private list!: MixtabHistory | null;

  /** The conversation that was on the page when it was deleted. */
  #reopened = '';
  readonly #cross = icon(X);

  static override styles = [
    base,
    button,
    css`
      :host {
        min-height: 0;
      }
      .column {
        width: 17rem;
        height: 100%;
        border-inline-end: 1px solid var(--hairline);
      }
      dialog {
        position: fixed;
        inset: 0 auto 0 0;
        width: min(20rem, calc(100vw - 2.5rem));
        max-width: none;
        height: 100dvh;
        max-height: none;
        margin: 0;
        padding: 0;
        border: 0;
        border-inline-end: 1px solid var(--hairline);
        background: var(--sunken);
        color: var(--ink);
      }
      dialog[open] {
        display: grid;
        grid-template-rows: auto minmax(0, 1fr);
      }
      dialog::backdrop {
        background: rgb(0 0 0 / 40%);
      }
      .head {
        display: flex;
        align-items: center;
        justify-content: space-between;
        padding: 0.5rem 0.5rem 0 1rem;
        z-index: 1; /* The list would lie on the focus of its button. */
      }
      h2 {
        margin: 0;
        font-size: 1rem;
      }
      mixtab-toast {
        position: fixed;
        inset: auto auto max(1rem, env(safe-area-inset-bottom)) 1rem;
        max-width: min(24rem, calc(100vw - 2rem));
        z-index: 2;
      }
      /* Beside an open drawer it would lie on the composer. */
      dialog + mixtab-toast {
        inset: 3.75rem 1rem auto;
      }
    `,
  ];

  /** Goes to the search field; at once where it is there, so that no key is lost. */
  async find(): Promise<void> {
    const there = this.list;
    if (there) return there.find();
    await this.updateComplete;
    await this.#load();
    await this.updateComplete;
    const list = this.renderRoot.querySelector('mixtab-history') as MixtabHistory | null;
    await list?.updateComplete;
    list?.find();
  }

  protected override firstUpdated(): void {
    new StoreController(this, this.history);
  }

  protected override willUpdate(): void {
    if (this.open) void this.#load();
  }

  protected override updated(changed: PropertyValues): void {
    const { drawer } = this;
    if (!drawer || !(changed.has('open') || changed.has('narrow'))) return;
    if (this.open && !drawer.open) drawer.showModal();
    else if (!this.open) drawer.close();
  }

  protected override render() {
    if (!this.narrow)
      return html`${this.open ? html`<div class="column">${this.#list()}</div>` : nothing}${this.#toast()}`;
    return html`
      <dialog aria-labelledby="title" @close=${this.#closed} @click=${this.#clicked}>
        <div class="head">
          <h2 id="title">${t('header.history')}</h2>
          <button class="icon" aria-label=${t('history.close')} title=${t('history.close')} @click=${this.#closed}>
            ${this.#cross}
          </button>
        </div>
        ${this.open ? html`${this.#list()}${this.#toast()}` : nothing}
      </dialog>
      ${this.open ? nothing : this.#toast()}
    `;
  }

  #list() {
    if (!this.loaded) return nothing;
    return html`<mixtab-history
      .history=${this.history}
      .current=${this.current}
      @open=${(event: CustomEvent<string>) => this.#chosen(event.detail)}
      @removed=${(event: CustomEvent<string>) => {
        this.#reopened = event.detail === this.current ? event.detail : '';
      }}
    ></mixtab-history>`;
  }

  #toast() {
    const { deleted } = this.history;
    if (!deleted) return nothing;
    return keyed(
      deleted.id,
      html`<mixtab-toast
        .text=${t('history.deleted', { title: deleted.title })}
        .action=${t('history.undo')}
        @undo=${this.#undo}
        @done=${() => this.history.forget()}
      ></mixtab-toast>`,
    );
  }

  async #load(): Promise<void> {
    await import('./history.ts');
    this.loaded = true;
  }

  #chosen(id: string): void {
    this.dispatchEvent(new CustomEvent('open', { detail: id }));
    if (this.narrow) this.#closed();
  }

  #undo(): void {
    const head = this.history.undo();
    if (head && head.id === this.#reopened) this.dispatchEvent(new CustomEvent('open', { detail: head.id }));
  }

  /** A click beside the drawer. */
  #clicked(event: Event): void {
    if (event.composedPath()[0] === this.drawer) this.#closed();
  }

  #closed(): void {
    this.dispatchEvent(new CustomEvent('close'));
  }
}
