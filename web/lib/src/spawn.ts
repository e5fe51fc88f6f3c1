import workerUrl from './worker.ts?worker&url';

/**
 * Starts the engine's worker. A browser refuses a worker script of another origin but
 * lets a script of one's own import it, so from elsewhere a blob does that.
 */
export function spawnWorker(): Worker {
  const url = new URL(workerUrl, import.meta.url);
  const options: WorkerOptions = { type: 'module', name: 'mixtab' };
  if (url.origin === location.origin) return new Worker(url, options);

  const trampoline = new Blob([`import ${JSON.stringify(url.href)};`], { type: 'text/javascript' });
  const blobUrl = URL.createObjectURL(trampoline);
  try {
    return new Worker(blobUrl, options);
  } finally {
    // The worker fetches its script before the next task; the address is not needed later.
    setTimeout(() => URL.revokeObjectURL(blobUrl), 10_000);
  }
}
