// An answer with all that an answer can have.
export const rich = [
  'Some **Go**:',
  '1. In a list\n\n   ```go\n   package main // The program.\n   ```',
  '```\nplain text\n```',
  'A formula $e^{i\\pi}+1=0$ and another:',
  '$$\\int_0^\\infty e^{-x^2}\\,dx = \\frac{\\sqrt\\pi}{2}$$',
  `| ${'Column | '.repeat(9)}\n|${'---|'.repeat(9)}\n| ${'wide_and_long_cell | '.repeat(9)}`,
  '![a cat](https://pictures.example/cat.png) and [a page](https://page.example/).',
].join('\n\n');

export const richQuery = `rate=999&answer=${encodeURIComponent(rich)}`;
