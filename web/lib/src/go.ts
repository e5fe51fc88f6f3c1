// Runs the engine's Go program and tells how it ended.

import 'virtual:go-wasm-exec';
import { captureOutput, type Output, summary } from './output.ts';

declare global {
  // What wasm_exec.js installs, as far as it is used here.
  var Go: new () => {
    importObject: WebAssembly.Imports;
    exit: (code: number) => void;
    run(instance: WebAssembly.Instance): Promise<void>;
  };
  var fs: Output;
  /** The binding to WebGPU reads the program's memory through it. */
  var wasm: WebAssembly.WebAssemblyInstantiatedSource | undefined;
}

/** Why the program is not running, for the page. */
export interface Ending {
  code: 'network' | 'internal';
  message: string;
}

/** Fetches and runs the program; resolves only when it is over. */
export async function runGo(url: string): Promise<Ending> {
  const go = new Go();
  let loaded: WebAssembly.WebAssemblyInstantiatedSource;
  try {
    const response = await fetch(url);
    if (!response.ok) {
      return { code: 'network', message: `${url} answered ${response.status} ${response.statusText}`.trim() };
    }
    loaded = await WebAssembly.instantiateStreaming(response, go.importObject);
  } catch (error) {
    const code = error instanceof WebAssembly.CompileError ? 'internal' : 'network';
    return { code, message: `${url} could not be loaded: ${text(error)}` };
  }

  globalThis.wasm = loaded;
  const lines = captureOutput(globalThis.fs);
  let exitCode = 0;
  go.exit = code => {
    exitCode = code;
  };
  try {
    await go.run(loaded.instance);
  } catch (error) {
    return { code: 'internal', message: `The engine stopped: ${text(error)}` };
  }
  return {
    code: 'internal',
    message: `The engine stopped (exit code ${exitCode}). ${summary(lines)}`.trim(),
  };
}

function text(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
