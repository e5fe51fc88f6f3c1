// Where things stand, measured: what a screenshot would show only to somebody who looks.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ask, locales, parts, pretend, soon, status } from './browser.mjs';
import { withFake } from './setup.mjs';

const fake = withFake();
const phone = { viewport: { width: 320, height: 640 } };

/** What of the dialogs that are open is wider than its place, so that some of it is cut off. */
function cut(page) {
  return page.evaluate(() => {
    const found = [];
    const look = (root, inside) => {
      for (const node of root.querySelectorAll('*')) {
        const within = inside || node.closest('dialog[open]') !== null;
        const field = node.matches('input, textarea, .unseen');
        if (within && !field && node.clientWidth > 0 && node.scrollWidth > node.clientWidth + 1)
          found.push(`${root.host?.localName} ${node.localName}.${node.className}`);
        if (node.shadowRoot) look(node.shadowRoot, within);
      }
    };
    look(document, false);
    return found;
  });
}

for (const [language, locale] of Object.entries(locales)) {
  test(`${language}: no dialog cuts its text off at 320 pixels`, async () => {
    const { page, close } = await fake.visit('', { ...phone, locale });
    await page.locator(`html[lang=${language}]`).waitFor(); // its texts come on demand
    for (const wish of ['settings', 'keys', 'models']) {
      await page
        .locator('mixtab-header')
        .evaluate((header, detail) => header.dispatchEvent(new CustomEvent('wish', { detail })), wish);
      const dialog = page.locator(`mixtab-${wish} dialog[open]`);
      await dialog.waitFor();
      for (const summary of await dialog.locator('summary').all()) await summary.click();
      await soon(async () => (await cut(page)).length === 0, `${wish} fits: ${await cut(page)}`, 5_000);
      await page.keyboard.press('Escape');
      await dialog.waitFor({ state: 'detached' });
    }
    await close();
  });
}

test('the header of a phone is as high while the model loads, downloads and answers', async () => {
  const { page, close } = await fake.visit('load=20000&download=1000&rate=1', { ...phone, locale: 'de-CH' });
  const header = page.locator('mixtab-header header');
  const height = async () => (await header.boundingBox()).height;
  const chip = page.locator('mixtab-model-chip button');
  await page.getByText('Modell wird geladen').waitFor();
  const loading = await height();
  await pretend(page, { load: 0 });
  await chip.getByText('%').waitFor();
  assert.equal(await height(), loading, 'while it downloads');
  await page.locator('mixtab-welcome button').first().click();
  await page.getByText('Antwortet').waitFor();
  assert.equal(await height(), loading, 'while it answers');
  await close();
});

test('the composer stands on the line of the conversation', async () => {
  const { page, close } = await fake.visit('rate=999');
  await status(page, 'Ready');
  await ask(page, 'What is your favourite condiment?', 1);
  for (const width of [320, 720, 1280, 2560]) {
    await page.setViewportSize({ width, height: 640 });
    const left = async selector => (await page.locator(selector).first().boundingBox()).x;
    const apart = async () => (await left('mixtab-composer form')) - (await left('mixtab-markdown'));
    await soon(async () => Math.abs(await apart()) < 1, `at ${width} pixels they begin on one line`, 5_000);
  }
  await close();
});

test('the columns of a table stand as its author wrote', async () => {
  const table = '| a | b | c |\n|---|:-:|--:|\n| 1 | 2 | 3 |';
  const { page, close } = await fake.visit(`rate=999&answer=${encodeURIComponent(table)}`);
  await status(page, 'Ready');
  await ask(page, 'A table.', 1);
  const aligned = cells =>
    parts(page)
      .answers.locator(cells)
      .evaluateAll(nodes => nodes.map(node => getComputedStyle(node).textAlign));
  for (const cells of ['th', 'td'])
    assert.deepEqual((await aligned(cells)).map(plain), ['start', 'center', 'right'], cells);
  await close();
});

/** An alignment as one would write it. */
function plain(align) {
  return align.replace('-webkit-', '');
}
