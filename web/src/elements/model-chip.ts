import { css, html } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { isLocal } from '../../lib/src/index.ts';
import { bytes, duration, percent } from '../i18n/format.ts';
import { t } from '../i18n/index.ts';
import type { EngineState } from '../state/engine-store.ts';
import { base, button } from '../styles/shared.ts';
import { MixtabElement } from './element.ts';

/** "Demo · 6.8 MB · ready": which model it is, and how much of it is here. Fires "models" when clicked. */
@customElement('mixtab-model-chip')
export class MixtabModelChip extends MixtabElement {
  @property({ attribute: false }) engine!: EngineState;
  @property() pack = '';
  @property({ type: Boolean }) demo = true;

  static override styles = [
    base,
    button,
    css`
      button {
        max-width: 100%;
        padding: 0.25rem 0.75rem;
        overflow-wrap: anywhere;
        text-align: start;
        line-height: 1.35;
        font-variant-numeric: tabular-nums;
      }
      @media (max-width: 40rem) {
        button {
          padding: 0.125rem 0.5rem;
        }
      }
    `,
  ];

  protected override render() {
    const text = [this.#name(), ...this.#state()].join(' · ');
    const label = t('models.chip.open', { model: text });
    return html`<button aria-label=${label} title=${t('header.models')} @click=${this.#clicked}>${text}</button>`;
  }

  #name(): string {
    if (this.demo) return t('demo');
    if (this.engine.kind === 'ready') return this.engine.engine.info.model;
    const folder = isLocal(this.pack) ? undefined : this.pack.split('/').at(-2);
    return folder ? decodeURIComponent(folder) : t('models.chip.other');
  }

  /** Of one that is not open yet, the engine's status says more. */
  #state(): string[] {
    if (this.engine.kind !== 'ready') return [];
    const { download } = this.engine;
    const { packBytes } = this.engine.engine.info;
    if (!download || download.phase === 'done') return [bytes(packBytes), t('models.chip.ready')];
    const share = percent(download.doneBytes / download.totalBytes);
    if (download.phase === 'paused') return [share, t('models.chip.paused')];
    if (download.phase === 'failed') return [share, t('models.chip.stopped')];
    const { secondsLeft } = download;
    return [share, ...(secondsLeft ? [t('models.left', { time: duration(secondsLeft) })] : [])];
  }

  #clicked(): void {
    this.dispatchEvent(new CustomEvent('models'));
  }
}
