// A page's side: takes the service worker's offers and answers them with its engine.

import { type ApiEngine, answer } from './api.ts';
import { type Accept, type Call, hold, isOffer, type ReplyMessage, whenReleased } from './wire.ts';

/**
 * Answers what the service worker passes on until the returned function is called; requests
 * that still run then end as aborted.
 */
export function serve(engine: ApiEngine): () => void {
  // Without a service worker nobody can ask, so there is nothing to listen to.
  const container = globalThis.navigator?.serviceWorker;
  if (!container) return () => {};

  const stop = new AbortController();
  container.addEventListener(
    'message',
    ({ data, ports: [port] }) => {
      if (isOffer(data) && port) void take(engine, data.callerLock, port, stop.signal);
    },
    { signal: stop.signal },
  );
  container.startMessages();
  return () => stop.abort();
}

async function take(engine: ApiEngine, callerLock: string, port: MessagePort, stop: AbortSignal) {
  const gone = new AbortController();
  whenReleased(callerLock, () => gone.abort());
  const signal = AbortSignal.any([gone.signal, stop]);

  const serverLock = `mixtab-server-${crypto.randomUUID()}`;
  const release = await hold(serverLock);
  const post = (message: Accept | ReplyMessage) => port.postMessage(message);
  try {
    const called = firstMessage(port, signal);
    post({ type: 'accept', serverLock });
    const { status, contentType, pieces } = await answer(engine, await called, signal);
    signal.throwIfAborted();
    post({ type: 'head', status, contentType });
    for await (const text of pieces) {
      signal.throwIfAborted(); // An aborted stream would end as if it were whole.
      post({ type: 'piece', text });
    }
    post({ type: 'end' });
  } catch {
    // Another page was first, the caller is gone, serving was stopped, or the engine failed in the
    // middle of a body: that the lock is released without an end tells whoever still listens.
  } finally {
    port.close();
    release();
  }
}

function firstMessage(port: MessagePort, signal: AbortSignal): Promise<Call> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    if (signal.aborted) reject(signal.reason);
    port.addEventListener('message', event => resolve(event.data as Call), { once: true });
    port.start();
  });
}
