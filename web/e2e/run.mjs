// Runs the files of this folder, two at a time, and then what is measured, alone. Two
// browsers, two engines and a GPU that is the CPU can hold each other up for longer than any
// test waits, so a file that fails beside another is run once more by itself: what fails
// there fails, and what passes there is told. Usage: node e2e/run.mjs
import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';

const folder = import.meta.dirname;

/** Runs files and returns those in which something failed. */
async function failing(files, concurrency) {
  const failed = new Set();
  const events = run({ files, concurrency });
  events.on('test:fail', ({ file, name }) => failed.add(file ?? name));
  for await (const text of events.compose(spec)) process.stdout.write(text);
  return [...failed];
}

const files = readdirSync(folder)
  .filter(name => name.endsWith('.e2e.mjs'))
  .map(name => join(folder, name));
let failed = await failing(files, 2);
if (failed.length > 0) {
  const names = failed.map(file => basename(file)).join(', ');
  console.log(`\ne2e: ${names} failed beside other files; once more, alone:\n`);
  failed = await failing(failed, 1);
  if (failed.length === 0) console.log(`\ne2e: ${names} passed alone: a race, or a busy machine\n`);
}
failed.push(...(await failing([join(folder, 'speed.mjs')], 1)));
process.exitCode = failed.length > 0 ? 1 : 0;
