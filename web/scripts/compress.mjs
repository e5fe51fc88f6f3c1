// After Vite: writes a .br and a .gz beside every file worth it, and holds the engine's
// WebAssembly to its budget. Usage: node scripts/compress.mjs FOLDER
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { brotliCompressSync, gzipSync, constants as zlib } from 'node:zlib';

const wasmBudget = 1.5e6; // bytes over the wire
const smallest = 1024;
const kinds = new Set([
  '.css',
  '.html',
  '.js',
  '.json',
  '.map',
  '.svg',
  '.ts',
  '.txt',
  '.wasm',
  '.webmanifest',
]);

const folder = process.argv[2];
if (!folder) throw new Error('compress: name the folder');

for (const name of readdirSync(folder, { recursive: true })) {
  const file = join(folder, name);
  if (!kinds.has(extname(name)) || !statSync(file).isFile()) continue;
  const bytes = readFileSync(file);
  if (bytes.length < smallest) continue;

  const brotli = brotliCompressSync(bytes, {
    params: { [zlib.BROTLI_PARAM_QUALITY]: 11, [zlib.BROTLI_PARAM_SIZE_HINT]: bytes.length },
  });
  writeFileSync(`${file}.br`, brotli);
  writeFileSync(`${file}.gz`, gzipSync(bytes, { level: 9 }));

  if (extname(name) === '.wasm') {
    console.log(
      `compress: ${name}: ${bytes.length} bytes, ${brotli.length} with brotli (at most ${wasmBudget})`,
    );
    if (brotli.length > wasmBudget) {
      console.error(`compress: ${name} is over its budget; see what grew with "go tool nm -size -sort size"`);
      process.exitCode = 1;
    }
  }
}
