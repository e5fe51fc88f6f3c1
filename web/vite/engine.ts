// Brings in what lies beside our Go: the engine's WebAssembly, Go's wasm_exec.js, the
// driver's JavaScript and the store. A page can be built without the first, so that work on
// the page needs no Go; such a page says so when it starts.

import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'vite';

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));

const wasm = path('../build/mixtab.wasm');
const driver = path('../../wasm/webgpu/driver.js');
const store = path('../../wasm/store/client.js');
const storeWorker = path('../../wasm/store/worker/main.js');
const wasmExec = path('../build/wasm_exec.js');

export function engine(): Plugin {
  const modules: Record<string, () => string> = {
    'virtual:mixtab-wasm': () =>
      present(wasm) ? `export { default } from ${JSON.stringify(`${wasm}?url`)};` : `export default '';`,
    'virtual:mixtab-driver': () => `import ${JSON.stringify(driver)};`,
    'virtual:mixtab-store': () => `export * from ${JSON.stringify(store)};`,
    'virtual:mixtab-store-worker': () =>
      `export { default } from ${JSON.stringify(`${storeWorker}?worker&url`)};`,
    'virtual:go-wasm-exec': () => `import ${JSON.stringify(wasmExec)};`,
  };
  return {
    name: 'mixtab-engine',
    resolveId: id => (id in modules ? `\0${id}` : undefined),
    load: id => (id.startsWith('\0') ? modules[id.slice(1)]?.() : undefined),
  };
}

function present(file: string): boolean {
  if (existsSync(file)) return true;
  console.warn(
    `\nmixtab: ${file} is missing; the page is built without the engine. Run "make build" at the top.`,
  );
  return false;
}
