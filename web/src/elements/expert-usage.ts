import { css, html, nothing } from 'lit';
import { customElement } from 'lit/decorators.js';
import { bytes, decimal, integer, percent } from '../i18n/format.ts';
import { t } from '../i18n/index.ts';
import { colour } from '../see/picture.ts';
import { base } from '../styles/shared.ts';
import { figureList } from './figure-list.ts';
import { SeeElement } from './see-element.ts';

/** How often each expert was chosen, and what fetching them cost. */
@customElement('mixtab-expert-usage')
export class MixtabExpertUsage extends SeeElement {
  static override styles = [
    base,
    figureList,
    css`
      h3 {
        margin: 0 0 0.5rem;
        font-size: var(--small);
        line-height: 1.4;
      }
      ol {
        display: grid;
        grid-template-columns: max-content 1fr max-content;
        gap: 0.1875rem 0.625rem;
        margin: 0;
        padding: 0;
        list-style: none;
        font-size: var(--small);
        line-height: 1.3;
        font-variant-numeric: tabular-nums;
      }
      ol li {
        display: grid;
        grid-column: 1 / -1;
        grid-template-columns: subgrid;
        align-items: center;
      }
      .bar {
        position: relative;
        height: 0.75rem;
      }
      .bar i {
        display: block;
        height: 100%;
        min-width: 1px;
        border-radius: 0.125rem;
      }
      .bar b {
        position: absolute;
        inset-block: -0.125rem;
        width: 0;
        border-inline-start: 1px solid var(--ink);
      }
      .share {
        text-align: end;
      }
      .note {
        margin: 0.375rem 0 1rem;
        color: var(--muted);
        font-size: 0.75rem;
        line-height: 1.4;
      }
    `,
  ];

  protected override render() {
    return html`${this.#usage()}${this.#fetching()}`;
  }

  #usage() {
    const { log } = this.see;
    if (!log || log.size === 0) return nothing;
    const all = log.size * log.shape.layers * log.shape.expertsPerToken;
    const shares = Array.from(log.usage, uses => uses / all);
    const even = 1 / log.shape.experts;
    // The longest bar ends at the edge, or twice the even share where all are shorter.
    const most = Math.max(2 * even, ...shares);
    return html`
      <h3>${t('see.usage')}</h3>
      <ol>
        ${shares.map(
          (share, expert) => html`<li>
            <span>${t('see.expert', { expert: expert + 1 })}</span>
            <span class="bar">
              <i .style=${`width: ${(100 * share) / most}%; background: var(--expert-${colour(expert)})`}></i>
              <b .style=${`inset-inline-start: ${(100 * even) / most}%`}></b>
            </span>
            <span class="share">${percent(share)}</span>
          </li>`,
        )}
      </ol>
      <p class="note">${t('see.usageNote', { count: log.size })}</p>
    `;
  }

  #fetching() {
    const experts = this.see.counters?.experts;
    if (!experts) return nothing;
    return html`
      <h3>${t('see.fetching')}</h3>
      <dl>
        <div><dt>${t('see.hitRate')}</dt><dd>${percent(experts.hitRate)}</dd></div>
        <div><dt>${t('see.moved')}</dt><dd>${bytes(experts.loadedBytes)}</dd></div>
        <div><dt>${t('see.waited')}</dt><dd>${time(experts.waitMs)}</dd></div>
      </dl>
      <p class="note">${t('see.sinceOpened')}</p>
    `;
  }
}

function time(ms: number): string {
  return ms < 10_000
    ? t('see.milliseconds', { ms: integer(ms) })
    : t('see.seconds', { seconds: decimal(ms / 1000) });
}
