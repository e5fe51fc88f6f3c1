// What a hasty visitor does, on an engine that only pretends.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parts, pretend, say, soon, status } from './browser.mjs';
import { withFake } from './setup.mjs';

const fake = withFake();

test('a double click on Send does not also stop the answer, nor one on Stop also send', async () => {
  const { page, problems, close } = await fake.visit('rate=5&answer=long');
  const { message, send, stop, answers } = parts(page);
  await status(page, 'Ready');
  await message.fill('one');
  await send.dblclick();
  await answers.getByText('A part').waitFor();
  await stop.waitFor();

  await message.fill('not yet to be sent');
  await stop.dblclick();
  await answers.getByText('Stopped here.').waitFor();
  await send.waitFor();
  assert.equal(await message.inputValue(), 'not yet to be sent');
  assert.equal(await answers.count(), 1);
  assert.deepEqual(problems, []);
  await close();
});

test('what is sent twice within one frame is sent once, by key and by an example', async () => {
  const { page, close } = await fake.visit('rate=999');
  const { message, answers } = parts(page);
  await status(page, 'Ready');
  await page.locator('mixtab-welcome button').first().dblclick();
  await answers.getByText('lemon juice').waitFor();
  await message.fill('one');
  // Both before the page is drawn again, as where a frame is slow.
  await message.evaluate(node => {
    for (let press = 0; press < 2; press++)
      node.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, composed: true }));
  });
  await answers.nth(1).getByText('That is all.').waitFor();
  await status(page, 'Ready');
  assert.equal(await answers.count(), 2);
  assert.equal(await page.locator('mixtab-pending').count(), 0);
  assert.equal(await message.inputValue(), '');
  await close();
});

test('Esc that ends the choice of an input method stops no answer', async () => {
  const { page, close } = await fake.visit('rate=5&answer=long');
  const { message, answers } = parts(page);
  await status(page, 'Ready');
  await say(page, 'one');
  await answers.getByText('A part').waitFor();
  const press = isComposing =>
    message.dispatchEvent('keydown', { key: 'Escape', bubbles: true, composed: true, isComposing });
  await press(true);
  await pretend(page, { rate: 50 });
  await answers.getByText('Well, I').first().waitFor(); // It went on.
  await press(false);
  await answers.getByText('Stopped here.').waitFor();
  await close();
});

test('who leaves in mid-answer and comes back finds what had come, the next message, and a way on', async () => {
  const { page, close } = await fake.visit('rate=5&answer=long');
  const { message, answers } = parts(page);
  await status(page, 'Ready');
  await say(page, 'one');
  await answers.getByText('quite partial').waitFor(); // A second's worth and more, so that some is kept.
  await message.fill('half a thought');
  await page.goto('about:blank');
  await page.goBack();
  await answers.getByText('A part').waitFor();
  await page.getByRole('button', { name: 'Continue answer 1' }).waitFor();
  await soon(async () => (await message.inputValue()) === 'half a thought', 'so is the draft');
  await close();
});
