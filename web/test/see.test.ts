import { describe, expect, it } from 'vitest';
import { expertBytes, regimeOf } from '../src/see/budget.ts';
import { fileName, pictureSize, toJson } from '../src/see/export.ts';
import { layoutOf, numbered, visible, widthOf } from '../src/see/layout.ts';
import { pace } from '../src/see/pace.ts';
import { short, shown } from '../src/see/words.ts';
import { RoutingLog } from '../src/state/routing-log.ts';

const mixtral = { layers: 32, experts: 8, expertsPerToken: 2 };

function logOf(tokens: number, shape = mixtral) {
  const log = new RoutingLog(shape);
  const width = shape.layers * shape.expertsPerToken;
  for (let index = 0; index < tokens; index++) {
    const experts = Array.from({ length: width }, (_, at) => (index + at) % shape.experts);
    log.add(3, { index, experts, weights: experts.map((_, at) => (at % 2 ? 0.25 : 0.75)), loads: [2] });
  }
  return log;
}

describe('the layout', () => {
  it('has rows that can be seen, and a height that a panel has', () => {
    for (const layers of [1, 4, 8, 16, 32]) {
      const { row, gap, height } = layoutOf(layers);
      expect(row - gap).toBeGreaterThanOrEqual(12);
      expect(height).toBeLessThan(540);
    }
  });

  it('names as visible what a window overlaps, and no more', () => {
    const layout = layoutOf(32);
    expect(visible(layout, 0, 400, 3)).toEqual([0, 3]);
    const [from, to] = visible(layout, 10 * layout.column + 1, layout.left + 5 * layout.column, 1000);
    expect([from, to]).toEqual([10, 16]);
    expect(visible(layout, widthOf(layout, 1000), 400, 1000)).toEqual([1000, 1000]);
  });

  it('numbers the first layer and regular ones', () => {
    expect(numbered(4)).toEqual([0, 1, 2, 3]);
    expect(numbered(32)).toEqual([0, 7, 15, 23, 31]);
  });
});

describe('words', () => {
  it('makes white space visible', () => {
    expect(['\n', ' ', ' lemon', '', 'a\tb'].map(shown)).toEqual(['↵', '␣', 'lemon', '·', 'a⇥b']);
  });

  it('cuts by characters, not by halves of them', () => {
    expect(short('whatever', 8)).toBe('whatever');
    expect(short('🍋🍋🍋🍋', 3)).toBe('🍋🍋…');
  });
});

describe('the pace', () => {
  it('is not told of a short answer', () => {
    expect(
      pace(
        Array.from({ length: 16 }, (_, i) => i * 100),
        80,
      ),
    ).toEqual([]);
  });

  it('is even for even tokens, and falls where they become slower', () => {
    const even = pace(
      Array.from({ length: 100 }, (_, i) => i * 50),
      10,
    );
    expect(even).toHaveLength(10);
    for (const speed of even) expect(speed).toBeCloseTo(20);
    const times = Array.from({ length: 100 }, (_, i) => (i < 50 ? i * 50 : 2500 + (i - 50) * 200));
    const slower = pace(times, 10);
    expect(slower[0]).toBeCloseTo(20);
    expect(slower.at(-1)).toBeCloseTo(5);
  });
});

describe('the budget', () => {
  const experts = { budgetBytes: 6.4e9, slots: 64 } as Parameters<typeof expertBytes>[0];

  it('is counted in experts, and told as the engine divides them', () => {
    expect(expertBytes(experts)).toBe(1e8);
    expect([256, 255, 64, 63].map(slots => regimeOf(mixtral, slots))).toEqual([
      'resident',
      'slots',
      'slots',
      'pool',
    ]);
  });
});

describe('the export', () => {
  const date = new Date(2026, 10, 29, 12);
  const token = (number: number) =>
    number === 0 ? { text: 'Well', logprob: -0.5, top: [{ text: 'Oh', logprob: -1 }] } : undefined;
  const what = (tokens: number) => ({ log: logOf(tokens), model: 'Mixtral 8x7B (q4)', date, token });

  it('is named by model and day', () => {
    expect(fileName(what(1), 'png')).toBe('mixtab-experts-mixtral-8x7b-q4-2026-11-29.png');
  });

  it('has every token with its experts as JSON', () => {
    const told = JSON.parse(toJson(what(2)));
    expect(told).toMatchObject({ model: 'Mixtral 8x7B (q4)', date: date.toISOString(), ...mixtral });
    expect(told.tokens).toHaveLength(2);
    expect(told.tokens[0]).toMatchObject({
      ...{ answer: 3, index: 0, text: 'Well', logprob: -0.5 },
      top_logprobs: [{ text: 'Oh', logprob: -1 }],
    });
    expect(told.tokens[0].layers).toHaveLength(32);
    expect(told.tokens[1].layers[1]).toEqual([
      { expert: 3, weight: 0.75, loaded: true },
      { expert: 4, weight: 0.25, loaded: false },
    ]);
    expect(told.tokens[1]).toMatchObject({ text: null });
    expect(told.tokens[1]).not.toHaveProperty('logprob');
  });

  it('has a picture of the last tokens, as wide as browsers make one', () => {
    const few = pictureSize(logOf(30));
    expect(few.from).toBe(0);
    const many = pictureSize(logOf(3000));
    expect(many.from).toBeGreaterThan(0);
    expect(many.width).toBeLessThanOrEqual(16_000);
    expect(many.width).toBeGreaterThan(few.width);
    expect(many.height).toBe(few.height);
  });
});
