// What the page does once it stands: keeps itself for visits without a network, lets its
// service worker answer v1/…, and notices when the browser has deleted the model.

import type { EngineState, EngineStore } from '../state/engine-store.ts';
import { markKept, unmarkKept, wasKept } from './evicted.ts';
import { notices } from './notices.ts';
import { register } from './service-worker.ts';
import '../elements/notice.ts';

export async function startOffline(engines: EngineStore): Promise<void> {
  follow(engines, serving());
  follow(engines, state => watchStorage(engines.pack, state));
  if (import.meta.env.MODE !== 'production') return; // Work on the page wants no cache in between.
  if (document.readyState !== 'complete') {
    await new Promise(resolve => addEventListener('load', resolve, { once: true }));
  }
  await register();
}

function follow(engines: EngineStore, see: (state: EngineState) => void): void {
  engines.subscribe(() => see(engines.state));
  see(engines.state);
}

/** Lets the service worker reach whichever engine is open. */
function serving(): (state: EngineState) => void {
  let stop: (() => void) | undefined;
  let served: unknown;
  return state => {
    const engine = state.kind === 'ready' ? state.engine : undefined;
    if (engine === served) return;
    stop?.();
    served = engine;
    stop = engine?.serve();
  };
}

/** A pack that was here whole and now has to come again was deleted by the browser. */
function watchStorage(pack: string, state: EngineState): void {
  if (state.kind === 'failed' && state.error.code === 'network' && wasKept(pack)) {
    notices.add('evictedOffline');
  }
  if (state.kind !== 'ready' || !state.download) return;
  notices.remove('evictedOffline');
  if (wasKept(pack)) {
    unmarkKept(pack);
    notices.add('evicted');
  }
  if (state.download.phase === 'done') markKept(pack);
}
