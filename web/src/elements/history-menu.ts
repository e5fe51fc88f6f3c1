import { css, html } from 'lit';
import { customElement, query, state } from 'lit/decorators.js';
import { FileJson, FileText, Pencil, Pin, PinOff, Trash2 } from 'lucide';
import { t } from '../i18n/index.ts';
import type { Head } from '../state/conversation.ts';
import { base, button } from '../styles/shared.ts';
import { MixtabElement } from './element.ts';
import { icon } from './icon.ts';

export type HistoryAct = 'rename' | 'pin' | 'markdown' | 'json' | 'delete';

/** What can be done with a conversation of the list. Fires "act" with the choice and the conversation. */
@customElement('mixtab-history-menu')
export class MixtabHistoryMenu extends MixtabElement {
  @state() private head: Head | undefined;
  @query('[role=menu]') private menu!: HTMLElement;

  #anchor: HTMLElement | undefined;

  static override styles = [
    base,
    button,
    css`
      [role='menu'] {
        position: fixed;
        inset: auto;
        margin: 0;
        padding: 0.375rem;
        min-width: 12rem;
        max-width: calc(100vw - 1rem);
        background: var(--raised);
        color: var(--ink);
        border: 1px solid var(--hairline);
        border-radius: 0.75rem;
      }
      button {
        display: flex;
        align-items: center;
        gap: 0.625rem;
        width: 100%;
        padding: 0.375rem 0.625rem;
        border-color: transparent;
        border-radius: 0.5rem;
        font-size: 0.875rem;
        text-align: start;
      }
      button:focus-visible {
        outline-offset: -2px;
      }
      svg {
        flex: none;
        width: 1rem;
        height: 1rem;
        color: var(--muted);
      }
    `,
  ];

  /** Opens below a node, or above it where there is no room. */
  show(anchor: HTMLElement, head: Head): void {
    this.head = head;
    this.#anchor = anchor;
    void this.updateComplete.then(() => {
      this.menu.showPopover();
      const { top, bottom, right } = anchor.getBoundingClientRect();
      const { offsetHeight: height, offsetWidth: width } = this.menu;
      const below = bottom + height + 8 <= innerHeight;
      this.menu.style.top = `${below ? bottom : Math.max(8, top - height)}px`;
      this.menu.style.left = `${Math.max(8, Math.min(right, innerWidth - 8) - width)}px`;
      this.#items()[0]?.focus();
    });
  }

  protected override render() {
    const pinned = this.head?.pinned ?? false;
    return html`
      <div role="menu" popover="auto" aria-label=${t('history.more', { title: this.head?.title ?? '' })} @keydown=${this.#keyed}>
        ${this.#item('rename', icon(Pencil), t('history.rename'))}
        ${this.#item('pin', icon(pinned ? PinOff : Pin), t(pinned ? 'history.unpin' : 'history.pin'))}
        ${this.#item('markdown', icon(FileText), t('history.markdown'))}
        ${this.#item('json', icon(FileJson), t('history.json'))}
        ${this.#item('delete', icon(Trash2), t('history.delete'))}
      </div>
    `;
  }

  #item(act: HistoryAct, picture: SVGElement, label: string) {
    return html`<button role="menuitem" tabindex="-1" @click=${() => this.#choose(act)}>${picture}${label}</button>`;
  }

  #items(): HTMLElement[] {
    return [...this.renderRoot.querySelectorAll<HTMLElement>('[role=menuitem]')];
  }

  #choose(act: HistoryAct): void {
    this.#close();
    if (this.head) this.dispatchEvent(new CustomEvent('act', { detail: { act, head: this.head } }));
  }

  #close(): void {
    this.menu.hidePopover();
    this.#anchor?.focus();
  }

  #keyed(event: KeyboardEvent): void {
    const items = this.#items();
    const at = items.indexOf(event.composedPath()[0] as HTMLElement);
    const to: Record<string, number> = {
      ArrowDown: (at + 1) % items.length,
      ArrowUp: (at - 1 + items.length) % items.length,
      Home: 0,
      End: items.length - 1,
    };
    const index = to[event.key];
    if (index !== undefined) items[index]?.focus();
    else if (event.key === 'Escape' || event.key === 'Tab') this.#close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}
