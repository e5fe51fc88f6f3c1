// Starts the real server on a free port, or uses the one that BASE_URL names.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** The server as it was built last. */
export const built = fileURLToPath(new URL('../../build/mixtab-server', import.meta.url));

/** Resolves with the page's base URL, ending in "/", and a function that ends the server. */
export async function startServer(...args) {
  const given = process.env.BASE_URL;
  if (given) return { url: given.replace(/\/?$/, '/'), close() {} };
  return startBinary(built, ...args);
}

/** The same of a server in a file, whatever BASE_URL names. */
export async function startBinary(binary, ...args) {
  if (!existsSync(binary)) throw new Error(`${binary} is missing: run "make build" at the top`);

  const child = spawn(binary, ['-addr', 'localhost:0', '-log', 'warn', ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface(child.stdout)) {
    const url = line.match(/https?:\/\/\S+/)?.[0];
    if (url) return { url: new URL('/', url).href, page: url, close: () => child.kill('SIGKILL') };
  }
  throw new Error('mixtab-server ended before it said where it serves');
}
