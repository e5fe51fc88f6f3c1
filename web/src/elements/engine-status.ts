import { css, html, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { EngineDownload } from '../../lib/src/index.ts';
import { bytes, percent } from '../i18n/format.ts';
import { t } from '../i18n/index.ts';
import type { EngineState } from '../state/engine-store.ts';
import { base } from '../styles/shared.ts';
import { MixtabElement } from './element.ts';
import { Media, phone } from './media.ts';
import './model-chip.ts';

/**
 * Which model this is and how the engine is; a thin line along the header's lower edge shows
 * loading. Fires "models" when the model is clicked.
 */
@customElement('mixtab-engine-status')
export class MixtabEngineStatus extends MixtabElement {
  @property({ attribute: false }) engine!: EngineState;
  @property({ type: Boolean }) answering = false;
  @property() pack = '';
  @property({ type: Boolean }) demo = true;
  /** There is no other model to choose here, and no chip for it. */
  @property({ type: Boolean }) fixed = false;

  readonly #narrow = new Media(this, phone);

  static override styles = [
    base,
    css`
      .engine {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 0 0.75rem;
        color: var(--muted);
        font-size: var(--small);
        line-height: 1.35;
        font-variant-numeric: tabular-nums;
      }
      mixtab-model-chip {
        max-width: 100%;
        color: var(--ink);
      }
      .line {
        position: absolute;
        inset: auto 0 0;
        height: 2px;
        background: var(--hairline);
        overflow: hidden;
      }
      .line.idle {
        height: 1px;
      }
      .bar {
        height: 100%;
        background: var(--accent);
        transform-origin: left;
        transition: transform var(--motion) linear;
      }
      .unknown .bar {
        width: 25%;
        animation: pass 1.4s infinite ease-in-out;
      }
      @keyframes pass {
        from {
          transform: translateX(-100%);
        }
        to {
          transform: translateX(400%);
        }
      }
      @media (prefers-reduced-motion: reduce) {
        .unknown .bar {
          animation: none;
          width: 100%;
          opacity: 0.4;
        }
      }
      @media (max-width: 40rem) {
        .engine {
          font-size: 0.75rem;
          gap: 0 0.5rem;
        }
        .engine:has(mixtab-model-chip) {
          flex-wrap: nowrap;
        }
        mixtab-model-chip {
          min-width: 0;
        }
        mixtab-model-chip ~ .bytes {
          display: none; /* The line below tells how far it is. */
        }
      }
    `,
  ];

  protected override render() {
    const status = this.#status();
    // The chip tells a calm state, and on a phone a download; the words beside it are then for screen readers.
    const calm = !this.fixed && this.engine.kind === 'ready' && !this.engine.restoring && !this.answering;
    const quiet = calm && (this.#narrow.matches || status === t('status.ready'));
    return html`
      <div class="engine">
        ${
          this.fixed
            ? nothing
            : html`<mixtab-model-chip .engine=${this.engine} .pack=${this.pack} .demo=${this.demo} @models=${this.#clicked}></mixtab-model-chip>`
        }
        <span role="status" class=${quiet ? 'unseen' : ''} aria-label=${t('engineStatus')}>${status}</span>
        ${this.#loaded()}
      </div>
      ${this.#line()}
    `;
  }

  #status(): string {
    switch (this.engine.kind) {
      case 'loading':
        return t(`status.${this.engine.progress?.phase ?? 'starting'}`);
      case 'ready':
        if (this.engine.restoring) return t('status.restoring');
        return this.answering ? t('status.answering') : this.#ready(this.engine.download);
      case 'failed':
        return t('status.failed');
    }
  }

  #ready(download: EngineDownload | undefined): string {
    if (!download || download.phase === 'done') return t('status.ready');
    return t(`download.${download.phase}`);
  }

  /** Apart from the status, so that a screen reader is not told every percent. */
  #loaded() {
    const { loaded, total } = this.#bytes();
    if (total === 0 || (this.engine.kind === 'ready' && loaded === total)) return nothing;
    const share = percent(loaded / total);
    // Of a download behind a model that is ready, the chip tells the share.
    const told = !this.fixed && this.engine.kind === 'ready' && !this.engine.restoring;
    return html`<span class="bytes"
      >${t('progress.bytes', { loaded: bytes(loaded), total: bytes(total) })}${told ? nothing : `, ${share}`}</span
    >`;
  }

  /** Of what is under way: the opening, or the download behind it. */
  #bytes(): { loaded: number; total: number } {
    switch (this.engine.kind) {
      case 'loading': {
        const { loadedBytes: loaded = 0, totalBytes: total = 0 } = this.engine.progress ?? {};
        return { loaded: Math.min(loaded, total), total };
      }
      case 'ready': {
        if (this.engine.restoring) {
          const { loadedBytes: loaded, totalBytes: total } = this.engine.restoring;
          return { loaded, total };
        }
        const { doneBytes: loaded = 0, totalBytes: total = 0 } = this.engine.download ?? {};
        return { loaded, total };
      }
      case 'failed':
        return { loaded: 0, total: 0 };
    }
  }

  #share(): number | undefined {
    const { loaded, total } = this.#bytes();
    return total > 0 ? loaded / total : undefined;
  }

  #line() {
    if (this.engine.kind !== 'loading') return html`<div class="line idle"></div>`;
    const share = this.#share();
    return html`
      <div
        class="line ${share === undefined ? 'unknown' : ''}"
        role="progressbar"
        aria-label=${t('progress.label')}
        aria-valuemin="0"
        aria-valuemax="100"
        aria-valuenow=${share === undefined ? nothing : Math.round(share * 100)}
      >
        <div class="bar" .style=${share === undefined ? '' : `transform: scaleX(${share})`}></div>
      </div>
    `;
  }

  #clicked(): void {
    this.dispatchEvent(new CustomEvent('models'));
  }
}
