import { css, html, nothing, type PropertyValues } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { live } from 'lit/directives/live.js';
import { integer, plain } from '../i18n/format.ts';
import { t } from '../i18n/index.ts';
import { type Fault, isWhole, type Range, readNumber } from '../state/tuning.ts';
import { base } from '../styles/shared.ts';
import { MixtabElement } from './element.ts';

/** A number with a slider and a field for it, and what it means. Fires "set" with the number, or undefined for the model's own. */
@customElement('mixtab-number-setting')
export class MixtabNumberSetting extends MixtabElement {
  @property() label = '';
  @property() hint = '';
  @property({ attribute: false }) range!: Range;
  @property({ attribute: false }) value: number | undefined;
  /** In place of a number, where none is set. */
  @property() standard = '';

  /** What was typed and is not a number that can be set. */
  @state() private wrong: { typed: string; fault: Fault } | undefined;

  static override styles = [
    base,
    css`
      .row {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 0.25rem 1rem;
      }
      label {
        flex: 1 1 10rem;
        font-weight: 500;
      }
      .controls {
        flex: 1 1 14rem;
        min-width: 0;
        display: flex;
        align-items: center;
        justify-content: end;
        gap: 0.75rem;
      }
      input[type='range'] {
        flex: 1;
        min-width: 4rem;
        accent-color: var(--accent);
      }
      input[type='text'] {
        width: 8.5rem;
        padding: 0.25rem 0.5rem;
        border: 1px solid var(--muted);
        border-radius: 0.5rem;
        background: var(--raised);
        color: inherit;
        font: inherit;
        font-variant-numeric: tabular-nums;
      }
      input::placeholder {
        color: var(--muted);
        opacity: 1;
      }
      input[aria-invalid='true'] {
        border-color: var(--danger);
      }
      p {
        margin: 0.125rem 0 0;
        color: var(--muted);
        font-size: var(--small);
      }
      .wrong {
        color: var(--danger);
      }
    `,
  ];

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has('value')) this.wrong = undefined;
  }

  protected override render() {
    const { wrong, value, range } = this;
    return html`
      <div class="row">
        <label for="field">${this.label}</label>
        <div class="controls">
          ${range.step === undefined ? nothing : this.#slider(range.step)}
          <input
            id="field"
            type="text"
            inputmode=${isWhole(range) ? 'numeric' : 'decimal'}
            autocomplete="off"
            placeholder=${this.standard}
            aria-describedby="hint wrong"
            aria-invalid=${wrong ? 'true' : 'false'}
            .value=${wrong?.typed ?? (value === undefined ? '' : plain(value))}
            @change=${this.#typed}
          />
        </div>
      </div>
      <p id="hint">${this.hint}</p>
      <p id="wrong" class="wrong" role="alert">${wrong ? this.#fault(wrong.fault) : ''}</p>
    `;
  }

  #slider(step: number) {
    const { min, max, standard } = this.range;
    return html`<input
      type="range"
      aria-label=${this.label}
      aria-valuetext=${this.value === undefined ? this.standard : plain(this.value)}
      min=${min}
      max=${max}
      step=${step}
      .value=${live(String(this.value ?? standard ?? max))}
      @input=${this.#slid}
    />`;
  }

  #fault(fault: Fault): string {
    const { min, max } = this.range;
    if (fault !== 'range') return t(`tune.fault.${fault}`);
    if (max === Number.MAX_SAFE_INTEGER) return t('tune.fault.least', { min: plain(min) });
    return t('tune.fault.range', { min: plain(min), max: max > 9999 ? integer(max) : plain(max) });
  }

  #slid(event: Event): void {
    this.#set(Number((event.target as HTMLInputElement).value));
  }

  #typed(event: Event): void {
    const typed = (event.target as HTMLInputElement).value;
    const read = readNumber(typed, this.range);
    if ('fault' in read) this.wrong = { typed, fault: read.fault };
    else this.#set(read.value);
  }

  #set(value: number | undefined): void {
    this.wrong = undefined;
    this.dispatchEvent(new CustomEvent('set', { detail: value }));
  }
}
