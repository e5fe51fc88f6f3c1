// lib/mixtab-sw.js, for other sites: importScripts() it, or import it, in a service worker. It
// is one self-contained script that exports nothing, so that both work.
import { listenForApi } from './listen.ts';

listenForApi();
