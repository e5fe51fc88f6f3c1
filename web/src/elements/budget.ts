import { css, html, nothing } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { bytes, integer } from '../i18n/format.ts';
import { t } from '../i18n/index.ts';
import { expertBytes, expertsOf, fewestExperts, regimeOf } from '../see/budget.ts';
import type { RouterShape } from '../state/routing-log.ts';
import { base } from '../styles/shared.ts';
import { SeeElement } from './see-element.ts';

/** How much of the GPU's memory the experts may take, and what that means for the waiting. */
@customElement('mixtab-budget')
export class MixtabBudget extends SeeElement {
  /** What the slider says while it is moved, in experts. */
  @state() private wanted: number | undefined;
  @state() private failure = '';

  static override styles = [
    base,
    css`
      label {
        display: flex;
        flex-wrap: wrap;
        justify-content: space-between;
        gap: 0 1rem;
        font-size: var(--small);
        font-variant-numeric: tabular-nums;
      }
      label span {
        color: var(--muted);
      }
      input {
        width: 100%;
        height: 1.5rem;
        margin: 0.125rem 0;
        accent-color: var(--accent);
        cursor: pointer;
      }
      p {
        margin: 0 0 0.5rem;
        font-size: var(--small);
        line-height: 1.5;
      }
      .help {
        color: var(--muted);
        font-size: 0.75rem;
      }
      .failure {
        color: var(--danger);
      }
    `,
  ];

  protected override render() {
    const { log, counters } = this.see;
    if (!log || !counters) return nothing;
    const { experts } = counters;
    const all = expertsOf(log.shape);
    const slots = this.wanted ?? experts.slots;
    const value = t('see.budgetValue', {
      slots: integer(slots),
      all: integer(all),
      size: bytes(slots * expertBytes(experts)),
    });
    return html`
      <label for="budget">${t('see.budget')} <span>${value}</span></label>
      <input
        id="budget"
        type="range"
        min=${fewestExperts(log.shape)}
        max=${all}
        .value=${String(slots)}
        aria-valuetext=${value}
        aria-describedby="meaning"
        @input=${this.#moved}
        @change=${this.#chosen}
      />
      <p id="meaning">${this.#meaning(log.shape, slots)}</p>
      ${this.failure ? html`<p class="failure" role="alert">${this.failure}</p>` : nothing}
      <p class="help">${t('see.budgetHelp')}</p>
    `;
  }

  #meaning(shape: RouterShape, slots: number): string {
    const figures = {
      slots: integer(slots),
      all: integer(expertsOf(shape)),
      needed: integer(shape.layers * shape.expertsPerToken),
    };
    return t(`see.budgetMeans.${regimeOf(shape, slots)}`, figures);
  }

  #moved(event: Event): void {
    this.wanted = Number((event.target as HTMLInputElement).value);
  }

  async #chosen(event: Event): Promise<void> {
    const { log, counters } = this.see;
    if (!log || !counters) return;
    const slots = Number((event.target as HTMLInputElement).value);
    this.wanted = slots;
    try {
      await this.see.setBudget(Math.ceil(slots * expertBytes(counters.experts)));
      this.failure = '';
    } catch (error) {
      this.failure = t('see.budgetFailed', {
        reason: error instanceof Error ? error.message : String(error),
      });
    }
    // What it came to may be less; where the slider was moved again meanwhile, that counts.
    if (this.wanted === slots) this.wanted = undefined;
  }
}
