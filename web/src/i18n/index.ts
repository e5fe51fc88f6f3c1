// The page's language: chosen from the browser's wishes, kept when the visitor chooses.

import i18next from 'i18next';
import { texts as en, type Texts } from './en/index.ts';

declare module 'i18next' {
  interface CustomTypeOptions {
    resources: { translation: typeof en };
    contextSeparator: '|';
  }
}

/** Every language, by the name it has in itself. */
export const languages = {
  en: 'English',
  fr: 'Français',
  it: 'Italiano',
  de: 'Deutsch',
  es: 'Español',
} as const;

export type Language = keyof typeof languages;

/** The texts of a language; English, which any can fall back to, is here from the start. */
export const catalogues: Record<Language, () => Promise<Texts>> = {
  en: () => Promise.resolve(en),
  fr: async () => (await import('./fr/index.ts')).texts,
  it: async () => (await import('./it/index.ts')).texts,
  de: async () => (await import('./de/index.ts')).texts,
  es: async () => (await import('./es/index.ts')).texts,
};

const storageKey = 'mixtab.language';

export function isLanguage(tag: string): tag is Language {
  return Object.hasOwn(languages, tag);
}

/** The first wish that we speak, by its primary subtag. */
export function bestLanguage(wishes: readonly string[]): Language {
  for (const wish of wishes) {
    const primary = wish.toLowerCase().split('-')[0] ?? '';
    if (isLanguage(primary)) return primary;
  }
  return 'en';
}

/** The page is ours, and says in its head what language it speaks. */
let ownPage = false;

/** Starts with the language last chosen here, or else the browser's. */
export async function startLanguages(): Promise<void> {
  ownPage = true;
  await start();
  await speak(read() ?? bestLanguage(navigator.languages));
}

/** Speaks the first of the wishes that we can, in a page of somebody else's, which it leaves as it is. */
export async function speakHere(wishes: readonly string[]): Promise<void> {
  if (!i18next.isInitialized) await start();
  await speak(bestLanguage(wishes));
}

async function start(): Promise<void> {
  await i18next.init({
    lng: 'en',
    fallbackLng: 'en',
    resources: { en: { translation: en } },
    interpolation: { escapeValue: false }, // Lit escapes.
    contextSeparator: '|', // The engine's codes have underscores.
    initAsync: false,
  });
}

export function language(): Language {
  return i18next.language as Language;
}

export async function setLanguage(tag: Language): Promise<void> {
  try {
    localStorage.setItem(storageKey, tag);
  } catch {
    // Storage may be switched off; the choice then lasts for this visit.
  }
  await speak(tag);
}

/** Stays with the language that is spoken where the texts of another cannot be had. */
async function speak(tag: Language): Promise<void> {
  try {
    if (!i18next.hasResourceBundle(tag, 'translation')) {
      i18next.addResourceBundle(tag, 'translation', await catalogues[tag]());
    }
    await i18next.changeLanguage(tag);
  } catch (error) {
    console.warn(`The texts in ${languages[tag]} could not be loaded:`, error);
  }
  if (ownPage) describeDocument();
}

/** Calls back at every change of language until the returned function is called. */
export function onLanguageChange(listener: () => void): () => void {
  i18next.on('languageChanged', listener);
  return () => i18next.off('languageChanged', listener);
}

export const t = i18next.t.bind(i18next);

function describeDocument(): void {
  document.documentElement.lang = language();
  document.title = t('document.title');
  document.querySelector('meta[name="description"]')?.setAttribute('content', t('document.description'));
}

function read(): Language | undefined {
  try {
    const tag = localStorage.getItem(storageKey);
    return tag !== null && isLanguage(tag) ? tag : undefined;
  } catch {
    return undefined;
  }
}
