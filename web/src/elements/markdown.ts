import { css, html } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { language } from '../i18n/index.ts';
import { MarkdownBlocks } from '../markdown/blocks.ts';
import { base } from '../styles/shared.ts';
import { MixtabElement } from './element.ts';
import { markup } from './markup.ts';
import './code.ts';
import './maths.ts';

/** A Markdown text that may still grow. Blocks that did not change keep their nodes. */
@customElement('mixtab-markdown')
export class MixtabMarkdown extends MixtabElement {
  @property() text = '';

  #blocks = new MarkdownBlocks();
  #language = language();

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
      a small {
        color: var(--muted);
      }
      li > mixtab-code {
        margin-block: 0.5em;
      }
      blockquote {
        border-inline-start: 2px solid var(--hairline);
        padding-inline-start: 1rem;
        color: var(--muted);
      }
      .table {
        overflow-x: auto;
      }
      table {
        border-collapse: collapse;
        overflow-wrap: normal;
        font-size: 0.9375rem;
      }
      th,
      td {
        border-bottom: 1px solid var(--hairline);
        padding: 0.375rem 1rem 0.375rem 0;
      }
      th:not([align]) {
        text-align: start;
      }
      th:last-child,
      td:last-child {
        padding-inline-end: 0;
      }
      hr {
        border: 0;
        border-top: 1px solid var(--hairline);
      }
    `,
  ];

  protected override willUpdate(): void {
    if (this.#language === language()) return;
    this.#language = language();
    this.#blocks = new MarkdownBlocks(); // Its labels are in the other language.
  }

  protected override render() {
    return this.#blocks.update(this.text).map(block => html`<div class="block" ${markup(block)}></div>`);
  }
}
