// A fixed 200 of the demo model's questions, through the page's own library.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { evaluate, readCases, spread, tally } from './demo-eval.mjs';

/**
 * Percent of right answers below which something is wrong with the engine, not the model. Of long
 * conversations there are twelve, so two wrong answers say little.
 */
const least = { combo: 90, wording: 75, long: 75 };

test('the demo model answers as well as it was trained to', { timeout: 900_000 }, async t => {
  const { results } = await evaluate(spread(await readCases(), 200));
  assert.equal(results.length, 200);
  for (const [set, { right, asked }] of Object.entries(tally(results, 'set'))) {
    t.diagnostic(`${set}: ${right} of ${asked}`);
    const percent = (100 * right) / asked;
    if (set in least)
      assert.ok(percent >= least[set], `${set}: ${percent.toFixed(1)} %, at least ${least[set]} % wanted`);
  }
});
