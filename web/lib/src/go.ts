// Runs the engine's Go program and tells how it ended.

import 'virtual:go-wasm-exec';

declare global {
  // What wasm_exec.js installs, as far as it is used here.
  var Go: new () => {
    importObject: WebAssembly.Imports;
    exit: (code: number) => void;
    run(instance: WebAssembly.Instance): Promise<void>;
  };
  var fs: { writeSync(fd: number, bytes: Uint8Array): number };
  /** The binding to WebGPU reads the program's memory through it. */
  var wasm: WebAssembly.WebAssemblyInstantiatedSource | undefined;
}

const keptLines = 40;

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
  const lines = captureOutput();
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

/** Keeps the last lines that Go prints, a panic among them, and still shows them. */
function captureOutput(): string[] {
  const lines: string[] = [];
  const decoder = new TextDecoder();
  let rest = '';
  const original = globalThis.fs.writeSync.bind(globalThis.fs);
  globalThis.fs.writeSync = (fd, bytes) => {
    const parts = (rest + decoder.decode(bytes, { stream: true })).split('\n');
    rest = parts.pop() ?? '';
    lines.push(...parts);
    if (lines.length > keptLines) lines.splice(0, lines.length - keptLines);
    return original(fd, bytes);
  };
  return lines;
}

/** The lines from the panic on, or else the last ones, as one line. */
export function summary(lines: readonly string[]): string {
  const start = lines.findIndex(line => /^(panic|fatal error|runtime error):/.test(line));
  const chosen = start >= 0 ? lines.slice(start, start + 8) : lines.slice(-8);
  return chosen
    .map(line => line.trim())
    .filter(line => line !== '')
    .join(' · ');
}

function text(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
