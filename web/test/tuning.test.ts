// @vitest-environment jsdom
import { beforeEach, describe, expect, it } from 'vitest';
import type { Settings } from '../src/state/settings.ts';
import {
  deletePreset,
  keepPreset,
  ownPresets,
  presetOf,
  ranges,
  readNumber,
  replaceBy,
  sameSettings,
  soundSettings,
  usePreset,
} from '../src/state/tuning.ts';

describe('a typed number', () => {
  it.each([
    ['', { value: undefined }],
    ['  ', { value: undefined }],
    ['0.7', { value: 0.7 }],
    ['0,7', { value: 0.7 }],
    ['.5', { value: 0.5 }],
    ['2', { value: 2 }],
    ['2.01', { fault: 'range' }],
    ['-0.1', { fault: 'range' }],
    ['warm', { fault: 'number' }],
    ['1e3', { fault: 'number' }],
    ['1.2.3', { fault: 'number' }],
    ['Infinity', { fault: 'number' }],
  ])('%j as a temperature', (typed, want) => {
    expect(readNumber(typed, ranges.temperature)).toEqual(want);
  });

  it.each([
    ['40', { value: 40 }],
    ['1.5', { fault: 'whole' }],
    ['-1', { fault: 'range' }],
    ['99999999999999999999', { fault: 'range' }],
  ])('%j as a seed', (typed, want) => {
    expect(readNumber(typed, ranges.seed)).toEqual(want);
  });
});

describe('presets', () => {
  beforeEach(() => localStorage.clear());

  const apply = (settings: Settings, change: Settings): Settings =>
    JSON.parse(JSON.stringify({ ...settings, ...change }));

  it('set how words are chosen, and leave the rest', () => {
    const before: Settings = { system: 'Be brief.', seed: 1, topK: 5, temperature: 2 };
    const after = apply(before, usePreset('precise'));
    expect(after).toEqual({ system: 'Be brief.', seed: 1, temperature: 0.2, topP: 0.9 });
    expect(presetOf(after)).toBe('precise');
    expect(presetOf(before)).toBeUndefined();
    expect(presetOf({ system: 'x' })).toBe('balanced');
  });

  it('of the visitor say everything', () => {
    const kept: Settings = { temperature: 0.7, stop: ['END'], system: 'Be brief.' };
    expect(keepPreset({ name: 'mine', settings: kept })).toBe(true);
    const [own] = ownPresets();
    const after = apply({ seed: 3, topK: 5, system: 'Other.' }, replaceBy(own?.settings ?? {}));
    expect(after).toEqual(kept);
    expect(sameSettings(after, kept)).toBe(true);
    expect(sameSettings(after, { ...kept, seed: 1 })).toBe(false);
  });

  it('are kept by name, in order, and deleted', () => {
    keepPreset({ name: 'b', settings: { seed: 1 } });
    keepPreset({ name: 'a', settings: {} });
    keepPreset({ name: 'b', settings: { seed: 2 } });
    expect(ownPresets()).toEqual([
      { name: 'a', settings: {} },
      { name: 'b', settings: { seed: 2 } },
    ]);
    deletePreset('a');
    expect(ownPresets().map(({ name }) => name)).toEqual(['b']);
  });

  it.each(['', 'x', '{}', 'null', '[null, 3, {"name": 1, "settings": {}}, {"name": "x"}]'])(
    'survive a damaged storage: %j',
    damaged => {
      localStorage.setItem('mixtab.presets', damaged);
      expect(ownPresets()).toEqual([]);
      expect(keepPreset({ name: 'a', settings: {} })).toBe(true);
      expect(ownPresets()).toHaveLength(1);
    },
  );

  it('hold only what can be set', () => {
    expect(
      soundSettings({
        temperature: 9,
        topP: '1',
        topK: 4,
        seed: 1.5,
        stop: ['a', 3, ''],
        system: 7,
        evil: 1,
      }),
    ).toEqual({ topK: 4, stop: ['a'] });
  });
});
