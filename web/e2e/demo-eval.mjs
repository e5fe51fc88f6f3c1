// Asks the demo model its evaluation questions through /lib/mixtab.js, greedily, and counts
// the answers that are exactly right. Ends stdout with one line of JSON.
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { launch, open } from './browser.mjs';
import { startServer } from './server.mjs';

const usage = `node e2e/demo-eval.mjs [-n CASES] [--min PERCENT] [--eval FILE] [--wrong]
  -n CASES        how many, spread evenly over the file (all)
  --min PERCENT   exit 1 when fewer are right (0)
  --eval FILE     the questions (demo/eval.json)
  --wrong         prints each wrong answer`;

/** Every set's right and asked answers for the cases, and the engine that gave them. */
export async function evaluate(cases, onAnswer = () => {}) {
  const server = await startServer();
  const browser = await launch();
  try {
    const { page } = await open(browser, new URL('assets/blank', server.url).href).catch(() =>
      open(browser, server.url),
    );
    const info = await page.evaluate(async base => {
      const { createEngine } = await import(`${base}lib/mixtab.js`);
      globalThis.engine = await createEngine({ pack: `${base}packs/demo/` });
      return globalThis.engine.info;
    }, server.url);
    const results = [];
    for (const question of cases) {
      const got = await page.evaluate(async messages => {
        const answer = await globalThis.engine.chat.completions.create({ messages, temperature: 0 });
        return { text: answer.choices[0].message.content.trim(), tokens: answer.usage.completion_tokens };
      }, question.messages);
      const result = {
        ...question,
        got: got.text,
        tokens: got.tokens,
        right: question.answers.includes(got.text),
      };
      results.push(result);
      onAnswer(result, results.length);
    }
    return { info, results };
  } finally {
    await browser.close();
    server.close();
  }
}

/** n of the cases, evenly spread, always the same ones. */
export function spread(cases, n) {
  return Array.from({ length: n }, (_, index) => cases[Math.floor((index * cases.length) / n)]);
}

/** Right and asked, by the value of one field. */
export function tally(results, field) {
  const counts = {};
  for (const result of results) {
    counts[result[field]] ??= { right: 0, asked: 0 };
    counts[result[field]].asked++;
    if (result.right) counts[result[field]].right++;
  }
  return counts;
}

export async function readCases(file = fileURLToPath(new URL('../../demo/eval.json', import.meta.url))) {
  const { cases } = JSON.parse(await readFile(file, 'utf8'));
  if (!Array.isArray(cases) || cases.length === 0) throw new Error(`${file}: no cases`);
  return cases;
}

const share = ({ right, asked }) => Math.round((1000 * right) / asked) / 10;

async function main() {
  const { values } = parseArgs({
    options: {
      n: { type: 'string', short: 'n' },
      min: { type: 'string', default: '0' },
      eval: { type: 'string' },
      wrong: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    console.log(usage);
    return;
  }
  const all = await readCases(values.eval);
  const cases = spread(all, Math.min(all.length, Number(values.n ?? all.length)));
  const start = performance.now();
  const { info, results } = await evaluate(cases, (result, done) => {
    if (values.wrong && !result.right) {
      console.log(`${result.set}/${result.intent}/${result.lang}: ${result.messages.at(-1).content}`);
      console.log(`  want ${result.answers.join(' | ')}\n  got  ${result.got}`);
    }
    if (process.stderr.isTTY) process.stderr.write(`\r${done}/${cases.length}`);
  });
  if (process.stderr.isTTY) process.stderr.write('\r');

  const table = {};
  for (const field of ['set', 'lang', 'intent']) {
    for (const [name, counts] of Object.entries(tally(results, field)).sort()) {
      table[`${field} ${name}`] = { ...counts, percent: share(counts) };
    }
  }
  console.table(table);
  const right = results.filter(result => result.right).length;
  const accuracy = share({ right, asked: results.length });
  const seconds = Math.round((performance.now() - start) / 100) / 10;
  const sets = Object.fromEntries(
    Object.entries(tally(results, 'set')).map(([name, counts]) => [name, share(counts)]),
  );
  console.log(
    JSON.stringify({
      model: info.model,
      format: info.format,
      adapter: info.adapter,
      asked: results.length,
      right,
      accuracy,
      sets,
      seconds,
    }),
  );
  if (accuracy < Number(values.min)) {
    console.error(`demo-eval: ${accuracy} % right, at least ${values.min} % wanted`);
    process.exitCode = 1;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
