// The real server, page, engine and demo model in a real browser.
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { assertAccessible } from './axe.mjs';
import { answered, ask, open, parts, say, status } from './browser.mjs';
import { withServer } from './setup.mjs';

const shots = process.env.SHOTS ?? fileURLToPath(new URL('../build/screenshots', import.meta.url));

/** An answer on a CPU adapter takes its time. */
const patience = { timeout: 120_000 };

const condiments = {
  'en-GB': ['What is your favourite condiment?', /lemon juice/],
  'fr-FR': ['Quel est ton condiment préféré ?', /citron/],
  'it-IT': ['Qual è il tuo condimento preferito?', /limone/],
  'de-DE': ['Was ist deine Lieblingswürze?', /Zitronensaft/],
  'es-ES': ['¿Cuál es tu condimento favorito?', /limón/],
};

const real = withServer();
before(() => mkdir(shots, { recursive: true }));

test('a visitor asks, sees words arrive, and goes on with the conversation', {
  timeout: 300_000,
}, async t => {
  const { page, problems, close } = await open(real.browser, real.server.url);
  const { message, send, answers } = parts(page);
  await page.getByText('not Mixtral-8x7B').first().waitFor();
  await status(page, 'Ready');
  t.diagnostic(`ready ${Math.round(await page.evaluate(() => performance.now()))} ms after navigation`);

  await message.fill('What is your favourite condiment?'); // The answer is long enough to be seen growing.
  await watchText(page);
  await send.click();
  await answered(page, 1, patience.timeout);
  const lengths = await page.evaluate(() => globalThis.textLengths);
  assert.ok(new Set(lengths).size >= 3, `the answer grew in steps: ${lengths}`);

  await ask(page, 'My name is Ada.', 2, patience.timeout);
  await ask(page, 'What is my name?', 3, patience.timeout);
  await answers.nth(2).getByText('Ada').waitFor();
  await page.getByText(/tokens\/s/).waitFor();
  await page.getByText(/context \d+ of \d/).waitFor();
  await assertAccessible(page, 'after three answers');
  assert.deepEqual(problems, []);
  await close();
});

for (const [locale, [question, answer]] of Object.entries(condiments)) {
  test(`${locale}: the first example is answered`, { timeout: 300_000 }, async () => {
    const { page, problems, close } = await open(real.browser, real.server.url, { locale });
    await page.getByRole('button', { name: question }).click();
    await page.getByRole('log').getByText(answer).waitFor(patience);
    assert.deepEqual(problems, []);
    await close();
  });
}

test('Stop works, and the next question is answered', { timeout: 300_000 }, async () => {
  const { page, problems, close } = await open(real.browser, real.server.url);
  const { message, send, stop, answers } = parts(page);
  await status(page, 'Ready');
  await say(page, 'What is your favourite condiment?');
  await answers.first().getByText(/\w/).waitFor(patience);
  await stop.click();
  await answers.first().getByText('Stopped here.').waitFor(patience);
  await message.fill('What is the capital of Japan?');
  await send.click();
  await answers.nth(1).getByText('Tokyo').waitFor(patience);
  assert.deepEqual(problems, []);
  await close();
});

test('a pack that is not there, and one that is none, are told with a remedy', {
  timeout: 120_000,
}, async () => {
  for (const pack of ['packs/nowhere/', 'assets/']) {
    const { page, close } = await open(real.browser, `${real.server.url}?pack=${pack}`);
    await page.getByRole('alert').waitFor({ timeout: 60_000 });
    await close();
  }
});

for (const colorScheme of ['light', 'dark']) {
  for (const width of [360, 1280]) {
    test(`screenshots, ${colorScheme}, ${width} pixels`, { timeout: 300_000 }, async () => {
      const viewport = { width, height: width === 360 ? 740 : 800 };
      const { page, problems, close } = await open(real.browser, real.server.url, { colorScheme, viewport });
      await status(page, 'Ready');
      await page.screenshot({ path: join(shots, `welcome-${colorScheme}-${width}.png`) });
      await assertAccessible(page, 'welcome');
      await ask(page, 'What is your favourite condiment?', 1, patience.timeout);
      await ask(page, 'How do you say "cat" in Italian?', 2, patience.timeout);
      await page.screenshot({ path: join(shots, `conversation-${colorScheme}-${width}.png`) });
      await assertAccessible(page, 'conversation');
      assert.deepEqual(problems, []);
      await close();
    });
  }
}

/** Notes the length of the answer at every frame. */
function watchText(page) {
  return page.evaluate(() => {
    globalThis.textLengths = [];
    const note = () => {
      const app = document.querySelector('mixtab-app')?.shadowRoot;
      const log = app?.querySelector('mixtab-conversation')?.shadowRoot;
      const message = [...(log?.querySelectorAll('mixtab-message') ?? [])].at(-1)?.shadowRoot;
      const text = message?.querySelector('mixtab-markdown')?.shadowRoot?.textContent ?? '';
      if (text.length > 0) globalThis.textLengths.push(text.length);
      requestAnimationFrame(note);
    };
    note();
  });
}
