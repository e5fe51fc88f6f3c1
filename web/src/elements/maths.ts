import { css, html } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { base } from '../styles/shared.ts';
import { MixtabElement } from './element.ts';
import { inTurn, whenSeen } from './seen.ts';

/** A formula. Its content is TeX, and shown so until it is seen and could be set, or cannot be. */
@customElement('mixtab-maths')
export class MixtabMaths extends MixtabElement {
  /** On lines of its own. */
  @property({ type: Boolean, reflect: true }) display = false;

  @state() private formula: DocumentFragment | undefined;
  readonly #changes = new MutationObserver(() => this.#set());

  static override styles = [
    base,
    css`
      :host {
        display: inline;
      }
      :host([display]) {
        display: block;
        overflow-x: auto;
        overflow-y: hidden;
      }
      math {
        font-size: 1.0625em;
      }
      code {
        font: 0.875em var(--mono);
      }
    `,
  ];

  override connectedCallback(): void {
    super.connectedCallback();
    this.#changes.observe(this, { childList: true, characterData: true, subtree: true });
    whenSeen(this, () => this.#set());
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#changes.disconnect();
  }

  protected override render() {
    return this.formula ?? html`<code><slot></slot></code>`;
  }

  async #set(): Promise<void> {
    const { toMathMl } = await import('../markdown/katex.ts');
    inTurn(() => {
      this.formula = toMathMl(this.textContent ?? '', this.display);
    });
  }
}
