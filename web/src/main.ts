import type { EngineOptions } from '../lib/src/index.ts';
import { MixtabApp } from './elements/app.ts';
import { startLanguages } from './i18n/index.ts';
import { chosenPack } from './models/chosen.ts';
import { EngineStore } from './state/engine-store.ts';
import './state/install-store.ts'; // A browser offers installing once, early.
import { startTheme } from './state/theme.ts';

async function start(): Promise<void> {
  const query = new URLSearchParams(location.search);
  startTheme();
  await startLanguages();
  const engines = new EngineStore(query.get('pack') ?? chosenPack(), await fakeWorker(query));
  await customElements.whenDefined('mixtab-app');
  const app = document.querySelector('mixtab-app');
  if (app instanceof MixtabApp) app.start(engines);
  const { startOffline } = await import('./offline/index.ts');
  await startOffline(engines);
}

/** Stands in for the engine in work on the page; a production build has none of it. */
async function fakeWorker(query: URLSearchParams): Promise<EngineOptions['worker']> {
  if (import.meta.env.MODE === 'production' || query.get('engine') !== 'fake') return undefined;
  const { FakeWorker } = await import('../test/fake-worker.ts');
  return () => FakeWorker.fromQuery(query);
}

void start();
