import { css, html, nothing } from 'lit';
import { customElement, query } from 'lit/decorators.js';
import { ChatStore } from '../state/chat-store.ts';
import type { EngineStore } from '../state/engine-store.ts';
import { StoreController } from '../state/store.ts';
import { base } from '../styles/shared.ts';
import type { MixtabComposer } from './composer.ts';
import type { MixtabConversation } from './conversation.ts';
import { MixtabElement } from './element.ts';
import './announcer.ts';
import './composer.ts';
import './conversation.ts';
import './failure.ts';
import './figures.ts';
import './header.ts';
import './pending.ts';
import './welcome.ts';

/** The whole page. Brings the stores' state to the elements and their wishes back. */
@customElement('mixtab-app')
export class MixtabApp extends MixtabElement {
  #engines: EngineStore | undefined;
  #chat: ChatStore | undefined;
  #demo = true;

  @query('mixtab-composer') private composer!: MixtabComposer;
  @query('mixtab-conversation') private conversation!: MixtabConversation;

  static override styles = [
    base,
    css`
      :host {
        display: grid;
        grid-template-rows: auto minmax(0, 1fr) auto;
        height: 100dvh;
      }
      main {
        min-height: 0;
      }
      footer {
        width: 100%;
        max-width: calc(var(--measure) + 2 * var(--gutter));
        margin: 0 auto;
        padding: 0.5rem var(--gutter) max(0.5rem, env(safe-area-inset-bottom));
      }
      mixtab-figures {
        margin-top: 0.5rem;
      }
    `,
  ];

  /** Gives the page its engine; demo says that the pack is the built-in one. */
  start(engines: EngineStore, demo: boolean): void {
    this.#engines = engines;
    this.#chat = new ChatStore(engines);
    this.#demo = demo;
    new StoreController(this, engines);
    new StoreController(this, this.#chat);
    void engines.open();
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
    if (!this.#engines || !this.#chat) return nothing;
    const { state } = this.#engines;
    const { turns, answering, pending, figures, dropped, sent } = this.#chat;
    const context = state.kind === 'ready' ? state.engine.info.context : 0;
    return html`
      <mixtab-header .engine=${state} .answering=${answering} .demo=${this.#demo}></mixtab-header>
      <main>
        <mixtab-conversation
          .turns=${turns}
          .firstSeen=${dropped > 0 ? sent[dropped]?.id : undefined}
          .context=${context}
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
      <footer>
        <mixtab-composer
          .answering=${answering}
          .waiting=${pending !== undefined}
          @send=${(event: CustomEvent<string>) => this.#send(event.detail)}
          @stop=${() => this.#chat?.stop()}
        ></mixtab-composer>
        <mixtab-figures .figures=${figures} .context=${context} .dropped=${dropped} .demo=${this.#demo}></mixtab-figures>
      </footer>
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

  #send(text: string): void {
    if (!this.#chat?.send(text)) return;
    this.composer.clear();
    this.composer.focus();
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
    if (event.key === 'Escape') this.#chat?.stop();
  };
}
