import { css, html, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { bytes, decimal, integer, percent } from '../i18n/format.ts';
import { t } from '../i18n/index.ts';
import type { AnswerFigures } from '../state/chat-store.ts';
import { base } from '../styles/shared.ts';
import { figureList } from './figure-list.ts';
import { Online } from './online.ts';
import { paceLine, paceStyle } from './pace.ts';
import { SeeElement } from './see-element.ts';
import './budget.ts';

/** The panel's second tab: how fast the engine is, what it holds, and where it runs. */
@customElement('mixtab-engine-figures')
export class MixtabEngineFigures extends SeeElement {
  @property({ attribute: false }) figures: AnswerFigures | undefined;

  readonly #online = new Online(this);

  static override styles = [
    base,
    figureList,
    paceStyle,
    css`
      section + section {
        margin-block-start: 1.5rem;
      }
      h3 {
        margin: 0 0 0.25rem;
        font-size: var(--small);
        line-height: 1.4;
      }
      p {
        margin: 0.25rem 0 0;
        color: var(--muted);
        font-size: 0.75rem;
        line-height: 1.5;
      }
      .meter {
        height: 0.5rem;
        margin-block: 0.375rem;
        border-radius: 0.25rem;
        background: var(--sunken);
        overflow: hidden;
      }
      .meter i {
        display: block;
        height: 100%;
        background: var(--accent);
      }
      mixtab-budget {
        margin-block: 0.25rem 0.25rem;
      }
    `,
  ];

  protected override render() {
    const { engine } = this.see;
    if (!engine) return html`<p>${t('see.notYet')}</p>`;
    return html`${this.#speed()}${this.#context(engine.info.context)}${this.#memory()}${this.#machine()}`;
  }

  #speed() {
    const { figures } = this;
    const speed = figures && figures.tokensPerSecond > 0 ? decimal(figures.tokensPerSecond) : undefined;
    const first = figures && t('see.seconds', { seconds: decimal(figures.firstTokenMs / 1000) });
    return html`<section>
      <h3>${t('see.speed')}</h3>
      ${paceLine(this.see.arrivals)}
      <dl>
        ${row(t('see.tokensPerSecond'), speed)} ${row(t('see.firstToken'), first)}
      </dl>
    </section>`;
  }

  #context(size: number) {
    const used = this.figures?.contextTokens;
    return html`<section>
      <h3>${t('see.context')}</h3>
      <div
        class="meter"
        role="meter"
        aria-label=${t('see.context')}
        aria-valuemin="0"
        aria-valuemax=${size}
        aria-valuenow=${used ?? 0}
      >
        <i .style=${`width: ${(100 * (used ?? 0)) / size}%`}></i>
      </div>
      <dl>
        ${row(t('see.used'), used === undefined ? undefined : t('see.contextUsed', { used: integer(used), size: integer(size) }))}
      </dl>
      <p>${t('see.contextHelp')}</p>
    </section>`;
  }

  #memory() {
    const { counters, dispatchesPerToken } = this.see;
    return html`<section>
      <h3>${t('see.memory')}</h3>
      <mixtab-budget .see=${this.see}></mixtab-budget>
      <dl>
        ${row(t('see.hitRate'), counters && percent(counters.experts.hitRate))}
        ${row(t('see.gpuMemory'), counters && bytes(counters.gpuBytes))}
        ${row(t('see.heap'), counters && bytes(counters.goHeapBytes))}
        ${row(t('see.dispatches'), dispatchesPerToken === undefined ? undefined : integer(dispatchesPerToken))}
      </dl>
    </section>`;
  }

  #machine() {
    const info = this.see.engine?.info;
    if (!info) return nothing;
    return html`<section>
      <h3>${t('see.machine')}</h3>
      <dl>
        ${row(t('see.adapter'), info.adapter)}
        ${row(t('see.model'), `${info.model}, ${info.format}`)}
        ${row(t('see.connection'), this.#online.now ? t('see.online') : t('see.offline'))}
      </dl>
    </section>`;
  }
}

function row(name: string, figure: string | undefined) {
  return html`<div><dt>${name}</dt><dd>${figure ?? t('see.unknown')}</dd></div>`;
}
