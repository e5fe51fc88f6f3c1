import { expect, it } from 'vitest';
import { captureOutput, summary } from '../src/output.ts';

function print(...pieces: string[]): string[] {
  const output = { writeSync: (_fd: number, bytes: Uint8Array) => bytes.length };
  const lines = captureOutput(output);
  for (const piece of pieces) output.writeSync(2, new TextEncoder().encode(piece));
  return lines;
}

it('tells a panic and where it came from, in one line', () => {
  const lines = print(
    'starting\n',
    'panic: index out of',
    ' range\n\ngoroutine 1 [running]:\n',
    'main.main()\n',
  );
  expect(summary(lines)).toBe('panic: index out of range · goroutine 1 [running]: · main.main()');
});

it('tells the last lines where there was no panic', () => {
  expect(summary(print(...Array.from({ length: 100 }, (_, index) => `${index}\n`)))).toBe(
    '92 · 93 · 94 · 95 · 96 · 97 · 98 · 99',
  );
});
