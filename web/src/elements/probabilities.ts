import { css, html, nothing } from 'lit';
import { chance } from '../i18n/format.ts';
import { t } from '../i18n/index.ts';
import { shown } from '../see/words.ts';
import type { SeenToken } from '../state/see-store.ts';

/** What the model might have written in a token's place, as bars; the written one stands out. */
export function probabilities(token: SeenToken) {
  const { logprob } = token;
  if (logprob === undefined) return nothing;
  return html`<ul class="probabilities" aria-label=${t('see.nextToken')}>
    ${candidates(token, logprob).map(
      candidate => html`<li ?data-written=${candidate.text === token.text}>
        <code>${shown(candidate.text)}</code>
        <span class="bar"><i .style=${`width: ${100 * Math.exp(candidate.logprob)}%`}></i></span>
        <span class="share">${chance(Math.exp(candidate.logprob))}</span>
      </li>`,
    )}
  </ul>`;
}

/** The same for a screen reader: "“lemon” 62 %. Might also have been: “salt” 12 %, “lime” 5 %". */
export function probabilitiesSaid(token: SeenToken): string {
  const { text, logprob } = token;
  if (logprob === undefined) return shown(text);
  const say = (candidate: { text: string; logprob: number }) =>
    t('see.candidate', { text: shown(candidate.text), share: chance(Math.exp(candidate.logprob)) });
  const others = candidates(token, logprob).filter(candidate => candidate.text !== text);
  const written = say({ text, logprob });
  return others.length === 0
    ? written
    : `${written}. ${t('see.instead', { others: others.map(say).join(', ') })}`;
}

/** The likeliest, and the written one even where it was not among them. */
function candidates({ text, top = [] }: SeenToken, logprob: number) {
  return top.some(candidate => candidate.text === text) ? top : [...top, { text, logprob }];
}

export const probabilitiesStyle = css`
  .probabilities {
    display: grid;
    grid-template-columns: minmax(3rem, max-content) minmax(3rem, 1fr) max-content;
    gap: 0.125rem 0.625rem;
    margin: 0;
    padding: 0;
    list-style: none;
    color: var(--muted);
    font-size: var(--small);
    line-height: 1.4;
    font-variant-numeric: tabular-nums;
  }
  .probabilities li {
    display: grid;
    grid-column: 1 / -1;
    grid-template-columns: subgrid;
    align-items: center;
  }
  .probabilities li[data-written] {
    color: var(--ink);
    font-weight: 600;
  }
  .probabilities code {
    max-width: 9rem;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
    font-family: var(--mono);
    font-size: 0.75rem;
  }
  .probabilities .bar {
    height: 0.375rem;
    border-radius: 0.1875rem;
    background: var(--sunken);
  }
  .probabilities i {
    display: block;
    height: 100%;
    min-width: 1px;
    border-radius: inherit;
    background: var(--muted);
  }
  .probabilities li[data-written] i {
    background: var(--accent);
  }
  .probabilities .share {
    text-align: end;
  }
`;
