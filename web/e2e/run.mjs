// Runs the files of this folder, two at a time, and then what is measured, alone. Two
// browsers, two engines, a GPU that is the CPU and whatever else the machine does can hold a
// test up for longer than it waits, so a file that fails is run once more by itself: what
// fails there fails, and what passes there is told. Usage: node e2e/run.mjs
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

/** Runs files, and those that fail once more, alone. Resolves with whether each passed once. */
async function passed(files, concurrency) {
  const failed = await failing(files, concurrency);
  if (failed.length === 0) return true;
  const names = failed.map(file => basename(file)).join(', ');
  console.log(`\ne2e: ${names} failed; once more, alone:\n`);
  if ((await failing(failed, 1)).length > 0) return false;
  console.log(`\ne2e: ${names} passed then: a race, or a busy machine\n`);
  return true;
}

const files = readdirSync(folder)
  .filter(name => name.endsWith('.e2e.mjs'))
  .map(name => join(folder, name));
const together = await passed(files, 2);
const measured = await passed([join(folder, 'speed.mjs')], 1);
process.exitCode = together && measured ? 0 : 1;
