import { css, html, nothing } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { t } from '../i18n/index.ts';
import type { TurnToken } from '../state/tree.ts';
import { base } from '../styles/shared.ts';
import { MixtabElement } from './element.ts';
import { probabilities, probabilitiesSaid, probabilitiesStyle } from './probabilities.ts';

/** The room between a token and what pops up beside it, in pixels. */
const distance = 6;

/** Below these probabilities a token is marked, each time more strongly. */
const doubts = [0.9, 0.5, 0.2];

/**
 * An answer token by token. Pointing at one, or walking along them with the arrow keys, shows what the
 * model might have written instead. Fires "point" with the token's place.
 */
@customElement('mixtab-tokens')
export class MixtabTokens extends MixtabElement {
  @property({ attribute: false }) tokens: readonly TurnToken[] = [];
  /** The token that the reader points at elsewhere. */
  @property({ attribute: false }) pointed: number | undefined;

  @state() private at: number | undefined;
  @state() private said = '';
  @query('.popover') private popup!: HTMLElement;

  static override styles = [
    base,
    probabilitiesStyle,
    css`
      .text {
        white-space: pre-wrap;
        overflow-wrap: anywhere;
        border-radius: 0.25rem;
      }
      .unseen {
        user-select: none;
      }
      .text span {
        border-block-end: 2px solid transparent;
      }
      .text span[data-doubt='1'] {
        border-color: color-mix(in oklab, var(--accent) 25%, transparent);
      }
      .text span[data-doubt='2'] {
        border-color: color-mix(in oklab, var(--accent) 55%, transparent);
      }
      .text span[data-doubt='3'] {
        border-color: var(--accent);
      }
      .text span[data-at],
      .text span[data-pointed] {
        background: color-mix(in oklab, var(--accent) 20%, transparent);
        border-radius: 0.125rem;
      }
      .popover {
        position: fixed;
        inset: auto;
        margin: 0;
        width: min(17rem, 100vw - 1rem);
        padding: 0.625rem 0.75rem;
        border: 1px solid var(--hairline);
        border-radius: 0.625rem;
        background: var(--raised);
        color: var(--ink);
        pointer-events: none;
      }
    `,
  ];

  protected override render() {
    const token = this.at === undefined ? undefined : this.tokens[this.at];
    return html`
      <p class="unseen">${this.tokens.map(({ text }) => text).join('')}</p>
      <div
        class="text"
        tabindex="0"
        role="application"
        aria-label=${t('see.answerTokens')}
        aria-describedby="keys"
        @pointerover=${this.#pointed}
        @pointerleave=${this.#left}
        @keydown=${this.#keyed}
        @blur=${this.#left}
      >${this.tokens.map(
        ({ text, logprob }, index) =>
          html`<span data-index=${index} data-doubt=${doubt(logprob)} ?data-at=${index === this.at} ?data-pointed=${index === this.pointed}>${text}</span>`,
      )}</div>
      <p id="keys" class="unseen">${t('see.answerTokensKeys')}</p>
      <p class="unseen" aria-live="polite">${this.said}</p>
      <div class="popover" popover="manual">${token ? probabilities(token) : nothing}</div>
    `;
  }

  protected override updated(): void {
    const span = this.renderRoot.querySelector<HTMLElement>('[data-at]');
    if (span) this.#pop(span);
    else if (this.popup.matches(':popover-open')) this.popup.hidePopover();
  }

  #pointed(event: PointerEvent): void {
    const index = (event.target as HTMLElement).dataset.index;
    if (index !== undefined) this.#go(Number(index));
  }

  #left(): void {
    this.at = undefined;
  }

  #keyed(event: KeyboardEvent): void {
    const { at } = this;
    const last = this.tokens.length - 1;
    const places: Record<string, number> = {
      ArrowRight: at === undefined ? 0 : Math.min(at + 1, last),
      ArrowLeft: at === undefined ? last : Math.max(at - 1, 0),
      Home: 0,
      End: last,
    };
    const place = places[event.key];
    if (event.key === 'Escape' && at !== undefined) {
      event.preventDefault(); // The answer goes on.
      this.#left();
    } else if (place !== undefined && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      this.#go(place);
      const token = this.tokens[place];
      this.said = token ? probabilitiesSaid(token) : '';
      this.renderRoot.querySelector(`[data-index="${place}"]`)?.scrollIntoView({ block: 'nearest' });
    }
  }

  #go(index: number): void {
    this.at = index;
    this.dispatchEvent(new CustomEvent('point', { detail: index }));
  }

  /** Below the token, or above where there is no room; never beyond the window's sides. */
  #pop(token: HTMLElement): void {
    if (!this.popup.matches(':popover-open')) this.popup.showPopover();
    const first = token.getClientRects()[0] ?? token.getBoundingClientRect();
    const { width, height } = this.popup.getBoundingClientRect();
    const below = first.bottom + distance;
    const top = below + height <= innerHeight ? below : first.top - distance - height;
    this.popup.style.top = `${Math.max(0, top)}px`;
    this.popup.style.left = `${Math.max(8, Math.min(first.left, innerWidth - width - 8))}px`;
  }
}

function doubt(logprob: number): number {
  const probability = Math.exp(logprob);
  return doubts.filter(limit => probability < limit).length;
}
