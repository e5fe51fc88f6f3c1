import { css, html, nothing, svg } from 'lit';
import { decimal } from '../i18n/format.ts';
import { t } from '../i18n/index.ts';
import { pace } from '../see/pace.ts';

const width = 320;
const height = 40;

/** More points than this a line of that width does not show. */
const points = 80;

/** The course of tokens per second along an answer; nothing where it would say no more than a figure. */
export function paceLine(arrivals: readonly number[]) {
  const speeds = pace(arrivals, points);
  if (speeds.length < 2) return nothing;
  const [low, high] = [Math.min(...speeds), Math.max(...speeds)];
  const x = (i: number) => (i * width) / (speeds.length - 1);
  const y = (speed: number) => height - 2 - (speed * (height - 4)) / high;
  const line = speeds.map((speed, i) => `${x(i).toFixed(1)},${y(speed).toFixed(1)}`).join(' ');
  return html`<svg
    class="pace"
    viewBox="0 0 ${width} ${height}"
    preserveAspectRatio="none"
    role="img"
    aria-label=${t('see.pace', { low: decimal(low), high: decimal(high) })}
  >
    ${svg`<polygon points="0,${height} ${line} ${width},${height}" /><polyline points=${line} />`}
  </svg>`;
}

export const paceStyle = css`
  svg.pace {
    width: 100%;
    height: 2.5rem;
    margin-block: 0.25rem;
    border-bottom: 1px solid var(--hairline);
  }
  .pace polyline {
    fill: none;
    stroke: var(--accent);
    stroke-width: 1.5;
    stroke-linejoin: round;
    vector-effect: non-scaling-stroke;
  }
  .pace polygon {
    fill: var(--accent);
    opacity: 0.12;
  }
`;
