import { css, html, nothing, type PropertyValues, unsafeCSS } from 'lit';
import { customElement, property, query } from 'lit/decorators.js';
import { SquarePen } from 'lucide';
import { speakHere, t } from '../i18n/index.ts';
import { ChatStore } from '../state/chat-store.ts';
import { EngineStore } from '../state/engine-store.ts';
import { HistoryStore } from '../state/history-store.ts';
import { StoreController } from '../state/store.ts';
import { base, button } from '../styles/shared.ts';
import tokens from '../styles/tokens.css?inline';
import { afterTurns } from './after-turns.ts';
import type { MixtabComposer } from './composer.ts';
import type { MixtabConversation } from './conversation.ts';
import { MixtabElement } from './element.ts';
import { icon } from './icon.ts';
import type { MessageWish } from './message.ts';
import './announcer.ts';
import './composer.ts';
import './conversation.ts';
import './engine-status.ts';
import './welcome.ts';

/** Beside the folder of the script that this element comes in. */
const script = import.meta.url;
const demoPack = new URL('../packs/demo/', script).href;

/**
 * The chat in somebody else's page: a conversation that is kept under that page's origin, on an
 * engine that the page's tabs share. Nothing of the page's styles comes in, and nothing of it
 * changes the page.
 */
@customElement('mixtab-chat')
export class MixtabChat extends MixtabElement {
  /** Address of the pack's folder, relative to the page; left out: the built-in demo. */
  @property() pack = '';
  /** Left out: the page's, else the browser's. */
  @property() override lang = '';
  /** "light" or "dark"; left out: as the system wishes. */
  @property({ reflect: true }) theme = '';
  /** Of the field for messages; left out: in the visitor's language. */
  @property() placeholder = '';

  #engines: EngineStore | undefined;
  #chat: ChatStore | undefined;
  readonly #pen = icon(SquarePen);
  readonly #afterTurns = {
    takeBack: () => {
      if (this.#chat) this.composer.restore(this.#chat.takeBack());
    },
    startAnew: () => this.#chat?.startAnew(),
    retry: () => void this.#engines?.retry(),
  };

  @query('mixtab-composer') private composer!: MixtabComposer;
  @query('mixtab-conversation') private conversation!: MixtabConversation;

  static override styles = [
    // What the page gives its elements to inherit ends here.
    css`
      :host {
        all: initial;
      }
    `,
    unsafeCSS(tokens),
    base,
    button,
    css`
      :host {
        display: grid;
        grid-template-rows: auto minmax(0, 1fr) auto;
        height: 36rem;
        min-width: 0;
        overflow: hidden;
        background: var(--paper);
        color: var(--ink);
        font: 1rem / 1.6 var(--font);
      }
      header {
        position: relative;
        display: flex;
        align-items: center;
        gap: 0.5rem;
        min-height: 2.75rem;
        padding: 0.25rem 0.5rem 0.25rem var(--gutter);
      }
      mixtab-engine-status {
        flex: 1;
        min-width: 0;
      }
      .body {
        min-height: 0;
      }
      footer {
        width: 100%;
        max-width: calc(var(--measure) + 2 * var(--gutter));
        margin: 0 auto;
        padding: 0.5rem var(--gutter) 0.75rem;
      }
    `,
  ];

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.#engines) void this.#engines.open();
    else void this.#start();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#chat?.save();
    this.#engines?.close();
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (this.#chat && changed.has('lang')) void speakHere(this.#languages());
  }

  protected override render() {
    if (!this.#engines || !this.#chat) return nothing;
    const { state } = this.#engines;
    const { turns, answering, pending, figures, dropped, sent, conversation } = this.#chat;
    const context = state.kind === 'ready' ? state.engine.info.context : 0;
    const anew = t('header.start');
    return html`
      <header>
        <mixtab-engine-status fixed .engine=${state} .answering=${answering} .demo=${this.#demo}></mixtab-engine-status>
        <button class="icon" aria-label=${anew} title=${anew} @click=${this.#anew}>${this.#pen}</button>
      </header>
      <div class="body">
        <mixtab-conversation
          .turns=${turns}
          .firstSeen=${dropped > 0 ? sent[dropped]?.id : undefined}
          .context=${context}
          .answering=${answering}
          .waiting=${state.kind === 'ready' && state.waiting}
          @wish=${(event: CustomEvent<MessageWish>) => this.#fulfil(event.detail)}
        >
          ${turns.length === 0 && pending === undefined ? this.#welcome(state.kind === 'failed') : nothing}
          ${afterTurns(this.#chat, state, this.#afterTurns)}
        </mixtab-conversation>
      </div>
      <footer>
        <mixtab-composer
          modest
          .draft=${conversation.draft}
          .answering=${answering}
          .waiting=${pending !== undefined}
          .engine=${state.kind === 'ready' ? state.engine : undefined}
          .used=${figures?.contextTokens ?? 0}
          .placeholder=${this.placeholder}
          .dropZone=${this as EventTarget}
          @edit-last=${() => this.conversation.editLast()}
          @draft=${(event: CustomEvent<string>) => this.#chat?.setDraft(event.detail)}
          @send=${(event: CustomEvent<string>) => this.#ask(event.detail) || event.preventDefault()}
          @stop=${() => this.#chat?.stop()}
        ></mixtab-composer>
      </footer>
      <mixtab-announcer .turn=${turns.at(-1)}></mixtab-announcer>
    `;
  }

  async #start(): Promise<void> {
    await speakHere(this.#languages());
    this.#engines = new EngineStore(this.pack || demoPack);
    this.#chat = new ChatStore(this.#engines, new HistoryStore());
    new StoreController(this, this.#engines);
    new StoreController(this, this.#chat);
    this.addEventListener('keydown', event => {
      if (event.key === 'Escape' && !event.isComposing && !event.defaultPrevented) this.#chat?.stop();
    });
    void this.#chat.restore();
    if (this.isConnected) await this.#engines.open();
  }

  #languages(): readonly string[] {
    const page = this.parentElement?.closest<HTMLElement>('[lang]')?.lang;
    return [this.lang, page ?? '', ...navigator.languages];
  }

  get #demo(): boolean {
    return this.#engines?.pack === demoPack;
  }

  #welcome(brief: boolean) {
    const { host } = new URL(this.#engines?.pack ?? '', location.href);
    return html`<mixtab-welcome
      .demo=${this.#demo}
      .brief=${brief}
      .host=${host === location.host ? undefined : host}
      @example=${(event: CustomEvent<string>) => this.#ask(event.detail)}
    ></mixtab-welcome>`;
  }

  /** False: something is waiting already. */
  #ask(text: string): boolean {
    if (!this.#chat?.send(text)) return false;
    this.conversation.follow();
    return true;
  }

  #anew(): void {
    this.#chat?.start();
    this.composer.focus();
  }

  #fulfil(wish: MessageWish): void {
    if (wish.kind === 'edit') this.#chat?.edit(wish.id, wish.text);
    else if (wish.kind === 'regenerate') this.#chat?.regenerate(wish.id);
    else if (wish.kind === 'resume') this.#chat?.resume(wish.id);
    else if (wish.kind === 'choose') this.#chat?.choose(wish.id, wish.step);
  }
}
