import type { Failed } from './protocol.ts';
import { startWorker } from './trampoline.ts';
import workerUrl from './worker.ts?worker&url';

/** Names this build of the engine. */
export const build: string = workerUrl;

/** Starts the engine's worker. */
export function spawnWorker(): Worker {
  const failed: Omit<Failed, 'message'> = { type: 'failed', id: 0, code: 'network' };
  const message = `"The engine's worker could not be loaded: " + error`;
  return startWorker(
    new URL(workerUrl, import.meta.url),
    'mixtab',
    `self.postMessage({ ...${JSON.stringify(failed)}, message: ${message} });`,
  );
}
