import { html, nothing } from 'lit';
import { customElement, query } from 'lit/decorators.js';
import { live } from 'lit/directives/live.js';
import { takePrompt } from '../offline/prompt-link.ts';
import { ChatStore } from '../state/chat-store.ts';
import type { EngineStore } from '../state/engine-store.ts';
import { HistoryStore } from '../state/history-store.ts';
import { SeeStore } from '../state/see-store.ts';
import { StoreController } from '../state/store.ts';
import { base } from '../styles/shared.ts';
import { afterTurns } from './after-turns.ts';
import { appStyles } from './app-styles.ts';
import type { MixtabComposer } from './composer.ts';
import type { MixtabConversation } from './conversation.ts';
import { MixtabElement } from './element.ts';
import type { MixtabFigures } from './figures.ts';
import type { HeaderWish } from './header.ts';
import { type LazyPart, LazyParts } from './lazy-parts.ts';
import type { MessageWish } from './message.ts';
import { PageKeys } from './page-keys.ts';
import type { MixtabPanel } from './panel.ts';
import type { MixtabSide } from './side.ts';
import { SidePlace } from './side-place.ts';
import './announcer.ts';
import './composer.ts';
import './conversation.ts';
import './figures.ts';
import './header.ts';
import './side.ts';
import './welcome.ts';

/** The whole page. Brings the stores' state to the elements and their wishes back. */
@customElement('mixtab-app')
export class MixtabApp extends MixtabElement {
  #engines: EngineStore | undefined;
  #history: HistoryStore | undefined;
  #chat: ChatStore | undefined;
  #see: SeeStore | undefined;

  @query('mixtab-composer') private composer!: MixtabComposer;
  @query('mixtab-conversation') private conversation!: MixtabConversation;
  @query('mixtab-figures') private figuresLine!: MixtabFigures;
  @query('mixtab-panel') private panel!: MixtabPanel | null;
  @query('mixtab-side') private side!: MixtabSide;

  readonly #place = new SidePlace(this);
  readonly #parts = new LazyParts(this);
  readonly #afterTurns = {
    takeBack: () => {
      if (this.#chat) this.composer.restore(this.#chat.takeBack());
    },
    startAnew: () => {
      this.#chat?.startAnew();
      this.composer.focus();
    },
    retry: () => {
      void this.#engines?.retry();
      this.composer.focus();
    },
  };

  static override styles = [base, appStyles];

  constructor() {
    super();
    // The list's drawer lies on top of the page and shares its keys.
    new PageKeys(this, () => this.side, {
      find: () => {
        this.#place.show(true);
        void this.side.find();
      },
      start: () => this.#start(),
      keys: () => this.#open('keys'),
      escape: () => (this.#chat?.answering ? this.#chat.stop() : void this.#parts.close('panel')),
    });
  }

  /** Gives the page its engine. */
  start(engines: EngineStore): void {
    this.#engines = engines;
    this.#history = new HistoryStore();
    this.#see = new SeeStore(engines);
    this.#chat = new ChatStore(engines, this.#history, this.#see);
    new StoreController(this, engines);
    new StoreController(this, this.#chat);
    new StoreController(this, this.#see);
    this.#begin(this.#chat);
    void engines.open();
  }

  /** A text that came by a link or from another app waits in the composer, in a conversation of its own. */
  #begin(chat: ChatStore): void {
    const text = takePrompt();
    if (text === undefined) {
      void chat.restore();
      return;
    }
    chat.start();
    chat.setDraft(text);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    document.addEventListener('visibilitychange', this.#save);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    document.removeEventListener('visibilitychange', this.#save);
  }

  protected override render() {
    if (!this.#engines || !this.#history || !this.#chat || !this.#see) return nothing;
    const { state, pack, demo } = this.#engines;
    const { turns, answering, pending, figures, dropped, sent, conversation } = this.#chat;
    const context = state.kind === 'ready' ? state.engine.info.context : 0;
    const panelShown = this.#parts.isOpen('panel');
    const covered = this.#place.narrow && panelShown;
    return html`
      <mixtab-header
        .engine=${state}
        .answering=${answering}
        .pack=${pack}
        .demo=${demo}
        .sideShown=${this.#place.shown}
        .panelShown=${panelShown}
        @wish=${(event: CustomEvent<HeaderWish>) => this.#open(event.detail)}
      ></mixtab-header>
      <mixtab-side
        .history=${this.#history}
        .current=${conversation.id}
        .narrow=${this.#place.narrow}
        .open=${this.#place.shown}
        @open=${(event: CustomEvent<string>) => this.#show(event.detail)}
        @close=${() => this.#place.closeDrawer()}
      ></mixtab-side>
      <main ?inert=${covered}>
        <mixtab-conversation
          .turns=${turns}
          .firstSeen=${dropped > 0 ? sent[dropped]?.id : undefined}
          .context=${context}
          .answering=${answering}
          @wish=${(event: CustomEvent<MessageWish>) => this.#fulfil(event.detail)}
          .byToken=${this.#see.probabilities}
          .pointed=${this.#see.probabilities ? this.#see.place : undefined}
          .waiting=${state.kind === 'ready' && state.waiting}
        >
          ${turns.length === 0 && pending === undefined ? this.#welcome() : nothing}
          ${afterTurns(this.#chat, state, this.#afterTurns)}
        </mixtab-conversation>
      </main>
      <footer ?inert=${covered}>
        <mixtab-notice .answering=${answering}></mixtab-notice>
        <mixtab-composer
          .draft=${live(conversation.draft)}
          .answering=${answering}
          .waiting=${pending !== undefined}
          .engine=${state.kind === 'ready' ? state.engine : undefined}
          .used=${figures?.contextTokens ?? 0}
          @edit-last=${() => this.conversation.editLast()}
          @draft=${(event: CustomEvent<string>) => this.#chat?.setDraft(event.detail)}
          @send=${(event: CustomEvent<string>) => this.#ask(event.detail) || event.preventDefault()}
          @stop=${() => this.#chat?.stop()}
        ></mixtab-composer>
        <mixtab-figures
          .figures=${figures}
          .context=${context}
          .dropped=${dropped}
          .demo=${demo}
          .see=${this.#see}
          .panelShown=${panelShown}
          @panel=${() => this.#open('panel')}
        ></mixtab-figures>
      </footer>
      ${this.#further(this.#engines, this.#chat)}
      <mixtab-announcer .turn=${turns.at(-1)}></mixtab-announcer>
    `;
  }

  #further(engines: EngineStore, chat: ChatStore) {
    const has = (part: LazyPart) => this.#parts.loaded(part);
    const open = (part: LazyPart) => this.#parts.isOpen(part);
    const close = (part: LazyPart) => () => this.#parts.close(part);
    return html`
      ${
        has('panel')
          ? html`<mixtab-panel
            .open=${open('panel')}
            .see=${this.#see}
            .chat=${chat}
            @close=${this.#panelClosed}
          ></mixtab-panel>`
          : nothing
      }
      ${
        has('settings')
          ? html`<mixtab-settings
            .open=${open('settings')}
            .engines=${engines}
            .chat=${chat}
            @close=${close('settings')}
          ></mixtab-settings>`
          : nothing
      }
      ${
        has('models')
          ? html`<mixtab-models
            .open=${open('models')}
            .engines=${engines}
            @choose=${(event: CustomEvent<string>) => this.#choose(event.detail)}
            @close=${close('models')}
          ></mixtab-models>`
          : nothing
      }
      ${has('keys') ? html`<mixtab-keys .open=${open('keys')} @close=${close('keys')}></mixtab-keys>` : nothing}
    `;
  }

  #welcome() {
    const pack = this.#engines?.pack ?? '';
    const host = URL.canParse(pack, location.href) ? new URL(pack, location.href).host : pack;
    return html`
      <mixtab-welcome
        .demo=${this.#engines?.demo ?? true}
        .brief=${this.#engines?.state.kind === 'failed'}
        .host=${host === location.host ? undefined : host}
        @example=${(event: CustomEvent<string>) => this.#ask(event.detail)}
      ></mixtab-welcome>
    `;
  }

  #open(wish: HeaderWish): void {
    if (wish === 'side') this.#place.show(!this.#place.shown);
    else if (wish === 'start') this.#start();
    else if (wish === 'panel') void this.#togglePanel();
    else void this.#parts.open(wish);
  }

  async #togglePanel(): Promise<void> {
    if (this.#parts.isOpen('panel')) return this.#parts.close('panel');
    await this.#parts.open('panel');
    // What the panel covers has lost the focus.
    if (this.#place.narrow) this.panel?.focus();
  }

  async #panelClosed(): Promise<void> {
    await this.#parts.close('panel');
    this.figuresLine.focus();
  }

  #start(): void {
    this.#place.closeDrawer();
    this.#chat?.start();
    this.composer.focus();
  }

  async #show(id: string): Promise<void> {
    if (!(await this.#chat?.open(id))) return;
    await this.updateComplete;
    this.conversation.follow();
  }

  /** Goes on with another model. What a running answer has said so far stays. */
  async #choose(pack: string): Promise<void> {
    await this.#chat?.stopped();
    await this.#engines?.choose(pack);
  }

  #ask(text: string): boolean {
    if (!this.#chat?.send(text)) return false;
    this.composer.focus();
    this.conversation.follow();
    return true;
  }

  #fulfil(wish: MessageWish): void {
    switch (wish.kind) {
      case 'edit':
        this.#chat?.edit(wish.id, wish.text);
        break;
      case 'regenerate':
        this.#chat?.regenerate(wish.id);
        break;
      case 'resume':
        this.#chat?.resume(wish.id);
        this.composer.focus(); // The button for it goes away.
        break;
      case 'choose':
        this.#chat?.choose(wish.id, wish.step);
        return;
      case 'point':
        this.#see?.pointAt(wish.id, wish.index);
        return;
    }
    this.conversation.follow();
  }

  readonly #save = (): void => {
    if (document.visibilityState === 'hidden') this.#chat?.save();
  };
}
