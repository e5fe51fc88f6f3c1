import { css, html } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { isLocal } from '../../lib/src/index.ts';
import { bytes, duration, percent } from '../i18n/format.ts';
import { t } from '../i18n/index.ts';
import type { EngineState } from '../state/engine-store.ts';
import { base, button } from '../styles/shared.ts';
import { MixtabElement } from './element.ts';
import { Media, phone } from './media.ts';

interface Part {
  readonly text: string;
  /** A phone has no room for it. */
  readonly spare?: boolean;
}

/** "Demo · 6.8 MB · ready": which model it is, and how much of it is here. Fires "models" when clicked. */
@customElement('mixtab-model-chip')
export class MixtabModelChip extends MixtabElement {
  @property({ attribute: false }) engine!: EngineState;
  @property() pack = '';
  @property({ type: Boolean }) demo = true;

  readonly #narrow = new Media(this, phone);

  static override styles = [
    base,
    button,
    css`
      button {
        display: flex;
        max-width: 100%;
        padding: 0.25rem 0.75rem;
        white-space: pre;
        line-height: 1.35;
        font-variant-numeric: tabular-nums;
      }
      /* A long name gives way to what becomes of the model. */
      span {
        flex: none;
      }
      .name {
        flex: 0 1 auto;
        overflow: hidden;
        text-overflow: ellipsis;
      }
      @media (max-width: 40rem) {
        button {
          padding: 0.25rem 0.625rem;
        }
      }
    `,
  ];

  protected override render() {
    const name = this.#name();
    const parts = this.#state().filter(({ spare }) => !(spare && this.#narrow.matches));
    const text = [name, ...parts.map(part => part.text)].join(' · ');
    const label = t('models.chip.open', { model: text });
    return html`<button aria-label=${label} title=${t('header.models')} @click=${this.#clicked}><span class="name"
        >${name}</span
      >${parts.map(part => html`<span> · ${part.text}</span>`)}</button>`;
  }

  #name(): string {
    if (this.demo) return t('demo');
    if (this.engine.kind === 'ready') return this.engine.engine.info.model;
    const folder = isLocal(this.pack) ? undefined : this.pack.split('/').at(-2);
    return folder ? decodeURIComponent(folder) : t('models.chip.other');
  }

  /** Of one that is not open yet, the engine's status says more. */
  #state(): Part[] {
    if (this.engine.kind !== 'ready') return [];
    const { download } = this.engine;
    const { packBytes } = this.engine.engine.info;
    if (!download || download.phase === 'done') {
      return [{ text: bytes(packBytes), spare: true }, { text: t('models.chip.ready') }];
    }
    const share = { text: percent(download.doneBytes / download.totalBytes) };
    if (download.phase === 'paused') return [share, { text: t('models.chip.paused') }];
    if (download.phase === 'failed') return [share, { text: t('models.chip.stopped') }];
    const { secondsLeft } = download;
    if (!secondsLeft) return [share];
    return [share, { text: t('models.left', { time: duration(secondsLeft) }), spare: true }];
  }

  #clicked(): void {
    this.dispatchEvent(new CustomEvent('models'));
  }
}
