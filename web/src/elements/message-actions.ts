import { css, html, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { ChevronLeft, ChevronRight, type IconNode, Pencil, RotateCcw, StepForward } from 'lucide';
import { integer } from '../i18n/format.ts';
import { t } from '../i18n/index.ts';
import type { Turn } from '../state/chat-store.ts';
import { base, button } from '../styles/shared.ts';
import { MixtabElement } from './element.ts';
import { icon } from './icon.ts';
import './copy.ts';

/** What can be done with a message, beside copying it. */
export type Action = 'edit' | 'regenerate' | 'resume' | 'previous' | 'next';

/** The row of buttons under a message. Fires "act" with the action. */
@customElement('mixtab-message-actions')
export class MixtabMessageActions extends MixtabElement {
  @property({ attribute: false }) turn!: Turn;
  /** Which question or answer of the conversation it is, from 1. */
  @property({ type: Number }) number = 1;
  /** The last of the conversation, which alone can go on. */
  @property({ type: Boolean }) last = false;
  /** Something is being answered; another branch cannot be looked at meanwhile. */
  @property({ type: Boolean }) answering = false;

  static override styles = [
    base,
    button,
    css`
      div {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 0.125rem;
        color: var(--muted);
        font-size: var(--small);
      }
      .branches {
        display: flex;
        align-items: center;
        font-variant-numeric: tabular-nums;
      }
      button {
        display: inline-flex;
        align-items: center;
        justify-content: center;
        gap: 0.375rem;
        min-width: 1.75rem;
        min-height: 1.75rem;
        padding: 0.25rem;
        border-color: transparent;
        border-radius: 0.5rem;
      }
      button.named {
        padding-inline: 0.5rem;
      }
      button[aria-disabled] {
        opacity: 0.4;
      }
      svg {
        width: 1rem;
        height: 1rem;
      }
    `,
  ];

  /** Puts the focus on a button, where it was before what the button began. */
  focusOn(action: Action): void {
    this.renderRoot.querySelector<HTMLElement>(`[data-action=${action}]`)?.focus();
  }

  protected override render() {
    const { role, state, text, branch } = this.turn;
    const user = role === 'user';
    const which = { number: integer(this.number) };
    const early = state === 'stopped' || state === 'cut' || state === 'failed';
    const resumable = !user && early && text !== '' && this.last && !this.answering;
    return html`
      <div role="group" aria-label=${user ? t('talk.actionsOfMessage', which) : t('talk.actionsOfAnswer', which)}>
        ${branch.count > 1 ? this.#branches() : nothing}
        ${
          text === ''
            ? nothing
            : html`<mixtab-copy
                .text=${() => text}
                label=${user ? t('talk.copyMessage', which) : t('talk.copyAnswer', which)}
              ></mixtab-copy>`
        }
        ${
          user
            ? this.#button('edit', Pencil, t('talk.edit', which))
            : this.#button(
                'regenerate',
                RotateCcw,
                t('talk.regenerate', which),
                undefined,
                state === 'streaming',
              )
        }
        ${resumable ? this.#button('resume', StepForward, t('talk.resume', which), t('talk.resumeShort')) : nothing}
      </div>
    `;
  }

  #branches() {
    const { role, branch } = this.turn;
    const which = { number: integer(this.number) };
    const user = role === 'user';
    const place = t('talk.branch', { index: integer(branch.index + 1), count: integer(branch.count) });
    return html`
      <span class="branches">
        ${this.#button('previous', ChevronLeft, user ? t('talk.previousMessage', which) : t('talk.previousAnswer', which), undefined, this.answering || branch.index === 0)}
        <span role="status">${place}</span>
        ${this.#button('next', ChevronRight, user ? t('talk.nextMessage', which) : t('talk.nextAnswer', which), undefined, this.answering || branch.index === branch.count - 1)}
      </span>
    `;
  }

  #button(action: Action, node: IconNode, label: string, shown?: string, off = false) {
    return html`<button
      class=${shown ? 'named' : ''}
      data-action=${action}
      aria-label=${label}
      title=${label}
      aria-disabled=${off ? 'true' : nothing}
      @click=${() => off || this.#act(action)}
    >
      ${icon(node)}${shown ?? nothing}
    </button>`;
  }

  #act(action: Action): void {
    this.dispatchEvent(new CustomEvent('act', { detail: action }));
  }
}
