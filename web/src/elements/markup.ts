import { noChange } from 'lit';
import { Directive, directive, type ElementPart } from 'lit/directive.js';
import { patch } from '../markdown/patch.ts';
import { safeText } from '../markdown/render.ts';

class Markup extends Directive {
  #shown: string | undefined;

  override render(_html: string) {
    return noChange;
  }

  override update(part: ElementPart, [html]: [string]) {
    if (html !== this.#shown) patch(part.element, safeText(html));
    this.#shown = html;
    return noChange;
  }
}

/** Fills an element with a Markdown block's HTML, made safe; what did not change keeps its nodes. */
export const markup = directive(Markup);
