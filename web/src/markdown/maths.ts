import type { TokenizerAndRendererExtension, Tokens } from 'marked';

/** A formula in TeX, found in a text. */
export interface MathsToken extends Tokens.Generic {
  type: 'maths';
  raw: string;
  tex: string;
  display: boolean;
}

// Written as models write it: $$…$$ and \[…\] on lines of their own, $…$ and \(…\) within.
// A dollar opens a formula only before something other than a space, and closes one only
// after such and not before a digit, so that prices stay prices.
const block =
  /^(?:\$\$((?:(?!\$\$|\n[ \t]*\n)[^])+)\$\$|\\\[((?:(?!\\\]|\n[ \t]*\n)[^])+)\\\])[ \t]*(?:\n+|$)/;
const inline =
  /^(?:\$\$((?:(?!\$\$)[^\n])+)\$\$|\\\[((?:(?!\\\])[^\n])+)\\\]|\\\(((?:(?!\\\))[^])+)\\\)|\$(?![\s$])((?:\\[^]|[^\\$\n])*?(?:\\[^\s]|[^\\\s$]))\$(?!\d))/;
/** A formula on lines of its own whose end is still to come. */
const open = /^(?:\$\$(?:(?!\$\$|\n[ \t]*\n)[^])*|\\\[(?:(?!\\\]|\n[ \t]*\n)[^])*)$/;

/** Formulas as blocks. One that is not closed yet stays one block, whatever its lines look like. */
export const mathsBlock: TokenizerAndRendererExtension = {
  name: 'mathsBlock',
  level: 'block',
  start: source => /(?:^|\n)(?:\$\$|\\\[)/.exec(source)?.index,
  tokenizer(source): MathsToken | Tokens.Paragraph | undefined {
    const found = block.exec(source);
    if (found) {
      return { type: 'maths', raw: found[0], tex: (found[1] ?? found[2] ?? '').trim(), display: true };
    }
    const [raw] = open.exec(source) ?? [];
    if (raw === undefined) return undefined;
    return { type: 'paragraph', raw, text: raw, tokens: [{ type: 'text', raw, text: raw }] };
  },
};

/** Formulas within a line. */
export const mathsInline: TokenizerAndRendererExtension = {
  name: 'mathsInline',
  level: 'inline',
  start: source => /\$|\\[([]/.exec(source)?.index,
  tokenizer(source): MathsToken | undefined {
    const found = inline.exec(source);
    if (!found) return undefined;
    const tex = found.slice(1).find(part => part !== undefined) ?? '';
    return { type: 'maths', raw: found[0], tex: tex.trim(), display: /^(?:\$\$|\\\[)/.test(found[0]) };
  },
};
