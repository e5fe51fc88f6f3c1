import { css, html } from 'lit';
import { customElement } from 'lit/decorators.js';
import { percent } from '../i18n/format.ts';
import { t } from '../i18n/index.ts';
import { colour } from '../see/picture.ts';
import { shown } from '../see/words.ts';
import type { RoutingLog } from '../state/routing-log.ts';
import { base } from '../styles/shared.ts';
import { SeeElement } from './see-element.ts';

/** More columns than this nobody reads. */
const lastTokens = 8;

/** What the picture shows, as a table: the last tokens, or the one that is pointed at. */
@customElement('mixtab-expert-table')
export class MixtabExpertTable extends SeeElement {
  static override styles = [
    base,
    css`
      .scroller {
        max-height: 28rem;
        overflow: auto;
        scrollbar-width: thin;
        scrollbar-color: var(--hairline) transparent;
      }
      table {
        border-collapse: collapse;
        font-size: 0.75rem;
        line-height: 1.4;
        font-variant-numeric: tabular-nums;
      }
      caption {
        position: sticky;
        inset-inline-start: 0;
        padding-block-end: 0.375rem;
        color: var(--muted);
        text-align: start;
      }
      th,
      td {
        padding: 0.25rem 0.625rem 0.25rem 0;
        border-bottom: 1px solid var(--hairline);
        text-align: start;
        vertical-align: top;
        white-space: nowrap;
      }
      thead th {
        position: sticky;
        inset-block-start: 0;
        background: var(--paper);
      }
      th:first-child {
        position: sticky;
        inset-inline-start: 0;
        background: var(--paper);
      }
      td span {
        display: block;
      }
      i {
        display: inline-block;
        width: 0.5rem;
        height: 0.5rem;
        margin-inline-end: 0.25rem;
        border-radius: 0.125rem;
      }
    `,
  ];

  protected override render() {
    const { log, cell } = this.see;
    if (!log) return html``;
    const one = cell && cell.token >= log.first ? cell.token : undefined;
    const from = one ?? Math.max(log.first, log.end - lastTokens);
    const tokens = Array.from({ length: one === undefined ? log.end - from : 1 }, (_, i) => from + i);
    const layers = Array.from({ length: log.shape.layers }, (_, layer) => layer);
    const caption = one === undefined ? t('see.table') : t('see.tableOne');
    return html`
      <div class="scroller" tabindex="0" role="region" aria-label=${caption}>
        <table>
          <caption>
            ${caption}
          </caption>
          <thead>
            <tr>
              <th scope="col">${t('see.layer')}</th>
              ${tokens.map(
                token =>
                  html`<th scope="col">${log.index(token) + 1} ${shown(this.see.token(token)?.text ?? '')}</th>`,
              )}
            </tr>
          </thead>
          <tbody>
            ${layers.map(
              layer => html`<tr>
                <th scope="row">${layer + 1}</th>
                ${tokens.map(token => html`<td>${experts(log, token, layer)}</td>`)}
              </tr>`,
            )}
          </tbody>
        </table>
      </div>
    `;
  }
}

function experts(log: RoutingLog, token: number, layer: number) {
  return Array.from({ length: log.shape.expertsPerToken }, (_, rank) => {
    const expert = log.expert(token, layer, rank);
    return html`<span>
      <i .style=${`background: var(--expert-${colour(expert)})`}></i>${expert + 1}: ${percent(log.weight(token, layer, rank))}${
        log.loaded(token, layer, rank) ? `, ${t('see.fetched')}` : ''
      }
    </span>`;
  });
}
