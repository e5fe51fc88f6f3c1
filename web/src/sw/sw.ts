/// <reference lib="webworker" />
// The service worker: keeps the page for visits without a network or a server, takes what
// other apps share, and answers v1/… through a page with an engine. It holds no weights: the
// engine's store does.

import { createHandlerBoundToURL, precacheAndRoute } from 'workbox-precaching';
import { registerRoute } from 'workbox-routing';
import { listenForApi } from '../../lib/src/serve/listen.ts';
import { redirectHome, rememberPacks } from './home.ts';
import { openShared } from './share.ts';

declare const self: ServiceWorkerGlobalScope & { __WB_MANIFEST: { url: string; revision: string | null }[] };

const { scope } = self.registration;
const path = (relative: string) => new URL(relative, scope).pathname;

listenForApi();
// The page's own address is answered below, not as the index.html of a directory.
precacheAndRoute(self.__WB_MANIFEST, { cleanURLs: false, directoryIndex: '' });

const page = createHandlerBoundToURL('index.html');
registerRoute(
  ({ request, url }) =>
    request.mode === 'navigate' && [path('./'), path('index.html')].includes(url.pathname),
  async context => {
    const { event, url } = context;
    event.waitUntil(rememberPacks(scope).catch(() => {})); // without a network: what is remembered
    const elsewhere = await redirectHome(url, scope);
    return elsewhere === undefined ? page(context) : Response.redirect(elsewhere);
  },
);
registerRoute(
  ({ url }) => url.pathname === path('share'),
  ({ request }) => openShared(request, scope),
  'POST',
);

self.addEventListener('install', event => event.waitUntil(rememberPacks(scope).catch(() => {})));
// The page of a first visit is served too, without a reload.
self.addEventListener('activate', event => event.waitUntil(self.clients.claim()));
// A new version waits until the visitor wants it: workbox-window's messageSkipWaiting.
self.addEventListener('message', event => {
  if (event.data?.type === 'SKIP_WAITING') void self.skipWaiting();
});
