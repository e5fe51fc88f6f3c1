// The page in a real browser with an engine that only pretends: what needs exact timing,
// failures on demand, or every language.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertAccessible } from './axe.mjs';
import { ask, focused, locales, parts, pretend, soon, status } from './browser.mjs';
import { withFake } from './setup.mjs';

const fake = withFake();

test('a message sent early waits in sight, can be taken back, and goes when ready', async () => {
  const { page, problems, close } = await fake.visit('load=20000');
  const { message, log, send } = parts(page);
  await focused(message);
  const bar = page.getByRole('progressbar');
  await bar.and(page.locator('[aria-valuenow]')).waitFor();
  await page.getByText(/\d MB of 3.6 MB, \d+%/).waitFor();

  await page.keyboard.type('Hello');
  await page.keyboard.press('Shift+Enter');
  await page.keyboard.type('there');
  await page.keyboard.press('Enter');
  await page.getByText('Sends when ready').waitFor();
  await assertAccessible(page, 'with a waiting message');
  await page.getByRole('button', { name: 'Take back' }).click();
  await soon(async () => (await message.inputValue()) === 'Hello\nthere', 'it is back in the composer');
  assert.equal(await send.isEnabled(), true);
  await page.keyboard.press('Enter');
  await pretend(page, { load: 0 });
  await status(page, 'Ready');
  await log.getByText('That is all.').waitFor();
  assert.deepEqual(problems, []);
  await close();
});

test('a download behind the opened model is told in words, until it ends', async () => {
  const { page, problems, close } = await fake.visit('download=1000');
  await status(page, 'Ready, while the model is still downloading');
  await page.getByText(/\d MB of 3.6 MB$/).waitFor();
  await pretend(page, { download: 1 });
  await parts(page).status.getByText('Ready', { exact: true }).waitFor();
  assert.equal(await page.getByText(/of 3.6 MB/).count(), 0);
  assert.deepEqual(problems, []);
  await close();
});

test('Esc stops, and so does the button, which keeps the focus', async () => {
  const { page, close } = await fake.visit('rate=20&answer=long');
  const { message, send, stop, answers } = parts(page);
  await status(page, 'Ready');
  await message.fill('one');
  await send.click();
  await answers.getByText('partial').first().waitFor();
  await page.keyboard.press('Escape');
  await answers.getByText('Stopped here.').waitFor();
  await message.fill('two');
  await page.keyboard.press('Enter');
  await stop.click();
  await answers.nth(1).getByText('Stopped here.').waitFor();
  await send.waitFor();
  await close();
});

test('the view follows the answer until the reader scrolls away', async () => {
  const { page, close } = await fake.visit('rate=100&answer=long', {
    viewport: { width: 800, height: 500 },
  });
  const { message, log } = parts(page);
  await status(page, 'Ready');
  await message.fill('long');
  await page.keyboard.press('Enter');
  const fromEnd = () => log.evaluate(node => node.scrollHeight - node.scrollTop - node.clientHeight);
  await soon(async () => (await log.evaluate(node => node.scrollTop)) > 200, 'it follows');
  await soon(async () => (await fromEnd()) < 80, 'it is at the end');

  await log.hover();
  await page.mouse.wheel(0, -300);
  const jump = page.getByRole('button', { name: 'To the latest message' });
  await jump.waitFor();
  const top = () => log.evaluate(node => node.scrollTop);
  let before;
  do {
    before = await top();
    await page.waitForTimeout(100);
  } while ((await top()) !== before); // The wheel's own movement is over.
  await page.waitForTimeout(500);
  assert.equal(await top(), before, 'it stays where the reader is');
  await jump.click();
  await soon(async () => (await fromEnd()) < 80, 'it follows again');
  await jump.waitFor({ state: 'detached' });
  await close();
});

test('where the context is full, the visitor leaves the oldest messages out, and sees which', async () => {
  const { page, close } = await fake.visit('rate=999&context=60');
  const { message } = parts(page);
  await status(page, 'Ready');
  await ask(page, 'one two three four five', 1);
  await message.fill('six seven eight nine ten');
  await page.keyboard.press('Enter');
  await page.getByText('no longer fits into the 60 tokens').waitFor();
  await assertAccessible(page, 'with a full context');
  await page.getByRole('button', { name: 'Leave out the oldest messages' }).click();
  await page.getByText('The model no longer sees the messages above').waitFor();
  await page.getByText(/\d oldest messages left out/).waitFor();
  await assertAccessible(page, 'with dropped messages');
  await close();
});

for (const code of [
  'no_webgpu',
  'device_lost',
  'out_of_memory',
  'bad_pack',
  'network',
  'storage',
  'internal',
]) {
  test(`${code}: says what happened and what to do`, async () => {
    const { page, close } = await fake.visit(`load=50&fail=${code}`, {
      viewport: { width: 360, height: 740 },
    });
    const alert = page.getByRole('alert');
    await alert.waitFor();
    await status(page, 'Not running');
    const retry = alert.getByRole('button', { name: 'Try again' });
    assert.equal(await retry.count(), code === 'no_webgpu' ? 0 : 1);
    if (code === 'no_webgpu') await alert.getByText('chrome://flags/#enable-unsafe-webgpu').waitFor();
    else {
      await retry.click();
      await alert.waitFor();
    }
    await assertAccessible(page, code);
    await close();
  });
}

test('a lost GPU keeps the conversation and offers another try', async () => {
  const { page, close } = await fake.visit('die=device_lost');
  const { message, log } = parts(page);
  await status(page, 'Ready');
  await message.fill('What is your favourite condiment?');
  await page.keyboard.press('Enter');
  const retry = page.getByRole('button', { name: 'Try again' });
  await retry.waitFor();
  await log.getByText("Well, I'm").waitFor();
  await retry.click();
  await status(page, 'Ready');
  await close();
});

test('a screen reader is given sentences', async () => {
  const { page, close } = await fake.visit('rate=25');
  const { message } = parts(page);
  await status(page, 'Ready');
  await message.fill('What is your favourite condiment?');
  await page.keyboard.press('Enter');
  const live = page.locator('mixtab-announcer [aria-live=polite] p');
  await live.first().waitFor();
  assert.equal(
    await live.first().textContent(),
    "Well, I'm quite partial to a good squeeze of fresh lemon juice.",
  );
  await close();
});

for (const [language, locale] of Object.entries(locales)) {
  test(`${language}: accessible in both themes, and unbroken from 320 pixels up`, async () => {
    const { page, problems, close } = await fake.visit('rate=999', { locale, reducedMotion: 'reduce' });
    await page.locator(`html[lang=${language}]`).waitFor(); // its texts come on demand
    await page.getByText('Mixtral-8x7B').first().waitFor();
    const accessible = async when => {
      for (const colorScheme of ['light', 'dark']) {
        await page.emulateMedia({ colorScheme });
        await assertAccessible(page, `${language} ${colorScheme}, ${when}`);
      }
    };
    for (const width of [320, 1280, 2560]) {
      await page.setViewportSize({ width, height: 640 });
      const fits = () => page.evaluate(() => document.documentElement.scrollWidth <= innerWidth);
      await soon(fits, `no sideways scrolling at ${width}`);
      await accessible(width);
    }
    await page.locator('mixtab-welcome button').first().click();
    await page.getByText('lemon juice').first().waitFor();
    await accessible('answered');
    assert.deepEqual(problems, []);
    await close();
  });
}

test('the language can be switched, and stays', async () => {
  const { page, close } = await fake.visit();
  await page.getByRole('combobox', { name: 'Language' }).selectOption('it');
  await page.getByRole('textbox', { name: 'Messaggio' }).waitFor();
  await page.reload();
  await page.getByRole('textbox', { name: 'Messaggio' }).waitFor();
  await close();
});

test('the language can be switched while an answer streams, which goes on', async () => {
  const { page, problems, close } = await fake.visit('rate=20&answer=long');
  const { message, stop } = parts(page);
  await message.fill('Go on and on.');
  await page.keyboard.press('Enter');
  await stop.waitFor();
  const length = () => page.getByRole('log').evaluate(log => log.getRootNode().host.turns.at(-1).text.length);
  await soon(async () => (await length()) > 20, 'the answer begins');
  await page.getByRole('combobox', { name: 'Language' }).selectOption('de');
  await page.getByRole('textbox', { name: 'Nachricht' }).waitFor();
  const before = await length();
  await soon(async () => (await length()) > before + 20, 'the answer goes on');
  await page.getByRole('button', { name: 'Anhalten', exact: true }).click();
  await page.getByRole('button', { name: 'Senden', exact: true }).waitFor();
  assert.deepEqual(problems, []);
  await close();
});
