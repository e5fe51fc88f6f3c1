// The model that was last chosen on this page, for the next visit.

const storageKey = 'mixtab.pack';

export function chosenPack(): string | undefined {
  try {
    return localStorage.getItem(storageKey) ?? undefined;
  } catch {
    return undefined;
  }
}

export function rememberPack(pack: string): void {
  try {
    localStorage.setItem(storageKey, pack);
  } catch {
    // Storage may be switched off; the choice then lasts for this visit.
  }
}
