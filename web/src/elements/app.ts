import { css, html, nothing } from 'lit';
import { customElement, query, state } from 'lit/decorators.js';
import { live } from 'lit/directives/live.js';
import { takePrompt } from '../offline/prompt-link.ts';
import { ChatStore } from '../state/chat-store.ts';
import type { EngineStore } from '../state/engine-store.ts';
import { SeeStore } from '../state/see-store.ts';
import { StoreController } from '../state/store.ts';
import { base } from '../styles/shared.ts';
import type { MixtabComposer } from './composer.ts';
import type { MixtabConversation } from './conversation.ts';
import { MixtabElement } from './element.ts';
import type { MixtabFigures } from './figures.ts';
import type { HeaderWish } from './header.ts';
import { Media } from './media.ts';
import type { MessageWish } from './message.ts';
import type { MixtabPanel } from './panel.ts';
import './announcer.ts';
import './composer.ts';
import './conversation.ts';
import './failure.ts';
import './figures.ts';
import './header.ts';
import './pending.ts';
import './welcome.ts';

/** What is loaded when it is first opened. */
const lazy = {
  panel: () => import('./panel.ts'),
  settings: () => import('./settings.ts'),
  models: () => import('./models.ts'),
};

type Lazy = keyof typeof lazy;

/** The whole page. Brings the stores' state to the elements and their wishes back. */
@customElement('mixtab-app')
export class MixtabApp extends MixtabElement {
  #engines: EngineStore | undefined;
  #chat: ChatStore | undefined;
  #see: SeeStore | undefined;
  #demo = true;

  @state() private opened: ReadonlySet<Lazy> = new Set();
  @query('mixtab-composer') private composer!: MixtabComposer;
  @query('mixtab-conversation') private conversation!: MixtabConversation;
  @query('mixtab-figures') private figuresLine!: MixtabFigures;
  @query('mixtab-panel') private panel!: MixtabPanel | null;

  /** One column: the panel then covers the conversation. */
  readonly #narrow = new Media(this, '(max-width: 60rem)');
  readonly #loaded = new Set<Lazy>();

  static override styles = [
    base,
    css`
      :host {
        display: grid;
        grid-template:
          'header header header' auto
          'history main panel' minmax(0, 1fr)
          'history footer panel' auto / auto minmax(0, 1fr) auto;
        height: 100dvh;
      }
      mixtab-header {
        grid-area: header;
        min-width: 0;
      }
      main {
        grid-area: main;
        min-height: 0;
        min-width: 0;
      }
      footer {
        grid-area: footer;
        min-width: 0;
        width: 100%;
        max-width: calc(var(--measure) + 2 * var(--gutter));
        margin: 0 auto;
        padding: 0.5rem var(--gutter) max(0.5rem, env(safe-area-inset-bottom));
      }
      mixtab-panel {
        grid-area: panel;
        width: 24rem;
        min-height: 0;
        overflow-y: auto;
        border-inline-start: 1px solid var(--hairline);
      }
      mixtab-panel:not([open]) {
        display: none;
      }
      mixtab-figures {
        margin-top: 0.5rem;
      }
      @media (max-width: 60rem) {
        mixtab-panel {
          grid-area: main / main / footer / main;
          width: auto;
          border: 0;
          z-index: 1;
          background: var(--paper);
        }
      }
    `,
  ];

  /** Gives the page its engine; demo says that the pack is the built-in one. */
  start(engines: EngineStore, demo: boolean): void {
    this.#engines = engines;
    this.#see = new SeeStore(engines);
    this.#chat = new ChatStore(engines, this.#see);
    this.#demo = demo;
    this.#takePrompt();
    new StoreController(this, engines);
    new StoreController(this, this.#chat);
    new StoreController(this, this.#see);
    void engines.open();
  }

  /** A text that came by a link or from another app waits in the composer, in a conversation of its own. */
  #takePrompt(): void {
    const text = takePrompt();
    if (text === undefined) return;
    this.#chat?.start();
    this.#chat?.setDraft(text);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    document.addEventListener('keydown', this.#keyed);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    document.removeEventListener('keydown', this.#keyed);
  }

  protected override render() {
    if (!this.#engines || !this.#chat || !this.#see) return nothing;
    const { state } = this.#engines;
    const { turns, answering, pending, figures, dropped, sent, conversation } = this.#chat;
    const context = state.kind === 'ready' ? state.engine.info.context : 0;
    const covered = this.#narrow.matches && this.opened.has('panel');
    return html`
      <mixtab-header
        .engine=${state}
        .answering=${answering}
        .demo=${this.#demo}
        .narrow=${this.#narrow.matches}
        .panelShown=${this.opened.has('panel')}
        @wish=${(event: CustomEvent<HeaderWish>) => this.#open(event.detail)}
      ></mixtab-header>
      <main ?inert=${covered}>
        <mixtab-conversation
          .turns=${turns}
          .firstSeen=${dropped > 0 ? sent[dropped]?.id : undefined}
          .context=${context}
          .answering=${answering}
          @wish=${(event: CustomEvent<MessageWish>) => this.#fulfil(event.detail)}
          .byToken=${this.#see.probabilities}
        >
          ${turns.length === 0 && pending === undefined ? this.#welcome() : nothing}
          ${
            pending === undefined
              ? nothing
              : html`<mixtab-pending
                slot="end"
                .text=${pending}
                .answering=${answering}
                @take-back=${this.#takeBack}
              ></mixtab-pending>`
          }
          ${
            state.kind === 'failed'
              ? html`<mixtab-failure slot="end" .error=${state.error} @retry=${this.#retry}></mixtab-failure>`
              : nothing
          }
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
          @send=${(event: CustomEvent<string>) => this.#send(event.detail)}
          @stop=${() => this.#chat?.stop()}
        ></mixtab-composer>
        <mixtab-figures
          .figures=${figures}
          .context=${context}
          .dropped=${dropped}
          .demo=${this.#demo}
          .see=${this.#see}
          .panelShown=${this.opened.has('panel')}
          @panel=${() => this.#open('panel')}
        ></mixtab-figures>
      </footer>
      ${
        this.#loaded.has('panel')
          ? html`<mixtab-panel
            .open=${this.opened.has('panel')}
            .see=${this.#see}
            .chat=${this.#chat}
            @close=${this.#panelClosed}
          ></mixtab-panel>`
          : nothing
      }
      ${
        this.#loaded.has('settings')
          ? html`<mixtab-settings
            .open=${this.opened.has('settings')}
            .engines=${this.#engines}
            .chat=${this.#chat}
            @close=${() => this.#close('settings')}
          ></mixtab-settings>`
          : nothing
      }
      ${
        this.#loaded.has('models')
          ? html`<mixtab-models
            .open=${this.opened.has('models')}
            .engines=${this.#engines}
            .chat=${this.#chat}
            @close=${() => this.#close('models')}
          ></mixtab-models>`
          : nothing
      }
      <mixtab-announcer .turn=${turns.at(-1)}></mixtab-announcer>
    `;
  }

  #welcome() {
    const pack = this.#engines?.pack ?? '';
    const host = URL.canParse(pack, location.href) ? new URL(pack, location.href).host : pack;
    return html`
      <mixtab-welcome
        .demo=${this.#demo}
        .brief=${this.#engines?.state.kind === 'failed'}
        .host=${host === location.host ? undefined : host}
        @example=${(event: CustomEvent<string>) => this.#send(event.detail)}
      ></mixtab-welcome>
    `;
  }

  #open(wish: HeaderWish): void {
    switch (wish) {
      case 'panel':
        if (this.opened.has('panel')) this.#close('panel');
        else void this.#load('panel');
        break;
      case 'settings':
      case 'models':
        void this.#load(wish);
        break;
      case 'start':
        this.#chat?.start();
        this.composer.focus();
        break;
    }
  }

  async #load(part: Lazy): Promise<void> {
    await lazy[part]();
    this.#loaded.add(part);
    this.opened = new Set([...this.opened, part]);
    await this.updateComplete;
    // What the panel covers has lost the focus.
    if (part === 'panel' && this.#narrow.matches) this.panel?.focus();
  }

  #close(part: Lazy): void {
    this.opened = new Set([...this.opened].filter(other => other !== part));
  }

  async #panelClosed(): Promise<void> {
    this.#close('panel');
    await this.updateComplete;
    this.figuresLine.focus();
  }

  #send(text: string): void {
    if (!this.#chat?.send(text)) return;
    this.#chat.setDraft('');
    this.composer.focus();
    this.conversation.follow();
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

  #takeBack(): void {
    if (this.#chat) this.composer.restore(this.#chat.takeBack());
  }

  #retry(): void {
    void this.#engines?.open();
    this.composer.focus();
  }

  readonly #keyed = (event: KeyboardEvent): void => {
    if (event.key === 'Escape' && !event.defaultPrevented) this.#chat?.stop();
  };
}
