import { css, html, nothing } from 'lit';
import { customElement, property, query } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import { X } from 'lucide';
import { t } from '../i18n/index.ts';
import { droppedFolder } from '../models/folders.ts';
import type { EngineStore } from '../state/engine-store.ts';
import { ModelsStore } from '../state/models-store.ts';
import { StoreController } from '../state/store.ts';
import { base, button } from '../styles/shared.ts';
import { MixtabElement } from './element.ts';
import { icon } from './icon.ts';
import type { MixtabModelAdd } from './model-add.ts';
import './model-add.ts';
import './model-card.ts';
import './model-storage.ts';

/** The models on this machine and where to get others. Fires "close", and "choose" with a pack's address. */
@customElement('mixtab-models')
export class MixtabModels extends MixtabElement {
  @property({ type: Boolean, reflect: true }) open = false;
  @property({ attribute: false }) engines!: EngineStore;

  @query('dialog') private dialog!: HTMLDialogElement;
  @query('mixtab-model-add') private add!: MixtabModelAdd;

  #models: ModelsStore | undefined;
  readonly #closeIcon = icon(X);

  static override styles = [
    base,
    button,
    css`
      dialog {
        width: min(46rem, 100vw - 1rem);
        max-width: none;
        max-height: calc(100dvh - 1rem);
        padding: 0;
        overflow: hidden;
        color: var(--ink);
        background: var(--paper);
        border: 1px solid var(--hairline);
        border-radius: 0.875rem;
      }
      dialog[open] {
        display: flex;
        flex-direction: column;
      }
      dialog::backdrop {
        background: rgb(0 0 0 / 45%);
      }
      .head {
        display: flex;
        align-items: center;
        justify-content: space-between;
        gap: 1rem;
        padding: 0.75rem 0.75rem 0.75rem 1.25rem;
        border-bottom: 1px solid var(--hairline);
      }
      h2 {
        margin: 0;
        font-size: 1.125rem;
      }
      .body {
        overflow-y: auto;
        padding: 1rem 1.25rem 1.25rem;
      }
      h3 {
        margin: 1.5rem 0 0.625rem;
        font-size: 1rem;
      }
      .body > p {
        margin: 0 0 0.875rem;
        color: var(--muted);
        text-wrap: pretty;
      }
      ul {
        display: grid;
        gap: 0.75rem;
        margin: 0;
        padding: 0;
        list-style: none;
      }
      .error {
        color: var(--danger);
      }
      @media (max-width: 30rem) {
        .body {
          padding-inline: 0.75rem;
        }
      }
    `,
  ];

  override connectedCallback(): void {
    super.connectedCallback();
    this.#models ??= new ModelsStore(this.engines);
    new StoreController(this, this.#models);
    new StoreController(this, this.engines);
  }

  protected override updated(): void {
    if (this.open === this.dialog.open) return;
    if (this.open) {
      this.dialog.showModal();
      void this.#models?.refresh();
    } else {
      this.dialog.close();
    }
  }

  protected override render() {
    const { models = [], storage, error } = this.#models ?? {};
    return html`
      <dialog
        aria-labelledby="title"
        @close=${this.#closed}
        @dragover=${this.#dragged}
        @dragleave=${() => this.#aim(false)}
        @drop=${this.#dropped}
        @keydown=${this.#keyed}
      >
        <div class="head">
          <h2 id="title">${t('models.title')}</h2>
          <button class="icon" aria-label=${t('models.close')} title=${t('models.close')} @click=${() => this.dialog.close()}>
            ${this.#closeIcon}
          </button>
        </div>
        <div class="body" tabindex="-1">
          <p>${t('models.intro')}</p>
          ${error ? html`<p class="error" role="alert">${t('models.problem.list')} ${error.message}</p>` : nothing}
          <ul aria-label=${t('models.list')}>
            ${repeat(
              models,
              model => model.info.pack,
              model => html`<li>
                <mixtab-model-card
                  .model=${model}
                  .models=${this.#models}
                  .inUse=${model.info.pack === this.engines.pack}
                  .demo=${model.info.pack === this.engines.demoPack}
                  @choose=${() => this.#choose(model.info.pack)}
                ></mixtab-model-card>
              </li>`,
            )}
          </ul>
          <h3>${t('models.add.title')}</h3>
          <mixtab-model-add .models=${this.#models}></mixtab-model-add>
          ${
            storage
              ? html`<mixtab-model-storage
                .storage=${storage}
                @persist=${() => this.#models?.persist()}
              ></mixtab-model-storage>`
              : nothing
          }
        </div>
      </dialog>
    `;
  }

  #choose(pack: string): void {
    this.dispatchEvent(new CustomEvent('choose', { detail: pack }));
    this.dialog.close();
  }

  #closed(): void {
    void this.#models?.settle();
    this.dispatchEvent(new CustomEvent('close'));
  }

  /** Closes the dialog, and leaves a running answer alone. */
  #keyed(event: KeyboardEvent): void {
    if (event.key === 'Escape') event.stopPropagation();
  }

  #dragged(event: DragEvent): void {
    if (!event.dataTransfer?.types.includes('Files')) return;
    event.preventDefault();
    this.#aim(true);
  }

  #aim(held: boolean): void {
    this.add.target = held;
  }

  #dropped(event: DragEvent): void {
    const { items } = event.dataTransfer ?? {};
    if (!items) return;
    event.preventDefault();
    this.#aim(false);
    void this.add.take(droppedFolder(items));
  }
}
