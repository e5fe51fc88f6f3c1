/// <reference lib="webworker" />
import { forward } from './forward.ts';

declare const self: ServiceWorkerGlobalScope;

/**
 * Answers fetch('v1/…') below the service worker's scope through a page that serves. All else
 * is left to other listeners.
 */
export function listenForApi(): void {
  const root = new URL('v1/', self.registration.scope).href;
  self.addEventListener('fetch', event => {
    const { href } = withoutQuery(event.request.url);
    if (href.startsWith(root)) event.respondWith(answer(event, href.slice(root.length)));
  });
}

async function answer({ request, clientId: caller }: FetchEvent, path: string): Promise<Response> {
  const pages = await self.clients.matchAll({ type: 'window', includeUncontrolled: true });
  return forward(request, { path, caller }, pages);
}

function withoutQuery(address: string): URL {
  const url = new URL(address);
  url.search = '';
  url.hash = '';
  return url;
}
