// Brings in what Go and the driver provide: the engine's WebAssembly, Go's wasm_exec.js
// and the driver's JavaScript. A page can be built without the first and the last, so
// that work on the page needs no Go; such a page says so when it starts.

import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'vite';

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));

const wasm = path('../build/mixtab.wasm');
const helpers = [path('../../wasm/webgpu/driver.js'), path('../../wasm/source/fetch.js')];
const wasmExec = path('../build/wasm_exec.js');

export function engine(): Plugin {
  const modules: Record<string, () => string> = {
    'virtual:mixtab-wasm': () =>
      present(wasm) ? `export { default } from ${JSON.stringify(`${wasm}?url`)};` : `export default '';`,
    'virtual:mixtab-driver': () => helpers.map(file => `import ${JSON.stringify(file)};`).join('\n'),
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
