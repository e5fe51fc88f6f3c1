// Registers the service worker and tells when a newer version of the page waits. It takes over
// when the visitor says so, never by itself: a reload would end an answer.

import { Workbox } from 'workbox-window';
import { notices } from './notices.ts';

/** Between two questions to the server, whether there is a newer version, in milliseconds. */
const recheck = 3_600_000;

let worker: Workbox | undefined;
let applying = false;

export async function register(): Promise<void> {
  if (!('serviceWorker' in navigator)) {
    notices.add('unkept');
    return;
  }
  worker = new Workbox(address());
  worker.addEventListener('waiting', () => notices.add('update'));
  worker.addEventListener('controlling', ({ isUpdate, isExternal }) => {
    if (applying) location.reload();
    // Another tab took the newer version up, and this page is the old one.
    else if (isUpdate || isExternal) notices.add('update');
  });
  try {
    await worker.register();
  } catch (error) {
    console.warn('The page could not be kept for visits without a network:', error);
    notices.add('unkept');
    return;
  }
  recheckWhenSeen(worker);
}

/** Changes to the newer version: this page is loaded again. */
export async function applyUpdate(): Promise<void> {
  applying = true;
  const registration = await navigator.serviceWorker.getRegistration();
  if (registration?.waiting) worker?.messageSkipWaiting();
  else location.reload(); // It has taken over already.
}

/** A browser looks when a page is opened; one that stays open looks when it is looked at. */
function recheckWhenSeen(worker: Workbox): void {
  let last = performance.now();
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState !== 'visible' || performance.now() - last < recheck) return;
    last = performance.now();
    worker.update().catch(() => {}); // without a network
  });
}

/** The address of its script, as Trusted Types want it. The policy passes nothing else, as nobody else has it. */
function address(): string | TrustedScriptURL {
  const url = new URL('sw.js', document.baseURI).href;
  const policy = window.trustedTypes?.createPolicy('mixtab-service-worker', {
    createScriptURL: (given: string) => given,
  });
  return policy ? policy.createScriptURL(url) : url;
}
