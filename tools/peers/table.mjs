// The table of a run, in Markdown as docs/BENCH.md has it.
const ms = v => `${v < 100 ? v.toFixed(1) : Math.round(v)} ms`;
const rate = v => `${v < 10 ? v.toFixed(2) : v.toFixed(1)} tok/s`;
const exponent = v => v.toExponential(0);

const cells = row => {
  const placed = row.placed ? ` (its weights: ${row.placed.join(', ')})` : '';
  const about = [row.peer + placed, row.device, row.op];
  if (row.why) return [...about, `none: ${row.why}`, '–', '–', '–', '–'];
  const [theirs, ours] = row.theirMs
    ? [ms(row.theirMs), ms(row.ourMs)]
    : [rate(row.theirRate), rate(row.ourRate)];
  const verdict = row.bar ? `≥ ${row.bar}${row.ratio < row.bar ? ' (missed)' : ''}` : '–';
  const output = row.same ?? `${exponent(row.theirError.rel)}, ${exponent(row.ourError.rel)}`;
  return [...about, theirs, ours, `${row.ratio.toFixed(2)}×`, verdict, output];
};

export const table = rows =>
  [
    [
      'peer',
      'device',
      'what',
      'theirs',
      'ours',
      'ours is faster',
      'bar',
      'largest error ÷ RMS (theirs, ours), or the same',
    ],
    Array(8).fill('---'),
    ...rows.map(cells),
  ]
    .map(row => `| ${row.join(' | ')} |`)
    .join('\n');
