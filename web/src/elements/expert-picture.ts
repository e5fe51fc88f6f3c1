import { css, html } from 'lit';
import { customElement, query, state } from 'lit/decorators.js';
import { t } from '../i18n/index.ts';
import { layoutOf, visible, widthOf } from '../see/layout.ts';
import { draw, type Look, lookOf } from '../see/picture.ts';
import { placeOf, sharesOf } from '../see/sentences.ts';
import type { Cell } from '../state/see-store.ts';
import { base } from '../styles/shared.ts';
import { SeeElement } from './see-element.ts';

/** How far the cursor goes with a key, in tokens and layers. */
const steps: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
  PageUp: [-10, 0],
  PageDown: [10, 0],
  Home: [Number.NEGATIVE_INFINITY, 0],
  End: [Number.POSITIVE_INFINITY, 0],
};

/**
 * The experts of every token, drawn. It follows the newest token until the reader scrolls away, draws
 * only what is in sight, and has a cursor that goes by keys and says where it is.
 */
@customElement('mixtab-expert-picture')
export class MixtabExpertPicture extends SeeElement {
  @state() private said = '';
  @query('.scroller') private scroller!: HTMLElement;
  @query('canvas') private canvas!: HTMLCanvasElement;

  #following = true;
  #look: Look | undefined;
  #shownCell: Cell | undefined;
  #frame = 0;
  readonly #resized = new ResizeObserver(() => this.#drawSoon());
  readonly #dark = matchMedia('(prefers-color-scheme: dark)');
  readonly #themed = new MutationObserver(() => this.#restyle());

  static override styles = [
    base,
    css`
      .scroller {
        overflow-x: auto;
        overflow-y: hidden;
        overscroll-behavior-x: contain;
        scrollbar-width: thin;
        scrollbar-color: var(--hairline) transparent;
        border-radius: 0.25rem;
        touch-action: pan-x pan-y;
      }
      canvas {
        position: sticky;
        inset-inline-start: 0;
        display: block;
        cursor: crosshair;
      }
    `,
  ];

  override connectedCallback(): void {
    super.connectedCallback();
    this.#dark.addEventListener('change', this.#restyle);
    this.#themed.observe(document.documentElement, { attributes: true });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#resized.disconnect();
    this.#dark.removeEventListener('change', this.#restyle);
    this.#themed.disconnect();
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
  }

  protected override firstUpdated(): void {
    this.#resized.observe(this.scroller);
  }

  protected override render() {
    const { log } = this.see;
    const width = log ? widthOf(layoutOf(log.shape.layers), log.size) : 0;
    return html`
      <div
        class="scroller"
        tabindex="0"
        role="application"
        aria-label=${t('see.picture')}
        aria-describedby="keys"
        @scroll=${this.#scrolled}
        @keydown=${this.#keyed}
        @pointermove=${this.#pointed}
        @pointerdown=${this.#pointed}
      >
        <div .style=${`width: ${width}px; min-width: 100%`}>
          <canvas aria-hidden="true"></canvas>
        </div>
      </div>
      <p id="keys" class="unseen">${t('see.pictureKeys')}</p>
      <p class="unseen" aria-live="polite">${this.said}</p>
    `;
  }

  protected override updated(): void {
    const { cell } = this.see;
    if (cell !== this.#shownCell) {
      this.#shownCell = cell;
      if (cell) this.#reveal(cell);
    }
    if (this.#following) this.scroller.scrollLeft = this.scroller.scrollWidth;
    this.#draw();
  }

  readonly #restyle = (): void => {
    this.#look = undefined;
    this.#drawSoon();
  };

  readonly #drawSoon = (): void => {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#draw();
    });
  };

  #draw(): void {
    const { log, cell } = this.see;
    if (!log) return;
    const layout = layoutOf(log.shape.layers);
    const { clientWidth: width, scrollLeft } = this.scroller;
    const scale = devicePixelRatio;
    const context = sized(this.canvas, width, layout.height, scale);
    if (!context) return;
    this.#look ??= lookOf(this.renderRoot, log.shape.experts);
    const [from, to] = visible(layout, scrollLeft, width, log.size);
    context.setTransform(scale, 0, 0, scale, 0, 0);
    draw(
      context,
      {
        ...{ log, layout, width, cell },
        ...{ from: log.first + from, to: log.first + to },
        x: layout.left + from * layout.column - scrollLeft,
        text: token => this.see.token(token)?.text ?? '',
      },
      this.#look,
    );
  }

  #scrolled(): void {
    const { scrollLeft, scrollWidth, clientWidth } = this.scroller;
    this.#following = scrollWidth - scrollLeft - clientWidth < 4;
    this.#drawSoon();
  }

  #pointed(event: PointerEvent): void {
    const { log } = this.see;
    if (!log) return;
    const layout = layoutOf(log.shape.layers);
    const { left, top } = this.canvas.getBoundingClientRect();
    const x = event.clientX - left + this.scroller.scrollLeft - layout.left;
    const token = log.first + Math.floor(x / layout.column);
    const layer = Math.floor((event.clientY - top) / layout.row);
    if (event.clientX - left < layout.left || token >= log.end) return;
    const cell = { token, layer: layer < layout.layers ? layer : undefined };
    this.#shownCell = cell; // It is in sight already.
    this.see.point(cell);
  }

  #keyed(event: KeyboardEvent): void {
    const { log, cell } = this.see;
    const step = steps[event.key];
    if (!log || log.size === 0 || !step || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    // The first key only makes the cursor appear, at the newest token.
    const [right, down] = cell ? step : [0, 0];
    const at = cell ?? { token: log.end - 1, layer: 0 };
    const token = clamp(at.token + right, log.first, log.end - 1);
    const layer = clamp((at.layer ?? 0) + down, 0, log.shape.layers - 1);
    this.#following = false;
    this.see.point({ token, layer });
    this.said = `${placeOf(this.see, log, { token, layer })}: ${sharesOf(log, token, layer)}`;
  }

  #reveal({ token }: Cell): void {
    const { log } = this.see;
    if (!log) return;
    const layout = layoutOf(log.shape.layers);
    const { scrollLeft, clientWidth } = this.scroller;
    const x = (token - log.first) * layout.column;
    const room = clientWidth - layout.left - layout.column;
    if (x >= scrollLeft && x <= scrollLeft + room) return;
    this.#following = false;
    this.scroller.scrollLeft = x < scrollLeft ? x : x - room;
  }
}

/** The canvas's context at a size in CSS pixels; setting a canvas's size clears it, so only where it differs. */
function sized(
  canvas: HTMLCanvasElement,
  width: number,
  height: number,
  scale: number,
): CanvasRenderingContext2D | null {
  const [w, h] = [Math.round(width * scale), Math.round(height * scale)];
  if (canvas.width !== w || canvas.height !== h) {
    canvas.width = w;
    canvas.height = h;
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
  }
  return canvas.getContext('2d');
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}
