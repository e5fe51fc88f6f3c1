import { css, html, nothing, type PropertyValues } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { X } from 'lucide';
import { t } from '../i18n/index.ts';
import type { ChatStore } from '../state/chat-store.ts';
import type { SeeStore } from '../state/see-store.ts';
import { StoreController } from '../state/store.ts';
import { base, button } from '../styles/shared.ts';
import { MixtabElement } from './element.ts';
import { icon } from './icon.ts';
import './engine-figures.ts';
import './experts.ts';

const tabs = ['experts', 'engine'] as const;
type Tab = (typeof tabs)[number];

/**
 * The right panel: what the engine is doing. Listens to the router from its first opening on, as a phone
 * shows either the panel or the conversation. Fires "close".
 */
@customElement('mixtab-panel')
export class MixtabPanel extends MixtabElement {
  @property({ type: Boolean, reflect: true }) open = false;
  @property({ attribute: false }) see!: SeeStore;
  @property({ attribute: false }) chat!: ChatStore;

  @state() private tab: Tab = 'experts';
  @query('[role=tab][aria-selected=true]') private chosenTab!: HTMLElement;

  readonly #closeIcon = icon(X);
  #chatController: StoreController | undefined;
  #unwatch: (() => void) | undefined;

  static override styles = [
    base,
    button,
    css`
      aside {
        padding: 0 1.25rem 1.5rem;
      }
      header {
        position: sticky;
        inset-block-start: 0;
        z-index: 1;
        display: flex;
        align-items: center;
        justify-content: space-between;
        gap: 0.5rem;
        margin-inline: -1.25rem;
        padding: 0.25rem 0.75rem 0.25rem 1.25rem;
        background: var(--paper);
      }
      h2 {
        margin: 0;
      }
      [role='tablist'] {
        display: flex;
        gap: 1.25rem;
      }
      [role='tab'] {
        padding: 0.5rem 0;
        border: 0;
        border-block-end: 2px solid transparent;
        border-radius: 0;
        background: none;
        color: var(--muted);
        font-size: var(--small);
        font-weight: 600;
      }
      [role='tab']:hover:not(:disabled) {
        background: none;
        color: var(--ink);
      }
      [role='tab'][aria-selected='true'] {
        border-block-end-color: var(--accent);
        color: var(--ink);
      }
      [role='tabpanel'] {
        padding-block-start: 0.75rem;
      }
    `,
  ];

  override connectedCallback(): void {
    super.connectedCallback();
    this.#chatController ??= new StoreController(this, this.chat);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#unwatch?.();
    this.#unwatch = undefined;
  }

  override focus(): void {
    this.chosenTab?.focus();
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has('open') && this.open) this.#unwatch ??= this.see.watch();
  }

  protected override render() {
    if (!this.open) return nothing;
    return html`
      <aside aria-label=${t('see.title')} @keydown=${this.#keyed}>
        <header>
          <h2 class="unseen">${t('see.title')}</h2>
          <div role="tablist" aria-label=${t('see.title')} @keydown=${this.#tabKeyed}>
            ${tabs.map(
              tab => html`<button
                role="tab"
                id=${tab}
                aria-selected=${tab === this.tab}
                aria-controls="content"
                tabindex=${tab === this.tab ? 0 : -1}
                @click=${() => this.#choose(tab)}
              >
                ${t(`see.${tab}`)}
              </button>`,
            )}
          </div>
          <button class="icon" aria-label=${t('see.close')} title=${t('see.close')} @click=${this.#close}>
            ${this.#closeIcon}
          </button>
        </header>
        <div role="tabpanel" id="content" aria-labelledby=${this.tab}>
          ${
            this.tab === 'experts'
              ? html`<mixtab-experts .see=${this.see}></mixtab-experts>`
              : html`<mixtab-engine-figures .see=${this.see} .figures=${this.chat.figures}></mixtab-engine-figures>`
          }
        </div>
      </aside>
    `;
  }

  #choose(tab: Tab): void {
    this.tab = tab;
  }

  async #tabKeyed(event: KeyboardEvent): Promise<void> {
    const at = tabs.indexOf(this.tab);
    const places: Record<string, number> = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: -1 };
    const place = places[event.key];
    if (place === undefined) return;
    event.preventDefault();
    this.#choose(tabs.at(place % tabs.length) ?? this.tab);
    await this.updateComplete;
    this.focus();
  }

  #keyed(event: KeyboardEvent): void {
    if (event.key !== 'Escape' || event.defaultPrevented) return;
    event.preventDefault(); // The answer goes on.
    this.#close();
  }

  #close(): void {
    this.dispatchEvent(new CustomEvent('close'));
  }
}
