import { css, html } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { decimal, integer } from '../i18n/format.ts';
import { t } from '../i18n/index.ts';
import type { AnswerFigures } from '../state/chat-store.ts';
import { base } from '../styles/shared.ts';
import { MixtabElement } from './element.ts';

/** The quiet line under the composer: what the last answer cost, and what this model is. */
@customElement('mixtab-figures')
export class MixtabFigures extends MixtabElement {
  @property({ attribute: false }) figures: AnswerFigures | undefined;
  @property({ type: Number }) context = 0;
  @property({ type: Number }) dropped = 0;
  @property({ type: Boolean }) demo = true;

  static override styles = [
    base,
    css`
      ul {
        display: flex;
        flex-wrap: wrap;
        justify-content: center;
        gap: 0 1.25rem;
        margin: 0;
        padding: 0;
        list-style: none;
        min-height: 1.25rem;
        color: var(--muted);
        font-size: 0.75rem;
        line-height: 1.25rem;
        font-variant-numeric: tabular-nums;
      }
    `,
  ];

  protected override render() {
    return html`<ul>
      ${this.#parts().map(part => html`<li>${part}</li>`)}
    </ul>`;
  }

  #parts(): string[] {
    const { figures, context, dropped } = this;
    const parts = [];
    if (figures && figures.tokensPerSecond > 0) {
      parts.push(t('figures.speed', { speed: decimal(figures.tokensPerSecond) }));
    }
    if (figures) parts.push(t('figures.first', { seconds: decimal(figures.firstTokenMs / 1000) }));
    if (figures?.contextTokens !== undefined && context > 0) {
      parts.push(t('figures.context', { used: integer(figures.contextTokens), size: integer(context) }));
    }
    if (dropped > 0) parts.push(t('figures.dropped', { count: dropped }));
    if (!figures) parts.push(t('figures.local'));
    if (this.demo) parts.push(t('figures.demo'));
    return parts;
  }
}
