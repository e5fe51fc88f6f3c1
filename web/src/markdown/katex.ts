// Formulas as MathML, which browsers lay out themselves: no style sheet, no fonts. Loaded
// when the first formula is seen.

import katex from 'katex';
import { safeMaths } from './render.ts';

/** A formula as a <math> element; none where it is not TeX that we know. */
export function toMathMl(tex: string, displayMode: boolean): DocumentFragment | undefined {
  try {
    return safeMaths(katex.renderToString(tex, { displayMode, output: 'mathml', strict: 'ignore' }));
  } catch (error) {
    if (error instanceof katex.ParseError) return undefined;
    throw error;
  }
}
