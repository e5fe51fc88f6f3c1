import { scriptUrl } from './script-url.ts';

/**
 * Starts a worker. A browser refuses a worker script of another origin but lets a script of
 * one's own import it, so from elsewhere a blob does that. A page with a
 * Content-Security-Policy then needs our origin in script-src and blob: in worker-src.
 * onFailure is the blob's code for an error that kept the script from loading; left to
 * itself, the error reaches the Worker object like any other.
 */
export function startWorker(
  url: URL,
  name: string,
  onFailure = 'setTimeout(() => { throw error; })',
): Worker {
  const options: WorkerOptions = { type: 'module', name };
  if (url.origin === location.origin) return new Worker(scriptUrl(url.href), options);

  const script = trampoline(url.href, onFailure);
  const blobUrl = URL.createObjectURL(new Blob([script], { type: 'text/javascript' }));
  try {
    return new Worker(scriptUrl(blobUrl), options);
  } finally {
    // The worker fetches its script before the next task; the address is not needed later.
    setTimeout(() => URL.revokeObjectURL(blobUrl), 10_000);
  }
}

/**
 * The script of the blob. A dynamic import, as a static one counts as another worker and
 * would need our origin in worker-src too. It loses no message: none is sent before the
 * worker's first.
 */
function trampoline(url: string, onFailure: string): string {
  return `import(${JSON.stringify(url)}).catch(error => { ${onFailure} });`;
}
