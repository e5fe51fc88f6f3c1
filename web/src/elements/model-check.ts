import { css, html, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { PackInfo, Preflight, StorageInfo } from '../../lib/src/index.ts';
import { bytes, decimal, percent } from '../i18n/format.ts';
import { t } from '../i18n/index.ts';
import { type Bar, type Disk, type Experts, roomFor, type Verdict, verdict } from '../models/verdict.ts';
import { base } from '../styles/shared.ts';
import { MixtabElement } from './element.ts';

/** What a pack needs against what there is: three bars, and one sentence. The disk is known before the rest is measured. */
@customElement('mixtab-model-check')
export class MixtabModelCheck extends MixtabElement {
  @property({ attribute: false }) info!: PackInfo;
  @property({ attribute: false }) storage: StorageInfo | undefined;
  /** Left out while it is measured. */
  @property({ attribute: false }) report: Preflight | undefined;

  static override styles = [
    base,
    css`
      section {
        display: grid;
        gap: 0.625rem;
        padding: 0.75rem 0.875rem;
        background: var(--paper);
        border-radius: 0.5rem;
      }
      dl {
        display: grid;
        grid-template-columns: auto minmax(3rem, 1fr);
        align-items: center;
        gap: 0.375rem 0.75rem;
        margin: 0;
        font-size: var(--small);
      }
      dd {
        margin: 0;
      }
      .bar {
        position: relative;
        height: 0.5rem;
        background: var(--hairline);
        border-radius: 999px;
        overflow: hidden;
      }
      .have {
        position: absolute;
        inset: 0;
        background: var(--accent);
        transform-origin: left;
      }
      .short .have {
        background: var(--danger);
      }
      .told {
        color: var(--muted);
        font-variant-numeric: tabular-nums;
      }
      p {
        margin: 0;
        font-weight: 600;
        text-wrap: pretty;
      }
      p.quiet {
        color: var(--muted);
        font-weight: 400;
        font-size: var(--small);
      }
    `,
  ];

  protected override render() {
    const { info, storage, report } = this;
    if (!storage) return nothing;
    const known = report ? verdict(info, storage, report) : undefined;
    const { disk, room } = known ?? roomFor(info, storage);
    return html`
      <section aria-label=${t('models.check.title')}>
        <dl>
          ${disk.need > 0 ? this.#bar('disk', disk) : nothing}
          ${known ? this.#bar('memory', known.memory) : nothing}
          ${known && known.experts.kind !== 'none' ? this.#bar('speed', known.speed) : nothing}
        </dl>
        <p class="verdict" role="status">
          ${known ? sentence(known) : html`${diskSentence(room)} <span class="told">${t('models.check.measuring')}</span>`}
        </p>
        ${report ? html`<p class="quiet">${t('models.check.about', { adapter: report.adapter })}</p>` : nothing}
      </section>
    `;
  }

  /** How much of what is needed is there. */
  #bar(of: 'disk' | 'memory' | 'speed', { need, have }: Bar) {
    const told =
      of === 'speed'
        ? t('models.check.paced', { need: pace(need), have: pace(have) })
        : t('models.check.against', { need: bytes(need), have: bytes(have) });
    const share = need > 0 ? Math.min(1, have / need) : 1;
    return html`
      <dt>${t(`models.check.${of}`)}</dt>
      <dd>
        <div class="bar ${share < 1 ? 'short' : ''}"><div class="have" .style=${`transform: scaleX(${share})`}></div></div>
        <span class="told">${told}</span>
      </dd>
    `;
  }
}

function pace(wordsPerSecond: number): string {
  return t('models.check.pace', { words: decimal(wordsPerSecond) });
}

/** "Fits on disk. Half the experts fit your GPU; expect about 4 words a second." */
function sentence({ room, experts, speed }: Verdict): string {
  return `${diskSentence(room)} ${gpuSentence(experts, speed.have)}`;
}

function diskSentence(room: Disk): string {
  if (room.kind === 'short') return t('models.disk.short', { size: bytes(room.bytes) });
  return t(`models.disk.${room.kind}`);
}

function gpuSentence(experts: Experts, wordsPerSecond: number): string {
  if (experts.kind === 'none') return t('models.gpu.none');
  const expect =
    wordsPerSecond >= 1
      ? t('models.gpu.words', {
          words: decimal(wordsPerSecond >= 2 ? Math.round(wordsPerSecond) : wordsPerSecond),
        })
      : t('models.gpu.seconds', { seconds: decimal(1 / wordsPerSecond) });
  const share = experts.kind === 'share' ? percent(experts.share) : '';
  return t(`models.gpu.${experts.kind}`, { share, expect });
}
