// Several tabs, one engine: the real model, and tabs that are closed and crash while it answers.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parts, status } from './browser.mjs';
import { withServer } from './setup.mjs';

const patience = { timeout: 120_000 };
const waiting = 'Waiting for another tab’s answer';

const real = withServer();

/** The engine's workers in some tabs. */
function engines(...pages) {
  const names = pages.flatMap(page => page.workers().map(worker => new URL(worker.url()).pathname));
  return names.filter(name => /\/worker-[^/]*\.js$/.test(name));
}

/** A context whose tabs have the library and no page of ours. */
async function tabs(count, prepare = () => {}) {
  const context = await real.browser.newContext();
  await context.addInitScript(prepare);
  const url = `${real.server.url}blank`;
  await context.route(url, route =>
    route.fulfill({ contentType: 'text/html', body: '<!doctype html><title>A tab</title>' }),
  );
  const pages = [];
  for (let i = 0; i < count; i++) {
    const page = await context.newPage();
    await page.goto(url);
    await open(page);
    pages.push(page);
  }
  return { pages, close: () => context.close() };
}

/** Opens the demo by the library. */
async function open(page) {
  await page.evaluate(async () => {
    const { createEngine } = await import('/lib/mixtab.js');
    globalThis.restored = [];
    globalThis.engine = await createEngine({
      pack: '/packs/demo/',
      onRestoring: ({ done }) => globalThis.restored.push(done),
    });
  });
}

/** Asks by the library for an answer that is long, as it may not end; calls back at its fifth piece. */
async function ask(page, tokens, atFive = () => {}) {
  await page.exposeFunction('atFive', () => atFive()).catch(() => {});
  return page.evaluate(async tokens => {
    const end = 2; // the token
    let text = '';
    let pieces = 0;
    for await (const chunk of await globalThis.engine.chat.completions.create({
      messages: [{ role: 'user', content: 'What is your favourite condiment?' }],
      temperature: 0,
      max_tokens: tokens,
      logit_bias: { [end]: -100 },
      stream: true,
    })) {
      text += chunk.choices[0].delta.content ?? '';
      if (++pieces === 5) globalThis.atFive();
    }
    return text;
  }, tokens);
}

test('two tabs of the page have one engine, and both are answered', { timeout: 120_000 }, async () => {
  const context = await real.browser.newContext({ locale: 'en-GB' });
  const pages = [await context.newPage(), await context.newPage()];
  for (const page of pages) {
    await page.goto(real.server.url);
    await status(page, 'Ready');
  }
  assert.equal(engines(...pages).length, 1);
  const [one, two] = pages.map(parts);
  await open(pages[0]);
  await new Promise(resolve => void ask(pages[0], 300, resolve));
  assert.equal(engines(...pages).length, 1);
  await one.message.fill('What is your favourite condiment?');
  await two.message.fill('My name is Ada.');
  await one.send.click();
  await two.send.click();
  for (const { answers } of [one, two]) await answers.getByText(waiting).waitFor();
  await one.answers.getByText('lemon').waitFor(patience);
  await two.answers.getByText('Ada').waitFor(patience);
  for (const { answers } of [one, two]) assert.equal(await answers.getByText(waiting).count(), 0);
  await context.close();
});

const losses = {
  closed: page => page.close(),
  crashed: async page => {
    const cdp = await page.context().newCDPSession(page);
    void cdp.send('Page.crash').catch(() => {});
  },
};

for (const [how, lose] of Object.entries(losses)) {
  test(`the answer goes on in another tab when the leading one is ${how}`, { timeout: 120_000 }, async () => {
    const { pages, close } = await tabs(2);
    const [leading, other] = pages;
    assert.deepEqual([engines(leading).length, engines(other).length], [1, 0]);
    const undisturbed = await ask(leading, 150);
    assert.match(undisturbed, /lemon/);
    assert.equal(await ask(other, 150, () => void lose(leading)), undisturbed);
    const restored = await other.evaluate(() => globalThis.restored);
    assert.deepEqual([restored[0], restored.at(-1)], [false, true]);
    assert.equal(engines(other).length, 1);
    await close();
  });
}

test('without shared and service workers there is still one engine', { timeout: 120_000 }, async () => {
  const { pages, close } = await tabs(2, () => {
    delete globalThis.SharedWorker;
    delete Navigator.prototype.serviceWorker;
  });
  assert.equal(engines(...pages).length, 1);
  for (const text of await Promise.all(pages.map(page => ask(page, 40)))) assert.match(text, /lemon/);
  await close();
});

test('where tabs cannot agree, each has an engine of its own', { timeout: 120_000 }, async () => {
  const { pages, close } = await tabs(2, () => delete Navigator.prototype.locks);
  assert.deepEqual(
    pages.map(page => engines(page).length),
    [1, 1],
  );
  for (const page of pages) assert.match(await ask(page, 40), /lemon/);
  await close();
});
