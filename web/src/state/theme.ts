// The page's colours: as the system wishes, or as the visitor chose, which is kept.

export const themes = ['system', 'light', 'dark'] as const;

export type Theme = (typeof themes)[number];

const storageKey = 'mixtab.theme';

/** Takes up the choice of an earlier visit. */
export function startTheme(): void {
  apply(theme());
}

export function theme(): Theme {
  try {
    const kept = localStorage.getItem(storageKey);
    return themes.find(name => name === kept) ?? 'system';
  } catch {
    return (document.documentElement.dataset.theme as Theme | undefined) ?? 'system';
  }
}

export function setTheme(chosen: Theme): void {
  apply(chosen);
  try {
    localStorage.setItem(storageKey, chosen);
  } catch {
    // Storage may be switched off; the choice then lasts for this visit.
  }
}

function apply(chosen: Theme): void {
  const { dataset } = document.documentElement;
  if (chosen === 'system') delete dataset.theme;
  else dataset.theme = chosen;
  // The browser's own bars follow; index.html has one colour for each wish of the system.
  const metas = [...document.querySelectorAll<HTMLMetaElement>('meta[name="theme-color"]')];
  for (const meta of metas) {
    meta.dataset.wish ??= meta.media;
    if (chosen === 'system') meta.media = meta.dataset.wish;
    else meta.media = meta.dataset.wish.includes(chosen) ? 'all' : 'not all';
  }
}
