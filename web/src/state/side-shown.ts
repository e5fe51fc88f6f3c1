// Whether the list of conversations stands beside the conversation where there is room; kept.

const storageKey = 'mixtab.side';

export function sideShown(): boolean {
  try {
    return localStorage.getItem(storageKey) !== 'hidden';
  } catch {
    return true;
  }
}

export function keepSideShown(shown: boolean): void {
  try {
    localStorage.setItem(storageKey, shown ? 'shown' : 'hidden');
  } catch {
    // Storage may be switched off; the choice then lasts for this visit.
  }
}
