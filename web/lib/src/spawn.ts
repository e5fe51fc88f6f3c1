import type { Failed } from './protocol.ts';
import workerUrl from './worker.ts?worker&url';

/**
 * Starts the engine's worker. A browser refuses a worker script of another origin but
 * lets a script of one's own import it, so from elsewhere a blob does that. A page with a
 * Content-Security-Policy then needs our origin in script-src and blob: in worker-src.
 */
export function spawnWorker(): Worker {
  const url = new URL(workerUrl, import.meta.url);
  const options: WorkerOptions = { type: 'module', name: 'mixtab' };
  if (url.origin === location.origin) return new Worker(url, options);

  const blobUrl = URL.createObjectURL(new Blob([trampoline(url.href)], { type: 'text/javascript' }));
  try {
    return new Worker(blobUrl, options);
  } finally {
    // The worker fetches its script before the next task; the address is not needed later.
    setTimeout(() => URL.revokeObjectURL(blobUrl), 10_000);
  }
}

/**
 * The script of the blob. A dynamic import, as a static one counts as another worker and
 * would need our origin in worker-src too. It loses no message: the page sends none before
 * the worker's first.
 */
function trampoline(url: string): string {
  const failed: Omit<Failed, 'message'> = { type: 'failed', id: 0, code: 'network' };
  return `import(${JSON.stringify(url)}).catch(error =>
  self.postMessage({ ...${JSON.stringify(failed)}, message: "The engine's worker could not be loaded: " + error }));`;
}
