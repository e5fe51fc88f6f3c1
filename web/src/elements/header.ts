import { css, html, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { EngineDownload } from '../../lib/src/index.ts';
import { bytes, percent } from '../i18n/format.ts';
import { isLanguage, language, languages, setLanguage, t } from '../i18n/index.ts';
import type { EngineState } from '../state/engine-store.ts';
import { base } from '../styles/shared.ts';
import { MixtabElement } from './element.ts';

/** Beside the page. */
const logo = 'icon.svg';

/** One row: the name, how the engine is, the language. A thin line below shows loading. */
@customElement('mixtab-header')
export class MixtabHeader extends MixtabElement {
  @property({ attribute: false }) engine!: EngineState;
  @property({ type: Boolean }) answering = false;
  @property({ type: Boolean }) demo = true;

  static override styles = [
    base,
    css`
      header {
        position: relative;
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 0.25rem 1rem;
        min-height: 3.25rem;
        padding: 0.5rem var(--gutter);
      }
      h1 {
        display: flex;
        align-items: center;
        gap: 0.5rem;
        margin: 0;
        font-size: 1.0625rem;
        font-weight: 650;
        letter-spacing: -0.01em;
      }
      .engine {
        display: flex;
        flex-wrap: wrap;
        gap: 0 1rem;
        margin-inline-end: auto;
        color: var(--muted);
        font-size: var(--small);
        font-variant-numeric: tabular-nums;
      }
      select {
        font: inherit;
        font-size: var(--small);
        color: var(--muted);
        background: var(--paper);
        border: 1px solid transparent;
        border-radius: 0.5rem;
        padding: 0.25rem;
      }
      select:hover {
        border-color: var(--hairline);
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
          order: 3;
          flex-basis: 100%;
        }
        h1 {
          margin-inline-end: auto;
        }
      }
    `,
  ];

  protected override render() {
    return html`
      <header>
        <h1><img src=${logo} alt="" width="22" height="22" />mixtab</h1>
        <div class="engine">
          <span>${this.#model()}</span>
          <span role="status" aria-label=${t('engineStatus')}>${this.#status()}</span>
          ${this.#loaded()}
        </div>
        <select aria-label=${t('language')} @change=${this.#chosen}>
          ${Object.entries(languages).map(
            ([tag, name]) =>
              html`<option value=${tag} lang=${tag} ?selected=${tag === language()}>${name}</option>`,
          )}
        </select>
        ${this.#line()}
      </header>
    `;
  }

  #model() {
    const name = this.demo ? t('demo') : this.engine.kind === 'ready' ? this.engine.engine.info.model : '';
    if (this.engine.kind !== 'ready') return name || nothing;
    return `${name}, ${bytes(this.engine.engine.info.packBytes)}`;
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
    return html`<span
      >${t('progress.bytes', { loaded: bytes(loaded), total: bytes(total) })}, ${percent(loaded / total)}</span
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

  #chosen(event: Event): void {
    const tag = (event.target as HTMLSelectElement).value;
    if (isLanguage(tag)) void setLanguage(tag);
  }
}
