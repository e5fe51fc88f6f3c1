import { css, html, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import {
  Download,
  Ellipsis,
  type IconNode,
  Keyboard,
  Monitor,
  Moon,
  PanelLeft,
  PanelRight,
  SlidersHorizontal,
  SquarePen,
  Sun,
} from 'lucide';
import { isLanguage, language, languages, setLanguage, t } from '../i18n/index.ts';
import type { EngineState } from '../state/engine-store.ts';
import { installStore } from '../state/install-store.ts';
import { StoreController } from '../state/store.ts';
import { setTheme, theme, themes } from '../state/theme.ts';
import { base, button } from '../styles/shared.ts';
import { MixtabElement } from './element.ts';
import { icon } from './icon.ts';
import { Media } from './media.ts';
import './engine-status.ts';

/** Beside the page. */
const logo = 'icon.svg';

/** What the header's buttons open. */
export type HeaderWish = 'side' | 'start' | 'settings' | 'models' | 'panel' | 'keys';

const themeIcons = { system: Monitor, light: Sun, dark: Moon };

/**
 * One row: conversations, the model and how it is, settings, colours, language. What does not fit a
 * phone's row is in a menu there. Fires "wish" with what is to be opened.
 */
@customElement('mixtab-header')
export class MixtabHeader extends MixtabElement {
  @property({ attribute: false }) engine!: EngineState;
  @property({ type: Boolean }) answering = false;
  @property() pack = '';
  @property({ type: Boolean }) demo = true;
  @property({ type: Boolean }) sideShown = false;
  @property({ type: Boolean }) panelShown = false;

  /** What does not fit is in a menu. */
  readonly #narrow = new Media(this, '(max-width: 48rem)');
  readonly #icons = new Map<IconNode, SVGElement>();

  constructor() {
    super();
    new StoreController(this, installStore);
  }

  static override styles = [
    base,
    button,
    css`
      header {
        position: relative;
        display: flex;
        align-items: center;
        gap: 0.25rem;
        min-height: 3.25rem;
        padding: 0.375rem clamp(0.5rem, 2vw, 1rem);
      }
      h1 {
        display: flex;
        align-items: center;
        gap: 0.5rem;
        margin: 0 0.5rem;
        font-size: 1.0625rem;
        font-weight: 650;
        letter-spacing: -0.01em;
      }
      mixtab-engine-status {
        flex: 1;
        min-width: 0;
      }
      .tools {
        display: flex;
        align-items: center;
        gap: 0.25rem;
      }
      .label {
        display: none;
      }
      select {
        font: inherit;
        font-size: var(--small);
        color: var(--muted);
        background: var(--paper);
        border: 1px solid transparent;
        border-radius: 0.5rem;
        padding: 0.375rem 0.25rem;
      }
      select:hover {
        border-color: var(--hairline);
      }
      .tools[popover] {
        position: fixed;
        inset: 3.25rem 0.5rem auto auto;
        margin: 0;
        padding: 0.5rem;
        background: var(--raised);
        color: var(--ink);
        border: 1px solid var(--hairline);
        border-radius: 0.75rem;
        flex-direction: column;
        align-items: stretch;
      }
      .tools[popover]:not(:popover-open) {
        display: none;
      }
      .tools[popover] .label {
        display: inline;
      }
      .tools[popover] button.icon {
        width: auto;
        height: auto;
        min-height: 2.5rem;
        display: flex;
        gap: 0.75rem;
        padding: 0.25rem 0.625rem;
        color: inherit;
        line-height: 1.35;
        text-align: start;
      }
      .tools[popover] button.icon svg {
        flex: none;
      }
      button[aria-pressed='true'] {
        color: var(--ink);
        background: var(--sunken);
      }
      .tools[popover] select {
        background: var(--raised);
        padding: 0.5rem;
      }
      @media (max-width: 40rem) {
        h1 span {
          position: absolute;
          clip-path: inset(50%);
        }
        h1 {
          margin: 0 0.25rem;
        }
      }
    `,
  ];

  protected override render() {
    return html`
      <header>
        ${this.#button(PanelLeft, t('header.history'), 'side', this.sideShown)}
        ${this.#button(SquarePen, t('header.start'), 'start')}
        <h1><img src=${logo} alt="" width="22" height="22" /><span>mixtab</span></h1>
        <mixtab-engine-status
          .engine=${this.engine}
          .answering=${this.answering}
          .pack=${this.pack}
          .demo=${this.demo}
          @models=${() => this.#wish('models')}
        ></mixtab-engine-status>
        ${
          this.#narrow.matches
            ? html`<button class="icon" popovertarget="tools" aria-label=${t('header.menu')} title=${t('header.menu')}>
                ${this.#icon(Ellipsis)}
              </button>`
            : nothing
        }
        ${this.#tools()}
      </header>
    `;
  }

  #tools() {
    return html`
      <div class="tools" id="tools" popover=${this.#narrow.matches ? 'auto' : nothing} @keydown=${this.#keyed}>
        ${this.#button(SlidersHorizontal, t('header.settings'), 'settings')}
        ${this.#button(PanelRight, t('header.panel'), 'panel', this.panelShown)}
        ${installStore.offered ? this.#install() : nothing}
        ${this.#theme()}
        ${this.#button(Keyboard, t('header.keys'), 'keys')}
        <select aria-label=${t('language')} @change=${this.#chosen}>
          ${Object.entries(languages).map(
            ([tag, name]) =>
              html`<option value=${tag} lang=${tag} ?selected=${tag === language()}>${name}</option>`,
          )}
        </select>
      </div>
    `;
  }

  #install() {
    const label = t('offline.install');
    return html`<button class="icon" aria-label=${label} title=${label} @click=${() => installStore.install()}>
      ${this.#icon(Download)}<span class="label">${label}</span>
    </button>`;
  }

  #button(node: IconNode, label: string, wish: HeaderWish, pressed?: boolean) {
    return html`<button
      class="icon"
      aria-label=${label}
      title=${label}
      aria-pressed=${pressed ?? nothing}
      @click=${() => this.#wish(wish)}
    >
      ${this.#icon(node)}<span class="label">${label}</span>
    </button>`;
  }

  /** Goes round the choices; its name says which one holds. */
  #theme() {
    const now = theme();
    const label = t(`header.theme.${now}`);
    const next = themes[(themes.indexOf(now) + 1) % themes.length] ?? 'system';
    return html`<button
      class="icon"
      aria-label=${label}
      title=${label}
      @click=${() => {
        setTheme(next);
        this.requestUpdate();
      }}
    >
      ${this.#icon(themeIcons[now])}<span class="label">${label}</span>
    </button>`;
  }

  #icon(node: IconNode): SVGElement {
    const made = this.#icons.get(node) ?? icon(node);
    this.#icons.set(node, made);
    return made;
  }

  #wish(wish: HeaderWish): void {
    this.#closeMenu();
    this.dispatchEvent(new CustomEvent('wish', { detail: wish }));
  }

  #closeMenu(): void {
    const tools = this.renderRoot.querySelector<HTMLElement>('.tools:popover-open');
    tools?.hidePopover();
  }

  /** Closes the menu, and leaves the answer alone. */
  #keyed(event: KeyboardEvent): void {
    if (event.key === 'Escape' && this.#narrow.matches) event.stopPropagation();
  }

  #chosen(event: Event): void {
    const tag = (event.target as HTMLSelectElement).value;
    if (isLanguage(tag)) void setLanguage(tag);
    this.#closeMenu();
  }
}
