// The example pages, as they are at examples/ and as somebody else's site has them: with the
// host's address in place of ../../, from another origin and under that site's strict policy.
import assert from 'node:assert/strict';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { assertAccessible } from './axe.mjs';
import { launch, open, parts, status } from './browser.mjs';
import { startServer } from './server.mjs';
import { serve } from './static-server.mjs';

const patience = { timeout: 120_000 };
const shots = process.env.SHOTS ?? fileURLToPath(new URL('../build/screenshots', import.meta.url));

let server;
let elsewhere;
let folder;
let browser;
before(async () => {
  server = await startServer();
  folder = await mkdtemp(join(tmpdir(), 'mixtab-examples-'));
  await cp(fileURLToPath(new URL('../examples', import.meta.url)), folder, { recursive: true });
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    await writeFile(file, (await readFile(file, 'utf8')).replaceAll('../../', server.url));
  }
  elsewhere = await serve(folder, 0, { scripts: new URL(server.url).origin });
  browser = await launch();
  await mkdir(shots, { recursive: true });
});
after(async () => {
  await browser?.close();
  elsewhere?.close();
  server?.close();
  if (folder) await rm(folder, { recursive: true });
});

test('the chat answers in a page of another origin, and is kept there', { timeout: 240_000 }, async () => {
  const { page, problems, close } = await open(browser, `${elsewhere.url}chat/`);
  const { message, answers } = parts(page);
  await status(page, 'Ready');
  assert.equal(await message.getAttribute('placeholder'), 'Ask the helper');
  await message.fill('What is your favourite condiment?');
  await page.keyboard.press('Enter');
  await answers.getByText('lemon').waitFor(patience);
  await status(page, 'Ready');
  await assertAccessible(page, 'the example with the element');
  await page.screenshot({ path: join(shots, 'example-chat.png') });
  await page.reload();
  await answers.getByText('lemon').waitFor(patience);
  assert.deepEqual(problems, []);
  await close();
});

test('the page and the element leave each other as they are', { timeout: 240_000 }, async () => {
  const { page, close } = await open(browser, `${elsewhere.url}chat/`, {
    locale: 'de-DE',
    reducedMotion: 'reduce',
    viewport: { width: 320, height: 700 },
  });
  await page.evaluate(() => {
    const chat = document.querySelector('mixtab-chat');
    chat.setAttribute('theme', 'dark');
    chat.setAttribute('lang', 'fr');
  });
  await page.getByRole('button', { name: 'Envoyer' }).waitFor();
  await page.getByText('Prêt', { exact: true }).waitFor(patience);
  const seen = await page.evaluate(() => {
    const chat = document.querySelector('mixtab-chat');
    const inside = chat.shadowRoot.querySelector('footer');
    const { fontStyle, letterSpacing, color } = getComputedStyle(inside);
    return {
      inside: { fontStyle, letterSpacing, color },
      button: getComputedStyle(chat.shadowRoot.querySelector('header button')).textTransform,
      send: chat.shadowRoot
        .querySelector('mixtab-composer')
        .shadowRoot.querySelector('button.primary')
        .getAttribute('aria-label'),
      focus: document.activeElement === document.body,
      outside: getComputedStyle(document.querySelector('h1')).fontStyle,
      title: document.title,
      lang: document.documentElement.lang,
      theme: document.documentElement.dataset.theme,
      overflow: document.documentElement.scrollWidth > innerWidth,
    };
  });
  assert.deepEqual(seen, {
    inside: { fontStyle: 'normal', letterSpacing: 'normal', color: 'rgb(233, 231, 226)' },
    button: 'none',
    send: 'Envoyer',
    focus: true,
    outside: 'italic',
    title: 'The garden club',
    lang: 'en',
    theme: undefined,
    overflow: false,
  });
  await page.screenshot({ path: join(shots, 'example-chat-narrow-dark.png') });
  await assertAccessible(page, 'the example with the element, dark and narrow');
  await close();
});

test('the library answers beside the page and from another origin', { timeout: 240_000 }, async () => {
  for (const url of [`${server.url}examples/library/`, `${elsewhere.url}library/`]) {
    const { page, problems, close } = await open(browser, url);
    await page.getByRole('status').getByText('Ready').waitFor(patience);
    await page.getByRole('button', { name: 'Translate' }).click();
    await page.locator('output').getByText('gatto').waitFor(patience);
    await assertAccessible(page, 'the example with the library');
    assert.deepEqual(problems, []);
    await close();
  }
});
