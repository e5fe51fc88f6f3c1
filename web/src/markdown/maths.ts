// Formulas in Markdown, as models write them: $$…$$ and \[…\] on lines of their own, $…$
// and \(…\) within a line.

import type { TokenizerAndRendererExtension, Tokens } from 'marked';

/** A formula in TeX, found in a text. */
export interface MathsToken extends Tokens.Generic {
  type: 'maths';
  raw: string;
  tex: string;
  display: boolean;
}

const displayed = [/^\$\$(.+?)\$\$/s, /^\\\[(.+?)\\\]/s];

const inline = [
  /^\\\((.+?)\\\)/s,
  // A dollar opens a formula only before something other than a space, and closes one only
  // after such and not before a digit, so that prices stay prices.
  /^\$(?![\s$])((?:\\.|[^\\$\n])*?(?:\\\S|[^\\\s$]))\$(?!\d)/,
];

/** What a displayed formula begins with. */
const openings = ['$$', '\\['];

/** No formula goes on behind an empty line. */
const emptyLine = /\n[ \t]*\n/;

/** Formulas as blocks. */
export const mathsBlock: TokenizerAndRendererExtension = {
  name: 'mathsBlock',
  level: 'block',
  start: source => /(?:^|\n)(?:\$\$|\\\[)/.exec(source)?.index,
  tokenizer(source): MathsToken | Tokens.Paragraph | undefined {
    const formula = find(source, displayed, true);
    if (formula) {
      const [end] = /^[ \t]*(?:\n+|$)/.exec(source.slice(formula.raw.length)) ?? [];
      return end === undefined ? undefined : { ...formula, raw: formula.raw + end };
    }
    // One that is still being written stays one block, whatever its lines look like.
    if (!openings.some(opening => source.startsWith(opening)) || emptyLine.test(source)) return undefined;
    const text = { type: 'text', raw: source, text: source } as const;
    return { type: 'paragraph', raw: source, text: source, tokens: [text] };
  },
};

/** Formulas within a line. */
export const mathsInline: TokenizerAndRendererExtension = {
  name: 'mathsInline',
  level: 'inline',
  start: source => /\$|\\[([]/.exec(source)?.index,
  tokenizer: source => find(source, displayed, true) ?? find(source, inline, false),
};

function find(source: string, patterns: readonly RegExp[], display: boolean): MathsToken | undefined {
  for (const pattern of patterns) {
    const [raw, tex] = pattern.exec(source) ?? [];
    if (raw === undefined || tex === undefined || emptyLine.test(tex)) continue;
    return { type: 'maths', raw, tex: tex.trim(), display };
  }
  return undefined;
}
