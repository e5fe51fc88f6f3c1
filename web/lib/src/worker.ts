// The engine's worker: starts Go and carries messages between it and the page.

import 'virtual:mixtab-driver';
import wasmUrl from 'virtual:mixtab-wasm';
import { runGo } from './go.ts';
import type { Code, EngineEvent, EngineRequest } from './protocol.ts';
import { openStore } from './store.ts';

declare global {
  /** Ours, for Go: takes one event as JSON. */
  var mixtabHost: { emit(json: string): void } | undefined;
  /** Go's, for us: takes one request as JSON. Go sets it before it emits Ready. */
  var mixtabHandle: ((json: string) => void) | undefined;
  /** The store's, for Go. */
  var mixtabStore: { connect(): unknown } | undefined;
}

function post(event: EngineEvent): void {
  self.postMessage(event);
}

function fail(code: Code, message: string): void {
  post({ type: 'failed', id: 0, code, message });
}

globalThis.mixtabHost = { emit: json => post(JSON.parse(json) as EngineEvent) };

self.addEventListener('message', (event: MessageEvent<EngineRequest>) => {
  const handle = globalThis.mixtabHandle;
  if (handle) handle(JSON.stringify(event.data));
  else fail('internal', 'A request came before the engine was ready.');
});

if (!('gpu' in navigator)) {
  // Known before anything is downloaded.
  fail('no_webgpu', 'This browser has no WebGPU.');
} else if (wasmUrl === '') {
  fail('internal', 'This page was built without the engine. Run "make build".');
} else {
  // It starts from any origin, and while Go is still on its way.
  const store = openStore();
  globalThis.mixtabStore = { connect: () => store };
  void runGo(new URL(wasmUrl, import.meta.url).href).then(ending => fail(ending.code, ending.message));
}
