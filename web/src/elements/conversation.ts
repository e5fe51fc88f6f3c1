import { css, html, nothing } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { guard } from 'lit/directives/guard.js';
import { repeat } from 'lit/directives/repeat.js';
import { ArrowDown } from 'lucide';
import { integer } from '../i18n/format.ts';
import { language, t } from '../i18n/index.ts';
import type { Turn } from '../state/chat-store.ts';
import type { TokenPlace } from '../state/see-store.ts';
import { base, button } from '../styles/shared.ts';
import { MixtabElement } from './element.ts';
import { icon } from './icon.ts';
import { lazily } from './lazily.ts';
import type { MixtabMessage } from './message.ts';
import './message.ts';

/** How far from the end still counts as being there, in pixels. */
const nearEnd = 48;

/** So many of the newest messages are made at once. */
const newest = 8;

/** Turns of a section. */
const sectionLength = 20;

/** Between two turns, in rem. */
const gap = 0.75;

/** The scrolling log of messages. It follows the end until the reader scrolls away. */
@customElement('mixtab-conversation')
export class MixtabConversation extends MixtabElement {
  @property({ attribute: false }) turns: readonly Turn[] = [];
  /** Id of the first turn that the model still sees, when it does not see all. */
  @property({ attribute: false }) firstSeen: string | undefined;
  @property({ type: Number }) context = 0;
  @property({ type: Boolean }) answering = false;
  /** Answers are shown token by token, where their probabilities are known. */
  @property({ type: Boolean }) byToken = false;
  /** The token that the reader points at in the picture of the experts. */
  @property({ attribute: false }) pointed: TokenPlace | undefined;
  /** The last turn's answer comes after the one that another tab gets. */
  @property({ type: Boolean }) waiting = false;

  @state() private following = true;
  @query('.scroller') private scroller!: HTMLElement;
  @query('.content') private content!: HTMLElement;

  #lastTop = 0;
  readonly #arrow = icon(ArrowDown);
  // Called after layout, so that reading the height there costs none.
  readonly #resized = new ResizeObserver(() => {
    // The first screen is read from its top.
    if (this.following && this.turns.length > 0) this.#toEnd();
  });

  static override styles = [
    base,
    button,
    css`
      :host {
        position: relative;
        height: 100%;
      }
      .scroller {
        height: 100%;
        overflow-y: auto;
        overscroll-behavior: contain;
        scrollbar-width: thin;
        scrollbar-color: var(--hairline) transparent;
      }
      @media (min-width: 40rem) {
        .scroller {
          scrollbar-gutter: stable both-edges;
        }
      }
      .scroller:focus-visible {
        outline-offset: -3px;
      }
      .content {
        max-width: calc(var(--measure) + 2 * var(--gutter));
        min-height: 100%;
        margin: 0 auto;
        padding: 1.5rem var(--gutter) 2rem;
        display: flex;
        flex-direction: column;
      }
      .section {
        display: flex;
        flex-direction: column;
        gap: ${gap}rem;
        padding-bottom: ${gap}rem;
        margin-inline: -0.25rem;
      }
      /* What is out of sight is neither laid out nor painted, and yet found by a search. */
      .section,
      .turn {
        content-visibility: auto;
      }
      .turn {
        padding: 0.25rem; /* Room for the focus, which would be cut off. */
      }
      .turn.bare {
        content-visibility: hidden;
      }
      .section.live,
      .turn.live {
        content-visibility: visible;
      }
      .dropped {
        display: flex;
        align-items: center;
        gap: 1rem;
        margin: 0;
        color: var(--muted);
        font-size: var(--small);
        text-align: center;
      }
      .dropped::before,
      .dropped::after {
        content: '';
        flex: 1 0 1rem;
        border-top: 1px solid var(--hairline);
      }
      .jump {
        position: absolute;
        inset-block-end: 0.75rem;
        inset-inline-start: 50%;
        translate: -50% 0;
        display: flex;
        align-items: center;
        gap: 0.375rem;
        width: max-content;
        max-width: calc(100% - 2rem);
        background: var(--raised);
        font-size: var(--small);
      }
    `,
  ];

  /** Goes to the end and follows it again. */
  follow(): void {
    this.following = true;
    this.#toEnd();
  }

  /** Lets the reader change what was said last. */
  editLast(): void {
    const messages = [...this.renderRoot.querySelectorAll<MixtabMessage>('mixtab-message')];
    messages.findLast(message => message.turn.role === 'user')?.edit();
  }

  protected override firstUpdated(): void {
    this.#resized.observe(this.content);
    this.#resized.observe(this.scroller);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#resized.disconnect();
  }

  protected override render() {
    return html`
      <div
        class="scroller"
        role="log"
        aria-label=${t('conversation')}
        aria-live="off"
        tabindex="0"
        @scroll=${this.#scrolled}
      >
        <div class="content">
          <slot></slot>
          ${sections(this.turns).map(section => this.#section(section))}
          <slot name="end"></slot>
        </div>
      </div>
      ${this.following ? nothing : html`<button class="jump" @click=${this.follow}>${this.#arrow}${t('jump')}</button>`}
    `;
  }

  /** Some turns on end. One out of sight is skipped as a whole, and one without changes is not rendered again. */
  #section({ start, turns }: Section) {
    const live = this.turns.length - start <= 2 * sectionLength;
    const content = () => html`<div
      class=${live ? 'section live' : 'section'}
      .style=${`contain-intrinsic-block-size: auto ${sum(turns.map(height)) + turns.length * gap}rem`}
    >
      ${repeat(
        turns,
        // Branches are in one place, where the focus stays while they are looked through.
        turn => turn.parent,
        (turn, index) => html`
          ${turn.id === this.firstSeen ? this.#droppedNote() : nothing}
          ${this.#turn(turn, start + index)}
        `,
      )}
    </div>`;
    const ending = live ? [this.turns.length, this.waiting] : [];
    const pointed = turns.some(({ id }) => id === this.pointed?.turn) ? this.pointed?.index : undefined;
    const concerns = [this.firstSeen, this.context, this.answering, this.byToken, pointed, language()];
    return guard([...turns, ...ending, ...concerns], content);
  }

  #turn(turn: Turn, index: number) {
    const fromEnd = this.turns.length - index;
    const last = fromEnd === 1;
    // Told to those alone that it concerns, so that a long conversation does not change as a whole.
    const answering = this.answering && (last || turn.branch.count > 1);
    const message = () => html`<mixtab-message
      .turn=${turn}
      .number=${(index >> 1) + 1}
      .last=${last}
      .answering=${answering}
      .byToken=${this.byToken}
      .pointed=${this.pointed?.turn === turn.id ? this.pointed.index : undefined}
      .waiting=${last && this.waiting}
    ></mixtab-message>`;
    // One whose height still changes is laid out even where it is not seen.
    return html`<div class=${last ? 'turn live' : 'turn'} .style=${`contain-intrinsic-block-size: auto ${height(turn)}rem`}>
      ${lazily(fromEnd <= newest, message)}
    </div>`;
  }

  #droppedNote() {
    return html`<p class="dropped">${t('droppedHere', { size: integer(this.context) })}</p>`;
  }

  #toEnd(): void {
    this.scroller.scrollTop = this.scroller.scrollHeight;
  }

  #scrolled(): void {
    const { scrollTop, scrollHeight, clientHeight } = this.scroller;
    const fromEnd = scrollHeight - scrollTop - clientHeight;
    // Text that arrives moves the end away, and text that goes moves the view up to the
    // end; only going up from the end is the reader's wish.
    if (fromEnd > 1 && scrollTop < this.#lastTop) this.following = false;
    else if (fromEnd < nearEnd) this.following = true;
    this.#lastTop = scrollTop;
  }
}

interface Section {
  /** The number of its first turn. */
  readonly start: number;
  readonly turns: readonly Turn[];
}

function sections(turns: readonly Turn[]): Section[] {
  const all: Section[] = [];
  for (let start = 0; start < turns.length; start += sectionLength) {
    all.push({ start, turns: turns.slice(start, start + sectionLength) });
  }
  return all;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

const heights = new WeakMap<Turn, number>();

/** About how high a message will be, so that the scroll bar tells the truth before it is laid out. */
function height(turn: Turn): number {
  let rem = heights.get(turn);
  if (rem === undefined) {
    const width = turn.role === 'user' ? 60 : 85;
    const lines = turn.text
      .split('\n')
      .reduce((sum, line) => sum + Math.max(1, Math.ceil(line.length / width)), 0);
    rem = Math.round(lines * 1.6 + 3);
    heights.set(turn, rem);
  }
  return rem;
}
