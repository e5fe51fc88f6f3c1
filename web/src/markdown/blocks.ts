import type { Token, TokensList } from 'marked';
import { lex, toHtml } from './render.ts';

/**
 * A growing Markdown text as HTML blocks, which safeText then turns into nodes. Only the last
 * block can still change while text is added at the end, so only it is read and rendered again.
 */
export class MarkdownBlocks {
  #source = '';
  /** Where the last block begins. */
  #tailStart = 0;
  #links: TokensList['links'] = {};
  #fixed: string[] = [];

  /** The blocks of the text, which is rendered from the start unless it continues the last one. */
  update(source: string): readonly string[] {
    if (!source.startsWith(this.#source)) this.#reset();
    this.#source = source;

    const tokens = lex(source.slice(this.#tailStart), { ...this.#links });
    const last = tokens.findLastIndex(token => token.type !== 'space');
    let defined = false;
    for (const token of tokens.slice(0, Math.max(0, last))) {
      this.#tailStart += token.raw.length;
      if (token.type === 'def') {
        this.#links[token.tag] ??= { href: token.href, title: token.title };
        defined = true;
      }
      if (shown(token)) this.#fixed.push(toHtml(token));
    }
    // A definition also concerns what came before it.
    if (defined) this.#fixed = lex(source.slice(0, this.#tailStart), {}).filter(shown).map(toHtml);
    const tail = tokens[last];
    return tail && shown(tail) ? [...this.#fixed, toHtml(tail)] : this.#fixed.slice();
  }

  #reset(): void {
    this.#tailStart = 0;
    this.#links = {};
    this.#fixed = [];
  }
}

function shown(token: Token): boolean {
  return token.type !== 'space' && token.type !== 'def';
}
