// Before Vite: brings Go's wasm_exec.js, which must be of the Go that built the wasm, into
// build/, and clears dist/ but for the file that keeps the folder in git.
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const web = fileURLToPath(new URL('..', import.meta.url));
const goroot = execFileSync('go', ['env', 'GOROOT'], { encoding: 'utf8', cwd: web }).trim();

mkdirSync(join(web, 'build'), { recursive: true });
copyFileSync(join(goroot, 'lib/wasm/wasm_exec.js'), join(web, 'build/wasm_exec.js'));
