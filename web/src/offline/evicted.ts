// A browser short of disk may delete what a site keeps. The store then fetches the model anew;
// here the page learns that this is why.

import type { EngineState } from '../state/engine-store.ts';
import { notices } from './notices.ts';

const storageKey = 'mixtab.kept-packs';

/** A pack that was here whole, and that an engine now has to fetch, was deleted by the browser. */
export function watchStorage(): (pack: string, state: EngineState) => void {
  let fetching: unknown;
  return (pack, state) => {
    if (state.kind === 'failed' && state.error.code === 'network' && wasKept(pack)) {
      notices.add('evictedOffline');
    }
    if (state.kind !== 'ready' || !state.download) return;
    notices.remove('evictedOffline');
    // Once for each engine: when its download is over, the pack is here whole and the download still told of.
    if (state.engine !== fetching && wasKept(pack)) {
      unmarkKept(pack);
      notices.add('evicted');
    }
    fetching = state.engine;
    if (state.download.phase === 'done') markKept(pack);
  };
}

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
