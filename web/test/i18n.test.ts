// @vitest-environment jsdom
import { describe, expect, it } from 'vitest';
import type { Texts } from '../src/i18n/en/index.ts';
import {
  bestLanguage,
  catalogues,
  type Language,
  languages,
  setLanguage,
  startLanguages,
  t,
} from '../src/i18n/index.ts';

type Tree = { [key: string]: string | Tree };

function flatten(tree: Tree, prefix = ''): Map<string, string> {
  const flat = new Map<string, string>();
  for (const [key, value] of Object.entries(tree)) {
    if (typeof value === 'string') flat.set(prefix + key, value);
    else for (const [inner, text] of flatten(value, `${prefix}${key}.`)) flat.set(inner, text);
  }
  return flat;
}

const placeholders = (text: string) => [...text.matchAll(/{{(\w+)}}/g)].map(match => match[1]).sort();
const catalogue = Object.fromEntries(
  await Promise.all(Object.entries(catalogues).map(async ([tag, load]) => [tag, await load()] as const)),
) as unknown as Record<Language, Texts>;
const english = flatten(catalogue.en);

describe.each(Object.entries(catalogue))('%s', (tag, texts) => {
  const flat = flatten(texts);

  it('has every text, and no other', () => {
    expect([...flat.keys()]).toEqual([...english.keys()]);
    expect([...flat.values()].filter(text => text.trim() === '')).toEqual([]);
  });

  it('fills the same places', () => {
    for (const [key, text] of flat)
      expect([key, placeholders(text)]).toEqual([key, placeholders(english.get(key) ?? '')]);
  });

  it('says what the demo is not', () => {
    expect(flat.get('welcome.demo')).toContain('Mixtral-8x7B');
    expect(flat.get('figures.demo')).toContain('Mixtral-8x7B');
  });

  it('is not English left over', () => {
    if (tag === 'en') return;
    const long = [...flat].filter(([key, text]) => text.length > 24 && text === english.get(key));
    expect(long).toEqual([]);
  });
});

describe('French', () => {
  it('keeps punctuation on the line of its word', () => {
    // What the model is sent has the spaces that it was taught.
    const own = [...flatten(catalogue.fr)].filter(([key]) => !key.startsWith('example.'));
    expect(own.filter(([, text]) => / [;:?!»]|« /.test(text))).toEqual([]);
  });
});

describe('the choice of a language', () => {
  it.each([
    [['de-CH', 'en'], 'de'],
    [['pt-BR', 'fr-CA'], 'fr'],
    [['ja'], 'en'],
    [[], 'en'],
  ])('%j gives %s', (wishes, want) => {
    expect(bestLanguage(wishes)).toBe(want);
  });

  it('tells the document and counts as the language does', async () => {
    await startLanguages();
    for (const tag of Object.keys(languages) as (keyof typeof languages)[]) {
      await setLanguage(tag);
      expect(document.documentElement.lang).toBe(tag);
      expect(document.title).toBe(catalogue[tag].document.title);
      expect(t('figures.dropped', { count: 1 })).toBe(
        catalogue[tag].figures.dropped_one.replace('{{count}}', '1'),
      );
      expect(t('figures.dropped', { count: 2 })).toBe(
        catalogue[tag].figures.dropped_other.replace('{{count}}', '2'),
      );
      expect(t('failure.no_webgpu.title')).toBe(catalogue[tag].failure.no_webgpu.title);
    }
  });
});
