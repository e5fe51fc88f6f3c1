import { css, html, nothing } from 'lit';
import { customElement } from 'lit/decorators.js';
import { percent } from '../i18n/format.ts';
import { t } from '../i18n/index.ts';
import { colour } from '../see/picture.ts';
import { placeOf } from '../see/sentences.ts';
import type { RoutingLog } from '../state/routing-log.ts';
import { base } from '../styles/shared.ts';
import { probabilities, probabilitiesStyle } from './probabilities.ts';
import { SeeElement } from './see-element.ts';

/** What the reader points at in the picture: the cell's experts, and the token's alternatives. */
@customElement('mixtab-expert-cell')
export class MixtabExpertCell extends SeeElement {
  static override styles = [
    base,
    probabilitiesStyle,
    css`
      :host {
        min-height: 4.75rem;
        font-size: var(--small);
        line-height: 1.5;
      }
      p {
        margin: 0 0 0.25rem;
      }
      .hint {
        color: var(--muted);
      }
      .place {
        font-weight: 600;
        overflow-wrap: anywhere;
      }
      .experts {
        display: flex;
        flex-wrap: wrap;
        gap: 0 1.25rem;
        margin: 0 0 0.5rem;
        padding: 0;
        list-style: none;
        font-variant-numeric: tabular-nums;
      }
      .experts li {
        display: flex;
        align-items: center;
        gap: 0.4375rem;
      }
      .experts i {
        width: 0.75rem;
        height: 0.75rem;
        border-radius: 0.125rem;
      }
      .experts small {
        color: var(--muted);
        font-size: inherit;
      }
    `,
  ];

  protected override render() {
    const { log, cell } = this.see;
    if (!log || !cell || cell.token < log.first) return html`<p class="hint">${t('see.hint')}</p>`;
    const token = this.see.token(cell.token);
    return html`
      <p class="place">${placeOf(this.see, log, cell)}</p>
      ${cell.layer === undefined ? nothing : this.#experts(log, cell.token, cell.layer)}
      ${token ? probabilities(token) : nothing}
    `;
  }

  #experts(log: RoutingLog, token: number, layer: number) {
    const ranks = Array.from({ length: log.shape.expertsPerToken }, (_, rank) => rank);
    return html`<ul class="experts">
      ${ranks.map(rank => {
        const expert = log.expert(token, layer, rank);
        return html`<li>
          <i .style=${`background: var(--expert-${colour(expert)})`}></i>
          <span>${t('see.expert', { expert: expert + 1 })}</span>
          <span>${percent(log.weight(token, layer, rank))}</span>
          ${log.loaded(token, layer, rank) ? html`<small>${t('see.fetched')}</small>` : nothing}
        </li>`;
      })}
    </ul>`;
  }
}
