// What the Go program printed, for the message that tells of its end.

/** Where wasm_exec.js lets Go print. */
export interface Output {
  writeSync(fd: number, bytes: Uint8Array): number;
}

const keptLines = 40;

/** Keeps the last lines that Go prints, a panic among them, and still shows them. */
export function captureOutput(output: Output): string[] {
  const lines: string[] = [];
  const decoder = new TextDecoder();
  let rest = '';
  const original = output.writeSync.bind(output);
  output.writeSync = (fd, bytes) => {
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
