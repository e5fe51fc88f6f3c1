// Before Vite: brings Go's wasm_exec.js, which must be of the Go that built the wasm, into
// build/, and empties the named folder but for the file that keeps it in git.
// Usage: node scripts/prepare.mjs [FOLDER]
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const web = fileURLToPath(new URL('..', import.meta.url));
const goroot = execFileSync('go', ['env', 'GOROOT'], { encoding: 'utf8', cwd: web }).trim();

mkdirSync(join(web, 'build'), { recursive: true });
copyFileSync(join(goroot, 'lib/wasm/wasm_exec.js'), join(web, 'build/wasm_exec.js'));

const folder = process.argv[2];
if (folder) {
  for (const name of readdirSync(folder)) {
    if (name !== '.keep') rmSync(join(folder, name), { recursive: true });
  }
}
