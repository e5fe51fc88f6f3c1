import { css, html } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { t } from '../i18n/index.ts';
import { base } from '../styles/shared.ts';
import { MixtabElement } from './element.ts';
import { inTurn, whenSeen } from './seen.ts';
import './copy.ts';

/** Longer code stays plain: colouring it would hold up the page. In characters. */
const longest = 20_000;

/** While code grows, it is coloured again after so many milliseconds. */
const pause = 300;

/** A block of code: its language, a button to copy it, and colours once it is seen. Its text is its content. */
@customElement('mixtab-code')
export class MixtabCode extends MixtabElement {
  @property() language = '';

  /** The text that is coloured, and it as nodes; what has grown since follows plainly. */
  @state() private coloured: { code: string; nodes: DocumentFragment } | undefined;
  @state() private name = '';
  #scheduled = false;
  readonly #changes = new MutationObserver(() => this.#changed());

  static override styles = [
    base,
    css`
      :host {
        background: var(--sunken);
        border: 1px solid var(--hairline);
        border-radius: 0.625rem;
      }
      div {
        display: flex;
        justify-content: space-between;
        align-items: center;
        min-height: 2.25rem;
        padding: 0.125rem 0.25rem 0.125rem 1rem;
        border-bottom: 1px solid var(--hairline);
        color: var(--muted);
        font-size: var(--small);
      }
      pre {
        margin: 0;
        padding: 0.75rem 1rem;
        overflow-x: auto;
        border-radius: 0 0 0.625rem 0.625rem;
        font: 0.875rem / 1.55 var(--mono);
        tab-size: 2;
        overflow-wrap: normal;
      }
      code {
        font: inherit;
      }
      .hljs-comment,
      .hljs-quote,
      .hljs-meta {
        color: var(--muted);
      }
      .hljs-keyword,
      .hljs-selector-tag,
      .hljs-tag,
      .hljs-name,
      .hljs-section {
        color: var(--code-keyword);
      }
      .hljs-string,
      .hljs-regexp,
      .hljs-addition {
        color: var(--code-string);
      }
      .hljs-number,
      .hljs-literal,
      .hljs-symbol,
      .hljs-bullet,
      .hljs-link,
      .hljs-deletion {
        color: var(--code-number);
      }
      .hljs-title,
      .hljs-type,
      .hljs-built_in,
      .hljs-attr,
      .hljs-attribute,
      .hljs-selector-class,
      .hljs-selector-id {
        color: var(--code-name);
      }
      .hljs-emphasis {
        font-style: italic;
      }
      .hljs-strong {
        font-weight: 600;
      }
    `,
  ];

  override connectedCallback(): void {
    super.connectedCallback();
    this.#changes.observe(this, { childList: true, characterData: true, subtree: true });
    whenSeen(this, () => this.#colour());
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#changes.disconnect();
  }

  protected override render() {
    const name = this.name || this.language;
    const label = name ? t('talk.codeIn', { language: name }) : t('talk.code');
    return html`
      <div>
        <span>${name || t('talk.code')}</span>
        <mixtab-copy .text=${() => this.#code} label=${t('talk.copyCode')}></mixtab-copy>
      </div>
      <pre tabindex="0" role="group" aria-label=${label}><code>${this.#shown()}</code></pre>
    `;
  }

  get #code(): string {
    return this.textContent ?? '';
  }

  #shown() {
    const code = this.#code;
    if (!this.coloured || !code.startsWith(this.coloured.code)) return html`<slot></slot>`;
    return html`${this.coloured.nodes}${code.slice(this.coloured.code.length)}`;
  }

  #changed(): void {
    this.requestUpdate();
    if (this.#scheduled || !this.isConnected) return;
    this.#scheduled = true;
    setTimeout(() => {
      this.#scheduled = false;
      this.#colour();
    }, pause);
  }

  async #colour(): Promise<void> {
    if (this.language === '' || this.#code === '') return;
    const { highlight, nameOf } = await import('../markdown/highlight.ts');
    this.name = nameOf(this.language) ?? '';
    inTurn(() => {
      const code = this.#code;
      if (code.length > longest || code === this.coloured?.code) return;
      const nodes = highlight(code, this.language);
      this.coloured = nodes && { code, nodes };
    });
  }
}
