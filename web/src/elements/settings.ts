import { css, html, type PropertyValues } from 'lit';
import { customElement, property, query } from 'lit/decorators.js';
import { live } from 'lit/directives/live.js';
import { X } from 'lucide';
import { plain } from '../i18n/format.ts';
import { t } from '../i18n/index.ts';
import type { ChatStore } from '../state/chat-store.ts';
import type { EngineStore } from '../state/engine-store.ts';
import type { Settings } from '../state/settings.ts';
import { StoreController } from '../state/store.ts';
import { type NumberKey, type Range, ranges, replaceBy } from '../state/tuning.ts';
import { base, button } from '../styles/shared.ts';
import { MixtabElement } from './element.ts';
import { icon } from './icon.ts';
import './number-setting.ts';
import './presets.ts';

/** The settings that most people look for, and the rest, which are folded away. */
const common = ['temperature', 'topP', 'maxTokens'] as const;
const further = [
  ...(['topK', 'minP', 'repetitionPenalty', 'frequencyPenalty', 'presencePenalty', 'seed'] as const),
];

/** How this conversation is answered. What is changed holds at once. Fires "close". */
@customElement('mixtab-settings')
export class MixtabSettings extends MixtabElement {
  @property({ type: Boolean, reflect: true }) open = false;
  @property({ attribute: false }) engines!: EngineStore;
  @property({ attribute: false }) chat!: ChatStore;

  @query('dialog') private dialog!: HTMLDialogElement;

  readonly #closeIcon = icon(X);

  static override styles = [
    base,
    button,
    css`
      dialog {
        width: min(40rem, 100vw - 2rem);
        max-height: min(52rem, 100dvh - 2rem);
        padding: 0;
        overflow: hidden;
        border: 1px solid var(--hairline);
        border-radius: 0.875rem;
        background: var(--paper);
        color: inherit;
      }
      dialog[open] {
        display: flex;
        flex-direction: column;
      }
      dialog::backdrop {
        background: color-mix(in srgb, black 40%, transparent);
      }
      .head {
        display: flex;
        align-items: start;
        gap: 1rem;
        padding: 1rem 0.75rem 0.75rem 1.25rem;
        border-bottom: 1px solid var(--hairline);
      }
      .head > div {
        flex: 1;
      }
      h2 {
        margin: 0;
        font-size: 1.125rem;
        line-height: 1.4;
      }
      p {
        margin: 0.125rem 0 0;
        color: var(--muted);
        font-size: var(--small);
      }
      .content {
        overflow-y: auto;
        padding: 1rem 1.25rem 1.25rem;
        display: grid;
        grid-template-columns: minmax(0, 1fr);
        gap: 1.25rem;
      }
      .text label {
        display: block;
        font-weight: 500;
      }
      textarea {
        display: block;
        width: 100%;
        max-height: 14rem;
        margin-top: 0.25rem;
        padding: 0.5rem 0.75rem;
        field-sizing: content;
        resize: vertical;
        border: 1px solid var(--muted);
        border-radius: 0.625rem;
        background: var(--raised);
        color: inherit;
        font: inherit;
      }
      textarea::placeholder {
        color: var(--muted);
        opacity: 1;
      }
      details > div {
        display: grid;
        grid-template-columns: minmax(0, 1fr);
        gap: 1.25rem;
        margin-top: 1rem;
      }
      summary {
        width: fit-content;
        padding: 0.25rem 0;
        cursor: pointer;
        font-weight: 500;
      }
      .reset {
        justify-self: start;
      }
    `,
  ];

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('chat')) new StoreController(this, this.chat);
    if (changed.has('engines')) new StoreController(this, this.engines);
  }

  protected override updated(): void {
    if (this.open && !this.dialog.open) this.dialog.showModal();
    if (!this.open && this.dialog.open) this.dialog.close();
  }

  protected override render() {
    const { settings } = this.chat.conversation;
    return html`
      <dialog aria-labelledby="title" aria-describedby="about" @close=${this.#closed} @keydown=${this.#keyed} @click=${this.#clicked}>
        <div class="head">
          <div>
            <h2 id="title">${t('tune.title')}</h2>
            <p id="about">${t('tune.about')}</p>
          </div>
          <button class="icon" aria-label=${t('tune.close')} title=${t('tune.close')} @click=${() => this.dialog.close()}>
            ${this.#closeIcon}
          </button>
        </div>
        <div class="content">
          <mixtab-presets .settings=${settings} @set=${this.#applied}></mixtab-presets>
          ${this.#system(settings)} ${common.map(key => this.#number(key, settings))}
          <details ?open=${further.some(key => settings[key] !== undefined) || (settings.stop?.length ?? 0) > 0}>
            <summary>${t('tune.more')}</summary>
            <div>${further.map(key => this.#number(key, settings))} ${this.#stop(settings)}</div>
          </details>
          <button class="reset" @click=${() => this.#change(replaceBy({}))}>${t('tune.reset')}</button>
        </div>
      </dialog>
    `;
  }

  #number(key: NumberKey, settings: Settings) {
    const range = this.#range(key);
    return html`<mixtab-number-setting
      label=${t(`tune.${key}.name`)}
      hint=${t(`tune.${key}.hint`)}
      standard=${this.#standard(key, range)}
      .range=${range}
      .value=${settings[key]}
      @set=${({ detail }: CustomEvent<number | undefined>) => this.#change({ [key]: detail })}
    ></mixtab-number-setting>`;
  }

  /** The fixed ranges, and what the model that is open knows better. */
  #range(key: NumberKey): Range {
    const { state } = this.engines;
    if (state.kind !== 'ready') return ranges[key];
    if (key === 'temperature') return { ...ranges[key], standard: state.engine.info.temperature };
    if (key === 'maxTokens') return { ...ranges[key], max: state.engine.info.context };
    return ranges[key];
  }

  #standard(key: NumberKey, { standard }: Range): string {
    if (key === 'seed') return t('tune.random');
    if (key === 'maxTokens') return t('tune.noLimit');
    return standard === undefined ? t('tune.modelsOwn') : plain(standard);
  }

  #system(settings: Settings) {
    return html`<div class="text">
      <label for="system">${t('tune.system.name')}</label>
      <textarea
        id="system"
        rows="2"
        aria-describedby="system-hint"
        placeholder=${t('tune.system.placeholder')}
        .value=${live(settings.system ?? '')}
        @input=${({ target }: Event) => this.#change({ system: (target as HTMLTextAreaElement).value || undefined })}
      ></textarea>
      <p id="system-hint">${t('tune.system.hint')}</p>
    </div>`;
  }

  #stop(settings: Settings) {
    return html`<div class="text">
      <label for="stop">${t('tune.stop.name')}</label>
      <textarea
        id="stop"
        rows="2"
        aria-describedby="stop-hint"
        .value=${(settings.stop ?? []).join('\n')}
        @change=${({ target }: Event) => this.#stops((target as HTMLTextAreaElement).value)}
      ></textarea>
      <p id="stop-hint">${t('tune.stop.hint')}</p>
    </div>`;
  }

  #stops(lines: string): void {
    const stop = lines.split('\n').filter(line => line !== '');
    this.#change({ stop: stop.length > 0 ? stop : undefined });
  }

  #applied({ detail }: CustomEvent<Settings>): void {
    this.#change(detail);
  }

  #change(part: { [K in keyof Settings]?: Settings[K] | undefined }): void {
    this.chat.setSettings(part);
  }

  #closed(): void {
    this.dispatchEvent(new CustomEvent('close'));
  }

  /** Esc closes the dialog and stops no answer. */
  #keyed(event: KeyboardEvent): void {
    if (event.key === 'Escape') event.stopPropagation();
  }

  /** A press beside the dialog is for closing it; its own content fills it. */
  #clicked(event: MouseEvent): void {
    if (event.target === this.dialog) this.dialog.close();
  }
}
