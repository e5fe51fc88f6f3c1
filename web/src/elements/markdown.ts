import { css, html } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { unsafeHTML } from 'lit/directives/unsafe-html.js';
import { MarkdownBlocks } from '../markdown/blocks.ts';
import { base } from '../styles/shared.ts';
import { MixtabElement } from './element.ts';

/** A Markdown text that may still grow. Blocks that did not change keep their nodes. */
@customElement('mixtab-markdown')
export class MixtabMarkdown extends MixtabElement {
  @property() text = '';

  readonly #blocks = new MarkdownBlocks();

  static override styles = [
    base,
    css`
      :host {
        overflow-wrap: anywhere;
      }
      .block > * {
        margin: 0 0 0.75em;
      }
      .block:last-child > :last-child {
        margin-bottom: 0;
      }
      .block > :is(h3, h4, h5, h6) {
        font-size: 1.0625rem;
        line-height: 1.35;
        margin-top: 1.25em;
      }
      .block:first-child > * {
        margin-top: 0;
      }
      ul,
      ol {
        padding-inline-start: 1.5em;
      }
      li + li {
        margin-top: 0.25em;
      }
      a {
        color: var(--accent);
        text-underline-offset: 0.15em;
      }
      code {
        font: 0.875em / 1.5 var(--mono);
        background: var(--sunken);
        border-radius: 0.25rem;
        padding: 0.1em 0.3em;
      }
      pre {
        overflow-x: auto;
        background: var(--sunken);
        border: 1px solid var(--hairline);
        border-radius: 0.625rem;
        padding: 0.75rem 1rem;
        tab-size: 2;
      }
      pre code {
        background: none;
        padding: 0;
        overflow-wrap: normal;
      }
      blockquote {
        border-inline-start: 2px solid var(--hairline);
        padding-inline-start: 1rem;
        color: var(--muted);
      }
      table {
        display: block;
        overflow-x: auto;
        border-collapse: collapse;
        font-size: 0.9375rem;
      }
      th,
      td {
        border-bottom: 1px solid var(--hairline);
        padding: 0.375rem 1rem 0.375rem 0;
        text-align: start;
      }
      hr {
        border: 0;
        border-top: 1px solid var(--hairline);
      }
    `,
  ];

  protected override render() {
    return this.#blocks.update(this.text).map(block => html`<div class="block">${unsafeHTML(block)}</div>`);
  }
}
