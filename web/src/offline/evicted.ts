// A browser short of disk may delete what a site keeps. The store then fetches the model anew;
// here the page learns that this is why.

const storageKey = 'mixtab.kept-packs';

/** Remembers that all of a pack is here. */
export function markKept(pack: string): void {
  write(new Set(read()).add(address(pack)));
}

/** Forgets a pack, which was deleted on purpose or is known to be gone. */
export function unmarkKept(pack: string): void {
  const packs = new Set(read());
  if (packs.delete(address(pack))) write(packs);
}

export function wasKept(pack: string): boolean {
  return read().includes(address(pack));
}

function address(pack: string): string {
  return new URL(pack.replace(/\/?$/, '/'), location.href).href;
}

function read(): string[] {
  try {
    const packs: unknown = JSON.parse(localStorage.getItem(storageKey) ?? '[]');
    return Array.isArray(packs) ? packs.filter(pack => typeof pack === 'string') : [];
  } catch {
    return [];
  }
}

function write(packs: ReadonlySet<string>): void {
  try {
    localStorage.setItem(storageKey, JSON.stringify([...packs]));
  } catch {
    // Storage may be switched off; nothing is kept then either.
  }
}
