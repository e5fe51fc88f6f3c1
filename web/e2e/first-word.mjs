// How long the demo's first word takes after navigation, the question sent as soon as the page takes it:
//   node e2e/first-word.mjs [-visits 10] [-trace FILE] [SERVER…]
// A first visit, then later ones, each in a new tab of the same browser, whose caches they find. Several
// servers, of other builds, are visited in turns. The trace, of one more visit, opens in ui.perfetto.dev.
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { launchWithFiles } from './browser.mjs';
import { built, startBinary } from './server.mjs';

const { values, positionals } = parseArgs({
  args: process.argv.slice(2).map(arg => arg.replace(/^-(?=\w{2})/, '--')),
  options: { visits: { type: 'string', default: '10' }, trace: { type: 'string' } },
  allowPositionals: true,
});
const binaries = positionals.length ? positionals : [built];

/** What a visit leaves for the next: between them the browser writes its caches. */
const rest = 2500;

/** Runs in the page: asks as soon as there is a composer, and notes when the answer's first word is in the page. */
function visitor() {
  if (window !== window.top) return;
  const inside = (element, ...names) =>
    names.reduce((at, name) => at?.shadowRoot?.querySelector(name), element);
  let asked = false;
  const look = setInterval(() => {
    const app = document.querySelector('mixtab-app');
    const area = inside(app, 'mixtab-composer', 'textarea');
    if (!asked && area) {
      asked = true;
      performance.mark('mixtab asked');
      area.value = 'What is your favourite condiment?';
      area.dispatchEvent(new InputEvent('input', { bubbles: true, composed: true }));
      const enter = { key: 'Enter', bubbles: true, composed: true, cancelable: true };
      area.dispatchEvent(new KeyboardEvent('keydown', enter));
    }
    const messages = inside(app, 'mixtab-conversation')?.shadowRoot?.querySelectorAll('mixtab-message');
    const answer = messages?.length === 2 ? inside(messages[1], 'mixtab-markdown') : undefined;
    if (!(answer?.shadowRoot ?? answer)?.textContent?.trim()) return;
    performance.mark('mixtab first word');
    clearInterval(look);
  }, 5);
}

class Side {
  later = [];

  static async start(binary) {
    const side = new Side();
    side.binary = binary;
    side.server = await startBinary(binary);
    side.context = await launchWithFiles();
    await side.context.addInitScript(visitor);
    return side;
  }

  /** Resolves with the milliseconds to the first word. */
  async visit(pause = rest, trace = undefined) {
    const page = await this.context.newPage();
    const end = trace && (await traced(this.context, page, trace));
    await page.goto(this.server.url, { waitUntil: 'commit' });
    const name = 'mixtab first word';
    const mark = await page.waitForFunction(name => performance.getEntriesByName(name)[0]?.startTime, name);
    const time = await mark.jsonValue();
    await end?.();
    await page.waitForTimeout(pause);
    await page.close();
    return time;
  }

  async end() {
    await this.context.close();
    this.server.close();
  }
}

/** Begins a trace of the whole browser; resolves with the function that ends and writes it. */
async function traced(context, page, file) {
  const session = await context.newCDPSession(page);
  const traceEvents = [];
  session.on('Tracing.dataCollected', ({ value }) => traceEvents.push(...value));
  const includedCategories =
    'toplevel,blink,blink.user_timing,devtools.timeline,loading,navigation,v8,v8.wasm,gpu,gpu.dawn,disabled-by-default-gpu.dawn,disabled-by-default-devtools.timeline,__metadata';
  await session.send('Tracing.start', {
    transferMode: 'ReportEvents',
    traceConfig: { includedCategories: includedCategories.split(',') },
  });
  return async () => {
    const complete = new Promise(resolve => session.once('Tracing.tracingComplete', resolve));
    await session.send('Tracing.end');
    await complete;
    writeFileSync(file, JSON.stringify({ traceEvents }));
  };
}

const sides = [];
for (const binary of binaries) sides.push(await Side.start(binary));
for (const side of sides) {
  side.first = await side.visit();
  await side.visit(); // the first under the service worker
  await side.visit();
}
for (let i = 0; i < Number(values.visits); i++) {
  for (const side of i % 2 === 0 ? sides : sides.toReversed()) side.later.push(await side.visit(700));
}
for (const { binary, first, later } of sides) {
  const sorted = later.toSorted((a, b) => a - b).map(Math.round);
  console.log(
    `${binary}: first visit ${Math.round(first)} ms; later, median ${sorted[sorted.length >> 1]} ms of ${sorted.join(', ')}`,
  );
}
if (values.trace) await sides[0].visit(0, values.trace);
for (const side of sides) await side.end();
