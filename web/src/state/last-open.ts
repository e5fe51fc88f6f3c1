// Which conversation this tab shows, so that it shows it again after a reload.

const storageKey = 'mixtab.conversation';

export function rememberOpen(id: string | undefined): void {
  try {
    if (id === undefined) sessionStorage.removeItem(storageKey);
    else sessionStorage.setItem(storageKey, id);
  } catch {
    // Storage may be switched off; a reload then begins anew.
  }
}

export function lastOpen(): string | undefined {
  try {
    return sessionStorage.getItem(storageKey) ?? undefined;
  } catch {
    return undefined;
  }
}
