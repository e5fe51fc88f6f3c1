import { css, html, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { decimal, integer } from '../i18n/format.ts';
import { t } from '../i18n/index.ts';
import { expertsOf } from '../see/budget.ts';
import type { AnswerFigures } from '../state/chat-store.ts';
import { base } from '../styles/shared.ts';
import { Online } from './online.ts';
import { SeeElement } from './see-element.ts';

/** The quiet line under the composer: what the last answer cost, and what this model is. Fires "panel". */
@customElement('mixtab-figures')
export class MixtabFigures extends SeeElement {
  @property({ attribute: false }) figures: AnswerFigures | undefined;
  @property({ type: Number }) context = 0;
  @property({ type: Number }) dropped = 0;
  @property({ type: Boolean }) demo = true;
  @property({ type: Boolean }) panelShown = false;

  readonly #online = new Online(this);

  static override styles = [
    base,
    css`
      button {
        display: flex;
        flex-wrap: wrap;
        justify-content: center;
        gap: 0 1.25rem;
        width: fit-content;
        max-width: 100%;
        min-height: 1.5rem;
        margin: 0 auto;
        padding: 0.125rem 0.75rem;
        border: 0;
        border-radius: 0.75rem;
        background: none;
        color: var(--muted);
        font: 0.75rem / 1.25rem var(--font);
        font-variant-numeric: tabular-nums;
        cursor: pointer;
        transition: background-color var(--motion);
      }
      button:hover {
        background: var(--sunken);
      }
      @media (max-width: 40rem) {
        .spare {
          display: none;
        }
      }
    `,
  ];

  override focus(): void {
    this.renderRoot.querySelector('button')?.focus();
  }

  protected override render() {
    return html`<button title=${t('see.open')} aria-expanded=${this.panelShown} @click=${this.#clicked}>
      <span class="unseen">${t('see.open')}: </span>${this.#parts()}
    </button>`;
  }

  /** A phone has no room for what can be spared. */
  #parts(): TemplateResult[] {
    const { figures, context, dropped } = this;
    const { log, counters } = this.see;
    const parts: TemplateResult[] = [];
    const add = (text: string, spare = false) =>
      parts.push(html`<span class=${spare ? 'spare' : ''}>${text}</span>`);
    if (!this.#online.now) add(t('see.offline'));
    if (figures && figures.tokensPerSecond > 0) {
      add(t('figures.speed', { speed: decimal(figures.tokensPerSecond) }));
    }
    if (figures) add(t('figures.first', { seconds: decimal(figures.firstTokenMs / 1000) }), true);
    if (figures?.contextTokens !== undefined && context > 0) {
      add(t('figures.context', { used: integer(figures.contextTokens), size: integer(context) }));
    }
    if (log && counters && !counters.experts.resident) {
      const fit = { slots: integer(counters.experts.slots), all: integer(expertsOf(log.shape)) };
      add(t('see.expertsFit', fit));
    }
    if (dropped > 0) add(t('figures.dropped', { count: dropped }));
    if (!figures) add(t('figures.local'));
    if (this.demo) add(t('figures.demo'));
    return parts;
  }

  #clicked(): void {
    this.dispatchEvent(new CustomEvent('panel'));
  }
}
