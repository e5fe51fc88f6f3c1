// What can be done with messages, how answers look, and how they are tuned, in a real browser
// with an engine that only pretends.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertAccessible } from './axe.mjs';
import { answered, ask, focused, locales, parts, pretend, soon, status } from './browser.mjs';
import { rich, richQuery } from './rich.mjs';
import { withFake } from './setup.mjs';

const fake = withFake();

/** What the engine was asked last. */
const lastRequest = page =>
  page.evaluate(() => globalThis.fake.requests.findLast(request => request.type === 'chat'));

test('code is coloured and copied, formulas are set, and tables scroll in themselves', async () => {
  const { page, problems, close } = await fake.visit(richQuery, {
    viewport: { width: 360, height: 740 },
    permissions: ['clipboard-read', 'clipboard-write'],
  });
  await ask(page, 'Hello', 1);
  const code = page.locator('mixtab-code').first();
  await code.locator('.hljs-keyword', { hasText: 'package' }).waitFor();
  await code.getByText('Go', { exact: true }).waitFor();

  const copy = code.getByRole('button', { name: 'Copy code' });
  await copy.focus();
  await page.keyboard.press('Enter');
  await code.getByRole('status').filter({ hasText: 'Copied' }).waitFor();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), 'package main // The program.');

  await page.getByRole('button', { name: 'Copy answer 1' }).click();
  await page.locator('mixtab-message-actions').getByRole('status').filter({ hasText: 'Copied' }).waitFor();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), rich);

  await page.locator('math[display=block] mfrac').waitFor({ state: 'attached' });
  assert.equal(await page.locator('mixtab-maths math').count(), 2);

  const table = page.getByRole('group', { name: 'Table' });
  assert.ok(
    await table.evaluate(node => node.scrollWidth > node.clientWidth),
    'the table is wider than its box',
  );
  const log = parts(page).log;
  assert.ok(await log.evaluate(node => node.scrollWidth <= node.clientWidth), 'the log is not');
  assert.equal(await table.getByRole('row').count(), 2);
  assert.deepEqual(problems, []);
  await close();
});

test('what a model writes never runs nor fetches', async () => {
  const hostile = [
    '<script>globalThis.owned = 1</script><img src="https://evil.example/a.png" onerror="globalThis.owned=2">',
    '![x](https://evil.example/b.png) [x](javascript:globalThis.owned=3) <svg onload="globalThis.owned=4">',
    '<iframe srcdoc="<script>parent.owned=5</script>"></iframe><link rel=prefetch href=https://evil.example/c>',
    '<style>@import url(https://evil.example/d.css)</style> $\\href{javascript:globalThis.owned=6}{x}$',
    '$\\includegraphics{https://evil.example/e.png}$ [y](https://evil.example/f)',
    '```html\n<img src=x onerror="globalThis.owned=7"><script>globalThis.owned = 8</script>\n```',
    '</mixtab-code><math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=owned=9&gt;">',
  ].join('\n\n');
  const { page, problems, close } = await fake.visit(`rate=999&answer=${encodeURIComponent(hostile)}`);
  const requests = [];
  page.on('request', request => requests.push(request.url()));
  await ask(page, hostile, 1);
  await page.locator('mixtab-code .hljs-tag').first().waitFor();
  await page.waitForTimeout(300);
  assert.equal(await page.evaluate(() => globalThis.owned), undefined);
  assert.deepEqual(
    requests.filter(url => !url.startsWith(fake.url)),
    [],
  );
  const links = await page
    .locator('mixtab-markdown a[href]')
    .evaluateAll(nodes => nodes.map(({ href }) => href));
  assert.deepEqual(
    links.filter(href => !/^https?:/.test(href)),
    [],
  );
  const link = page.getByRole('link', { name: 'y (evil.example)' });
  assert.equal(await link.getAttribute('rel'), 'noopener noreferrer nofollow');
  assert.equal(await link.getAttribute('target'), '_blank');
  assert.deepEqual(problems, []);
  await close();
});

test('a message is edited in place, and the versions are looked through', async () => {
  const { page, problems, close } = await fake.visit('rate=999');
  const { message, answers, log } = parts(page);
  await ask(page, 'one', 1);
  await ask(page, 'two', 2);

  await page.getByRole('button', { name: 'Edit message 1' }).click();
  const editor = page.getByRole('textbox', { name: 'Your message, changed' });
  assert.equal(await editor.inputValue(), 'one');
  await editor.fill('thrown away');
  await page.keyboard.press('Escape');
  await soon(async () => (await log.getByText('thrown away').count()) === 0, 'what was typed is gone');
  assert.equal(await answers.count(), 2);

  await page.keyboard.press('Enter'); // The focus is back on the button.
  await editor.fill('three');
  await page.keyboard.press('Enter');
  await log.getByText('You said: three').waitFor();
  await answered(page, 1);
  assert.equal(await answers.count(), 1);

  const versions = page.getByRole('group', { name: 'Message 1' });
  await versions.getByText('2 of 2').waitFor();
  const previous = versions.getByRole('button', { name: 'Previous version of message 1' });
  await previous.focus();
  await page.keyboard.press('Enter');
  await versions.getByText('1 of 2').waitFor();
  await log.getByText('You said: two').waitFor();
  await focused(previous);
  await versions.getByRole('button', { name: 'Next version of message 1' }).click();
  await log.getByText('You said: three').waitFor();

  await message.focus();
  await page.keyboard.press('ArrowUp');
  assert.equal(await editor.inputValue(), 'three');
  await page.keyboard.press('Escape');
  await editor.waitFor({ state: 'detached' });
  await message.fill('text');
  await page.keyboard.press('ArrowUp');
  assert.equal(await editor.count(), 0);
  assert.deepEqual(problems, []);
  await close();
});

test('an answer is given again, stopped, and continued', async () => {
  const { page, problems, close } = await fake.visit('rate=999');
  const { stop, answers, log } = parts(page);
  await ask(page, 'What is your favourite condiment?', 1);
  await pretend(page, { rate: 1 });
  await page.getByRole('button', { name: 'Regenerate answer 1' }).click();
  await stop.waitFor();
  await page.getByRole('group', { name: 'Answer 1' }).getByText('2 of 2').waitFor();
  await answers.getByText("Well, I'm").waitFor();
  await page.keyboard.press('Escape');
  await log.getByText('Stopped here.').waitFor();
  const said = await answers.locator('mixtab-markdown p').textContent();
  assert.ok(!said.includes('kitchen'));

  await pretend(page, { rate: 999 });
  await page.getByRole('button', { name: 'Continue answer 1' }).click();
  await answers.getByText('in the kitchen!').waitFor();
  await answered(page, 1);
  assert.equal(
    await answers.locator('mixtab-markdown p').textContent(),
    "Well, I'm quite partial to a good squeeze of fresh lemon juice. It adds just the right amount of zesty flavour to whatever I'm cooking up in the kitchen!",
  );
  assert.equal(await log.getByText('Stopped here.').count(), 0);
  const { continue: goesOn, messages } = await lastRequest(page);
  assert.equal(goesOn, true);
  assert.equal(messages.at(-1).role, 'assistant');
  assert.deepEqual(problems, []);
  await close();
});

test('text files go with a message: chosen, pasted and dropped, counted, refused, removed', async () => {
  const { page, problems, close } = await fake.visit('rate=999&context=200');
  const { message, log } = parts(page);
  const file = (name, content) => ({
    name,
    mimeType: 'application/octet-stream',
    buffer: Buffer.from(content),
  });
  await page
    .locator('mixtab-composer input[type=file]')
    .setInputFiles([file('notes.txt', 'some notes'), file('cat.png', [0x89, 0x50, 0x4e, 0x47, 0])]);
  const files = page.getByRole('list', { name: 'Files of this message' });
  await files.getByText('10 bytes, 10 tokens').waitFor();
  await page.getByRole('alert').getByText('cat.png is not a text file').waitFor();

  await message.evaluate(give, { event: 'paste', name: 'pasted.md', content: 'pasted' });
  await files.getByText('pasted.md').waitFor();
  await page.locator('body').evaluate(give, { event: 'drop', name: 'dropped.csv', content: 'a,b' });
  await files.getByText('dropped.csv').waitFor();
  await assertAccessible(page, 'with files');
  await files.getByRole('button', { name: 'Remove pasted.md' }).focus();
  await page.keyboard.press('Enter');
  await soon(async () => (await files.getByRole('listitem').count()) === 2, 'one file is gone');

  await page.keyboard.type('What is this?');
  await page.getByText('26 of 200 tokens').waitFor();
  await page.keyboard.press('Enter');
  await answered(page, 1);
  const { messages } = await lastRequest(page);
  assert.equal(
    messages.at(-1).content,
    'File: notes.txt\n```\nsome notes\n```\n\nFile: dropped.csv\n```\na,b\n```\n\nWhat is this?',
  );
  await log.getByText('notes.txt', { exact: true }).waitFor();
  await log.getByText('What is this?', { exact: true }).first().waitFor();
  assert.equal(await files.count(), 0);

  await page
    .locator('mixtab-composer input[type=file]')
    .setInputFiles([file('book.txt', 'word '.repeat(100))]);
  await page.getByText('This message has 500 tokens, and the model can read 200 at most.').waitFor();
  assert.deepEqual(problems, []);
  await close();
});

test('settings reach the engine, are checked, and can be kept', async () => {
  const { page, problems, close } = await fake.visit('rate=999');
  await status(page, 'Ready');
  await page.getByRole('button', { name: 'Settings' }).click();
  const dialog = page.getByRole('dialog', { name: 'Settings of this conversation' });
  const field = name => dialog.getByRole('textbox', { name, exact: true });
  assert.equal(await field('Temperature').getAttribute('placeholder'), '0.5');

  await field('Temperature').fill('5');
  await page.keyboard.press('Tab');
  await dialog.getByText('A number from 0 to 2 is needed here.').waitFor();
  await soon(
    async () => (await field('Temperature').getAttribute('aria-invalid')) === 'true',
    'it is marked',
  );
  await assertAccessible(page, 'with a wrong setting');
  await field('Temperature').fill('0.8');
  await page.keyboard.press('Tab');
  const slider = dialog.getByRole('slider', { name: 'Temperature' });
  await soon(async () => (await slider.inputValue()) === '0.8', 'the slider follows the field');
  await slider.focus();
  await page.keyboard.press('ArrowRight');
  await soon(
    async () => (await field('Temperature').inputValue()) === '0.85',
    'the field follows the slider',
  );

  await dialog.getByRole('textbox', { name: 'Instructions' }).fill('Be brief.');
  await dialog.getByText('More settings').click();
  await field('Top-k').fill('40');
  await field('Seed').fill('7');
  await field('Repetition penalty').fill('1.1');
  await dialog.getByRole('textbox', { name: 'Stop texts' }).fill('END\nSTOP');
  await page.keyboard.press('Tab');
  await dialog.getByText('Keep these settings').click();
  await dialog.getByRole('textbox', { name: 'Name' }).fill('mine');
  await page.keyboard.press('Enter');
  await dialog.getByRole('button', { name: 'mine', pressed: true }).waitFor();
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'hidden' });

  await ask(page, 'Hello', 1);
  const { messages, sampling } = await lastRequest(page);
  assert.deepEqual(messages[0], { role: 'system', content: 'Be brief.' });
  const { temperature, top_k, seed, repetition_penalty, stop, top_p } = sampling;
  assert.deepEqual(
    { temperature, top_k, seed, repetition_penalty, stop, top_p },
    { temperature: 0.85, top_k: 40, seed: 7, repetition_penalty: 1.1, stop: ['END', 'STOP'], top_p: null },
  );

  await openSettings(page);
  await dialog.getByRole('button', { name: 'Back to the model’s own settings' }).click();
  await dialog.getByRole('button', { name: 'Balanced', pressed: true }).waitFor();
  await dialog.getByRole('button', { name: 'Precise' }).click();
  await soon(async () => (await field('Temperature').inputValue()) === '0.2', 'the preset holds');
  await dialog.getByRole('button', { name: 'mine' }).click();
  await soon(async () => (await field('Top-k').inputValue()) === '40', 'and the own one');
  await dialog.getByRole('button', { name: 'Delete “mine”' }).click();
  await dialog.getByText('“mine” was deleted.').waitFor();
  assert.deepEqual(problems, []);
  await close();
});

for (const [language, locale] of Object.entries(locales)) {
  test(`${language}: accessible and unbroken at 320 pixels, in both themes`, async () => {
    const { page, problems, close } = await fake.visit(richQuery, {
      locale,
      viewport: { width: 320, height: 640 },
      reducedMotion: 'reduce',
    });
    const message = page.locator('mixtab-composer textarea');
    await message.fill('Hello');
    await page.keyboard.press('Enter');
    await page.locator('math').first().waitFor({ state: 'attached' });
    await page.locator('.hljs-keyword').first().waitFor();
    await message.fill('');
    await page.keyboard.press('ArrowUp');
    await page.locator('mixtab-message-editor textarea').waitFor();
    const fits = () => page.evaluate(() => document.documentElement.scrollWidth <= innerWidth);
    await soon(fits, 'no sideways scrolling');
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme });
      await assertAccessible(page, `${language} ${colorScheme}, conversation`);
    }
    await openSettings(page);
    const dialog = page.locator('mixtab-settings dialog');
    await dialog.locator('.content > details > summary').click();
    assert.ok(
      await dialog.evaluate(node => node.scrollWidth <= node.clientWidth),
      'the dialog is not too wide',
    );
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme });
      await assertAccessible(page, `${language} ${colorScheme}, settings`);
    }
    assert.deepEqual(problems, []);
    await close();
  });
}

async function openSettings(page) {
  await page.evaluate(() => {
    const app = document.querySelector('mixtab-app');
    const header = app.shadowRoot.querySelector('mixtab-header');
    header.dispatchEvent(new CustomEvent('wish', { detail: 'settings' }));
  });
  await page.locator('mixtab-settings dialog[open]').waitFor();
}

/** Runs in the page: pastes or drops a file. */
function give(node, { event, name, content }) {
  const data = new DataTransfer();
  data.items.add(new File([content], name));
  const options = { bubbles: true, composed: true, cancelable: true };
  node.dispatchEvent(
    event === 'paste'
      ? new ClipboardEvent('paste', { ...options, clipboardData: data })
      : new DragEvent('drop', { ...options, dataTransfer: data }),
  );
}
