import { connect, type StoreClient } from 'virtual:mixtab-store';
import workerUrl from 'virtual:mixtab-store-worker';
import { startWorker } from './trampoline.ts';

/** Starts a store with workers of its own, from whatever origin this page is. */
export function openStore(): StoreClient {
  return connect(start(), start);
}

const start = () => startWorker(new URL(workerUrl, import.meta.url), 'mixtab-store');
