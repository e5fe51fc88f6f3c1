import { html, nothing } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import { Ellipsis, Pin } from 'lucide';
import { integer } from '../i18n/format.ts';
import { t } from '../i18n/index.ts';
import type { Head } from '../state/conversation.ts';
import { type Row, rowsOf, rowsWithin } from '../state/history-rows.ts';
import type { Hits } from '../state/history-search.ts';
import type { HistoryStore } from '../state/history-store.ts';
import { StoreController } from '../state/store.ts';
import { base, button } from '../styles/shared.ts';
import { MixtabElement } from './element.ts';
import { HistoryFind } from './history-find.ts';
import type { HistoryAct, MixtabHistoryMenu } from './history-menu.ts';
import { historyStyles } from './history-styles.ts';
import { icon } from './icon.ts';
import { saveConversation } from './save-conversation.ts';
import './history-files.ts';
import './history-menu.ts';

/** Rows are drawn so far beyond what is in sight, in rem. */
const beyond = 12;

type Item = Extract<Row, { kind: 'item' }>;

/** The list of conversations, with search. Fires "open" and "removed" with an id. */
@customElement('mixtab-history')
export class MixtabHistory extends MixtabElement {
  @property({ attribute: false }) history!: HistoryStore;
  /** The conversation on the page. */
  @property() current = '';

  /** The one whose title is being changed. */
  @state() private renamed: string | undefined;
  /** The one that the list's Tab stop is on. */
  @state() private active: string | undefined;
  /** What is in sight, in rem. */
  @state() private view = { top: 0, height: 60 };

  @query('.scroller') private scroller!: HTMLElement;
  @query('input[type=search]') private field!: HTMLInputElement;
  @query('mixtab-history-menu') private menu!: MixtabHistoryMenu;

  readonly #found = new HistoryFind(this);
  #rows: Row[] = [];
  #items: Item[] = [];
  #rowsOf: { heads: readonly Head[]; hits: Hits | undefined; day: string } | undefined;
  /** Where the focus goes when it is drawn. */
  #focusNext: string | undefined;
  /** The rows are those of all conversations, not only of the recent ones, which are read first. */
  #whole = false;
  /** Where End went while they were not: from there it goes on to the last of all. */
  #endSoFar: string | undefined;
  readonly #resized = new ResizeObserver(() => this.#look());

  static override styles = [base, button, historyStyles];

  /** Goes to the search field. */
  find(): void {
    this.field.focus();
    this.field.select();
  }

  protected override firstUpdated(): void {
    new StoreController(this, this.history);
    this.#resized.observe(this.scroller);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#resized.disconnect();
  }

  protected override willUpdate(): void {
    const { heads, loaded } = this.history;
    const { hits } = this.#found;
    this.#whole = loaded;
    const day = new Date().toDateString();
    const of = this.#rowsOf;
    if (of && of.heads === heads && of.hits === hits && of.day === day) return;
    this.#rowsOf = { heads, hits, day };
    this.#rows = rowsOf(heads, hits, new Date());
    this.#items = this.#rows.filter(row => row.kind === 'item');
  }

  protected override updated(): void {
    this.#takeFocus();
    if (this.#endSoFar === undefined || !this.#whole) return;
    const stayed = this.renderRoot.querySelector(`button.title[data-id="${this.#endSoFar}"]:focus`);
    this.#endSoFar = undefined;
    const last = this.#items.at(-1);
    if (stayed && last) this.#moveTo(last);
  }

  #takeFocus(): void {
    const id = this.#focusNext;
    if (id === undefined) return;
    const node = this.renderRoot.querySelector<HTMLElement>(`[data-id="${id}"]`);
    if (!node) return;
    this.#focusNext = undefined;
    node.focus();
    if (node instanceof HTMLInputElement) node.select();
  }

  protected override render() {
    const last = this.#rows.at(-1);
    const shown = rowsWithin(this.#rows, this.view.top - beyond, this.view.top + this.view.height + beyond);
    const drawn = this.#withActive(shown);
    return html`
      <nav aria-label=${t('header.history')}>
        <input
          type="search"
          aria-label=${t('history.search')}
          placeholder=${t('history.search')}
          .value=${this.#found.wanted}
          @input=${(event: Event) => this.#find((event.target as HTMLInputElement).value)}
          @keydown=${this.#keyedInSearch}
        />
        <p class="note" role="status">${this.#note()}</p>
        <div class="scroller" tabindex="-1" @scroll=${this.#look}>
          <div
            class="rows"
            role=${last ? 'list' : nothing}
            .style=${`height: ${last ? last.top + last.height : 0}rem`}
            @keydown=${this.#keyed}
          >
            ${repeat(
              drawn,
              row => (row.kind === 'group' ? row.group : row.head.id),
              row => (row.kind === 'group' ? this.#group(row) : this.#item(row)),
            )}
          </div>
        </div>
        <mixtab-history-files .history=${this.history}></mixtab-history-files>
        <mixtab-history-menu
          @act=${(event: CustomEvent<{ act: HistoryAct; head: Head }>) =>
            this.#act(event.detail.act, event.detail.head)}
        ></mixtab-history-menu>
      </nav>
    `;
  }

  /** What has the Tab stop stays drawn wherever the list is scrolled to, so that Tab finds it. */
  #withActive(shown: Row[]): Row[] {
    const active = this.#active();
    return !active || shown.includes(active) ? shown : [...shown, active].sort((a, b) => a.top - b.top);
  }

  #active(): Item | undefined {
    return (
      this.#items.find(item => item.head.id === this.active) ??
      this.#items.find(item => item.head.id === this.current) ??
      this.#items[0]
    );
  }

  #note(): string {
    const { trouble, loaded } = this.history;
    if (trouble) return t(`history.${trouble}`);
    const { hits, searching } = this.#found;
    if (hits) {
      const count = this.#items.length;
      if (searching && count === 0) return t('history.searching');
      return t('history.found', { count, number: integer(count) });
    }
    return loaded && this.#rows.length === 0 ? t('history.empty') : '';
  }

  #group({ group, top, height }: Extract<Row, { kind: 'group' }>) {
    return html`<div class="row" role="listitem" .style=${place(top, height)}>
      <h2>${t(`history.${group}`)}</h2>
    </div>`;
  }

  #item(row: Item) {
    const { head, top, height, excerpt } = row;
    const reachable = this.#active() === row ? 0 : -1;
    if (head.id === this.renamed) {
      return html`<div class="row" role="listitem" .style=${place(top, height)}>
        <input
          data-id=${head.id}
          aria-label=${t('history.title')}
          maxlength="200"
          .value=${head.title}
          @keydown=${(event: KeyboardEvent) => this.#keyedInTitle(event, head)}
          @blur=${(event: Event) => this.#rename(head, (event.target as HTMLInputElement).value)}
        />
      </div>`;
    }
    return html`<div
      class="row"
      role="listitem"
      .style=${place(top, height)}
      @focusin=${() => {
        this.active = head.id;
      }}
    >
      <button
        class="title"
        data-id=${head.id}
        tabindex=${reachable}
        aria-current=${head.id === this.current ? 'page' : nothing}
        title=${head.title}
        @click=${() => this.#open(head.id)}
        @contextmenu=${(event: Event) => this.#showMenu(event, head)}
      >
        <span class="name">${head.pinned ? html`${icon(Pin)}<span class="unseen">${t('history.pinned')}: </span>` : nothing}<span>${head.title}</span></span>
        ${excerpt === '' ? nothing : html`<span class="excerpt">${excerpt}</span>`}
      </button>
      <button
        class="icon more"
        tabindex=${reachable}
        aria-haspopup="menu"
        aria-label=${t('history.more', { title: head.title })}
        title=${t('header.menu')}
        @click=${(event: Event) => this.#showMenu(event, head)}
      >
        ${icon(Ellipsis)}
      </button>
    </div>`;
  }

  #open(id: string): void {
    this.active = id;
    this.dispatchEvent(new CustomEvent('open', { detail: id }));
  }

  #showMenu(event: Event, head: Head): void {
    event.preventDefault();
    this.active = head.id;
    this.menu.show(event.currentTarget as HTMLElement, head);
  }

  #act(act: HistoryAct, head: Head): void {
    switch (act) {
      case 'rename':
        this.renamed = head.id;
        this.#focusNext = head.id;
        break;
      case 'pin':
        this.history.saveHead(head.id, { pinned: !head.pinned });
        this.#focusNext = head.id;
        break;
      case 'delete':
        this.#delete(head);
        break;
      case 'markdown':
      case 'json':
        void saveConversation(this.history, head, act);
        break;
    }
  }

  #delete(head: Head): void {
    const at = this.#items.findIndex(item => item.head.id === head.id);
    const next = this.#items[at + 1] ?? this.#items[at - 1];
    if (next) this.#moveTo(next);
    else this.field.focus();
    this.dispatchEvent(new CustomEvent('removed', { detail: head.id }));
    this.history.delete(head.id);
  }

  #rename(head: Head, title: string): void {
    if (this.renamed !== head.id) return;
    this.renamed = undefined;
    const short = title.replace(/\s+/g, ' ').trim();
    if (short !== '' && short !== head.title) this.history.saveHead(head.id, { title: short });
  }

  #find(wanted: string): void {
    if (wanted.trim() !== '') this.scroller.scrollTop = 0;
    void this.#found.find(this.history, wanted);
  }

  #moveTo(item: Item): void {
    this.active = item.head.id;
    this.#focusNext = item.head.id;
    const rem = remInPixels();
    const { scrollTop, clientHeight } = this.scroller;
    const top = item.top * rem;
    const bottom = (item.top + item.height) * rem;
    if (top < scrollTop) this.scroller.scrollTop = top;
    else if (bottom > scrollTop + clientHeight) this.scroller.scrollTop = bottom - clientHeight;
    this.requestUpdate(); // What was active already may yet have to take the focus.
  }

  #keyed(event: KeyboardEvent): void {
    const from = event.composedPath()[0] as HTMLElement;
    if (from instanceof HTMLInputElement) return;
    const item = this.#active();
    if (!item) return;
    const at = this.#items.indexOf(item);
    const last = this.#items.length - 1;
    const page = Math.max(1, Math.floor(this.view.height / item.height) - 1);
    const target: Record<string, number> = {
      ArrowDown: at + 1,
      ArrowUp: at - 1,
      PageDown: Math.min(last, at + page),
      PageUp: Math.max(0, at - page),
      Home: 0,
      End: last,
    };
    const to = target[event.key];
    if (to !== undefined) {
      const next = this.#items[to];
      if (next) this.#moveTo(next);
      else if (to < 0) this.field.focus();
      if (event.key === 'End' && !this.#whole) this.#endSoFar = next?.head.id;
    } else if (event.key === 'F2') this.#act('rename', item.head);
    else if (event.key === 'Delete') this.#act('delete', item.head);
    else return;
    event.preventDefault();
  }

  #keyedInSearch(event: KeyboardEvent): void {
    const [first] = this.#items;
    if (event.key === 'ArrowDown' && first) {
      event.preventDefault();
      this.#moveTo(first);
    } else if (event.key === 'Enter' && first && this.#found.hits) {
      this.#open(first.head.id);
    } else if (event.key === 'Escape' && this.#found.wanted !== '') {
      event.preventDefault();
      this.#find('');
    }
  }

  #keyedInTitle(event: KeyboardEvent, head: Head): void {
    if (event.isComposing || (event.key !== 'Enter' && event.key !== 'Escape')) return;
    event.preventDefault();
    this.#focusNext = head.id;
    if (event.key === 'Enter') this.#rename(head, (event.target as HTMLInputElement).value);
    this.renamed = undefined;
  }

  #look(): void {
    const rem = remInPixels();
    const { scrollTop, clientHeight } = this.scroller;
    this.view = { top: scrollTop / rem, height: clientHeight / rem };
  }
}

function place(top: number, height: number): string {
  return `top: ${top}rem; height: ${height}rem`;
}

function remInPixels(): number {
  return Number.parseFloat(getComputedStyle(document.documentElement).fontSize) || 16;
}
