// After compress.mjs: sums what a browser loads before the engine starts, compressed, and holds
// it to its budget. Usage: node scripts/shell.mjs FOLDER
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

const budget = 150e3; // bytes over the wire

const folder = process.argv[2];
if (!folder) throw new Error('shell: name the folder');

const html = readFileSync(join(folder, 'index.html'), 'utf8');
// Vite lists the entry's static imports beside it as modulepreload.
const named = [...html.matchAll(/<(?:script|link)\b[^>]*>/g)]
  .map(([tag]) => tag)
  .filter(tag => /^<script|rel="(?:modulepreload|stylesheet)"/.test(tag))
  .map(tag => tag.match(/(?:src|href)="\.\/([^"]+)"/)?.[1] ?? '');
const texts = readdirSync(join(folder, 'assets'))
  .filter(name => /^(?:fr|it|de|es)-[^.]+\.js$/.test(name))
  .map(name => `assets/${name}`);
if (named.length < 2 || named.includes('') || texts.length !== 4) {
  throw new Error(`shell: index.html or the languages look different: ${named}, ${texts}`);
}

const size = name => {
  const file = join(folder, name);
  return statSync(existsSync(`${file}.br`) ? `${file}.br` : file).size;
};
// One language is loaded; count the longest.
const language = texts.sort((a, b) => size(b) - size(a))[0];
const files = ['index.html', ...named, language];
const sum = files.reduce((total, name) => total + size(name), 0);
for (const name of files) console.log(`shell: ${name}: ${size(name)} bytes`);
console.log(`shell: ${sum} bytes before the engine (at most ${budget})`);
if (sum > budget) {
  console.error('shell: over its budget: load by import() what the first view does not need');
  process.exitCode = 1;
}
