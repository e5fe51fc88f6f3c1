// What the page does once it stands: keeps itself for visits without a network, lets its
// service worker answer v1/…, and notices when the browser has deleted the model.

import type { EngineState, EngineStore } from '../state/engine-store.ts';
import { watchStorage } from './evicted.ts';
import { register } from './service-worker.ts';
import '../elements/notice.ts';

export async function startOffline(engines: EngineStore): Promise<void> {
  follow(engines, serving());
  const see = watchStorage();
  follow(engines, state => see(engines.pack, state));
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
