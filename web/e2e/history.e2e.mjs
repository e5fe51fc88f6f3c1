// Conversations that are kept, on an engine that only pretends: the list, search, files, two tabs.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { assertAccessible } from './axe.mjs';
import { locales, open, parts, say as send, soon, status } from './browser.mjs';
import { fill, list } from './history.mjs';
import { address, withFake } from './setup.mjs';

const fake = withFake();

const visit = (query = 'rate=999', options = {}) => fake.visit(query, options);

/** Sends a message that is answered with "You said …". */
async function say(page, text) {
  await send(page, text);
  const { answers } = parts(page);
  await answers
    .filter({ hasText: `You said: ${text}` })
    .getByText('That is all.')
    .waitFor();
  await status(page, 'Ready');
}

async function startWith(page, ...texts) {
  for (const text of texts) {
    await list(page).start.click();
    await say(page, text);
  }
}

test('branches, drafts and settings of the page survive a reload', async () => {
  const { page, problems, close } = await visit();
  const { message, log } = parts(page);
  await say(page, 'First question');
  await page.getByRole('button', { name: 'Edit message 1' }).click();
  await log.getByRole('textbox').fill('Second thoughts');
  await page.getByRole('button', { name: 'Send again' }).click();
  await log.getByText('2 of 2').waitFor();
  await status(page, 'Ready');
  await page.getByRole('button', { name: 'Previous version of message 1' }).click();
  await log.getByText('You said: First question').waitFor();
  await message.fill('not sent yet');
  await written(page);
  await page.reload();
  await log.getByText('You said: First question').waitFor();
  await log.getByText('1 of 2').waitFor();
  await soon(async () => (await message.inputValue()) === 'not sent yet', 'so is the draft');
  await page.getByRole('button', { name: 'Next version of message 1' }).click();
  await log.getByText('You said: Second thoughts').waitFor();

  await list(page).start.click();
  await soon(async () => (await message.inputValue()) === '', 'it is a new one');
  await message.fill('of none yet');
  await written(page);
  await page.reload();
  await status(page, 'Ready');
  await soon(async () => (await message.inputValue()) === 'of none yet', 'the draft is back');
  assert.deepEqual(problems, []);
  await close();
});

test('a page that ends mid-answer loses at most a second of it', async () => {
  const { page, close } = await visit('rate=30&answer=long');
  const { message, answers } = parts(page);
  await message.fill('long');
  await page.keyboard.press('Enter');
  await page.waitForTimeout(2500);
  // Killed, not closed: the page has no time for last words.
  const before = await answers.first().evaluate(length);
  const cdp = await page.context().newCDPSession(page);
  cdp.send('Page.crash').catch(() => {}); // Nobody answers.
  const again = await page.context().newPage();
  await again.goto(address(fake.url, 'rate=999'));
  await list(again).item('long').click();
  const { answers: kept } = parts(again);
  await kept.getByText('Stopped here.').waitFor();
  const after = await kept.first().evaluate(length);
  assert.ok(after > before / 3, `${after} of ${before} characters`);
  await close();
});

test('conversations are found, renamed, pinned, deleted and brought back, all by keyboard', async () => {
  const { page, problems, close } = await visit();
  const { nav, search, items, item, menu, choose, toast } = list(page);
  await startWith(page, 'Apples and pears', 'Über den Wolken', 'Third');
  assert.deepEqual(await items.allInnerTexts(), ['Third', 'Über den Wolken', 'Apples and pears']);
  await nav.getByRole('heading', { name: 'Today' }).waitFor();

  await page.keyboard.press('Control+k');
  await page.keyboard.type('uber');
  await nav.getByText('1 conversation found').waitFor();
  await page.keyboard.press('Enter');
  await parts(page).log.getByText('You said: Über den Wolken').waitFor();
  await soon(
    async () => (await item('Über den Wolken').getAttribute('aria-current')) === 'page',
    'the list shows which one is open',
  );
  await search.fill('said: **apples');
  await nav.getByText(/You said: \*\*Apples/).waitFor(); // Where its text says it.
  await search.press('Escape');
  await soon(async () => (await items.count()) === 3, 'the list is whole again');

  await search.press('ArrowDown');
  await page.keyboard.press('End');
  await page.keyboard.press('F2');
  await page.keyboard.type('Fruit');
  await page.keyboard.press('Enter');
  await item('Fruit').waitFor();
  await menu('Fruit').press('Enter');
  await choose('Rename').waitFor();
  await assertAccessible(page, 'with a menu');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await nav.getByRole('heading', { name: 'Pinned' }).waitFor();
  assert.match((await items.allInnerTexts())[0], /Fruit/);

  await item('Third').focus();
  await page.keyboard.press('Delete');
  await toast.getByText('“Third” was deleted.').waitFor();
  await soon(async () => (await items.count()) === 2, 'it is off the list');
  await assertAccessible(page, 'with a deletion');
  await page.getByRole('button', { name: 'Undo' }).click();
  await item('Third').waitFor();

  await written(page);
  await page.reload();
  await item('Pinned: Fruit').waitFor();
  assert.equal(await items.count(), 3);
  assert.deepEqual(problems, []);
  await close();
});

test('a deletion can be undone while it is pointed at, and then is one', async () => {
  const { page, close } = await visit();
  await page.clock.install();
  const { item, menu, choose, toast, items } = list(page);
  await startWith(page, 'One', 'Two');
  await menu('Two').click();
  await choose('Delete').click();
  await page.getByText('A language model on your own GPU').waitFor();
  await toast.hover();
  await page.clock.runFor(60_000);
  await page.getByRole('button', { name: 'Undo' }).click();
  await item('Two').waitFor();
  await parts(page).log.getByText('You said: Two').waitFor(); // It was on the page.

  await menu('Two').click();
  await choose('Delete').click();
  await page.mouse.move(700, 300);
  await page.clock.runFor(9000);
  await toast.waitFor({ state: 'detached' });
  await page.reload();
  await item('One').waitFor();
  assert.equal(await items.count(), 1);
  await close();
});

test('everything goes into a file, and from it into another browser', async () => {
  const { page, problems, close } = await visit();
  const { item, menu, choose } = list(page);
  await startWith(page, 'One', 'Two');
  const markdown = page.waitForEvent('download');
  await menu('One').click();
  await choose('Save as Markdown').click();
  const saved = await markdown;
  assert.equal(saved.suggestedFilename(), 'One.md');
  assert.match(
    await readFile(await saved.path(), 'utf8'),
    /^# One\n\n\*\*You\*\*\n\nOne\n\n\*\*Answer\*\*\n\nYou said/,
  );
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Export all' }).click();
  const path = await (await download).path();
  const file = await readFile(path, 'utf8');
  assert.equal(JSON.parse(file).conversations.length, 2);

  const other = await visit();
  const input = other.page.locator('mixtab-history-files input');
  await input.setInputFiles({ name: 'all.json', mimeType: 'application/json', buffer: Buffer.from(file) });
  await other.page.getByText('2 conversations were added.').waitFor();
  await list(other.page).item('One').click();
  await parts(other.page).log.getByText('You said: One').waitFor();
  await input.setInputFiles({ name: 'all.json', mimeType: 'application/json', buffer: Buffer.from(file) });
  await other.page.getByText('2 were here already.').waitFor();
  assert.equal(await list(other.page).items.count(), 2);
  await item('One').waitFor();
  assert.deepEqual([...problems, ...other.problems], []);
  await other.close();
  await close();
});

test('a hostile file is refused with its place, or does nothing', async () => {
  const { page, problems, close } = await visit();
  const fetched = [];
  page.on('request', request => {
    if (!request.url().startsWith(fake.url)) fetched.push(request.url());
  });
  page.on('dialog', dialog => fetched.push(`dialog ${dialog.message()}`));
  const evil = '<img src="https://evil.example/x.png" onerror="alert(1)"><script>alert(2)</script>';
  const turn = { id: 'a', parent: null, role: 'user', text: evil, state: 'done', created: 1 };
  const answer = {
    ...turn,
    id: 'b',
    parent: 'a',
    role: 'assistant',
    text: `${evil}\n\n![](https://evil.example/y.png)`,
  };
  const conversation = {
    ...{ id: 'c', title: evil, pinned: false, created: 1, changed: 2, settings: {}, leaf: 'b' },
    turns: [turn, answer],
  };
  const file = part => ({
    name: 'evil.json',
    mimeType: 'application/json',
    buffer: Buffer.from(
      JSON.stringify({
        format: 'mixtab.conversations',
        version: 1,
        conversations: [{ ...conversation, ...part }],
      }),
    ),
  });
  const input = page.locator('mixtab-history-files input');
  await input.setInputFiles(file({ turns: [turn, { ...answer, parent: 'b' }] }));
  await page.getByText('This file could not be taken in. Nothing was changed.').waitFor();
  await page
    .getByText('conversations[0].turns[1].parent: "b" is not the id of a message before it')
    .waitFor();
  assert.equal(await list(page).items.count(), 0);
  await assertAccessible(page, 'with a refused file');

  await input.setInputFiles(file({}));
  await page.getByText('1 conversation was added.').waitFor();
  await list(page).items.click();
  await parts(page).answers.first().waitFor();
  await page.waitForTimeout(300);
  assert.deepEqual(fetched, []);
  assert.deepEqual(problems, []);
  await close();
});

test('two tabs have one list, and lose nothing of one conversation', async () => {
  const { page: one, problems, close } = await visit();
  await say(one, 'From the first tab');
  const two = await one.context().newPage();
  await two.goto(address(fake.url, 'rate=40'));
  await list(two).item('From the first tab').click();
  await parts(two).message.fill('From the second tab');
  await two.keyboard.press('Enter');
  await parts(two).log.getByText('You said: From the second tab').waitFor();
  await one.bringToFront(); // A tab that nobody sees draws nothing.
  await parts(one).log.getByText('From the second tab', { exact: true }).first().waitFor();
  await parts(one).log.getByText('You said: From the second tab').waitFor();

  await two.bringToFront();
  await list(two).menu('From the first tab').click();
  await list(two).choose('Rename').click();
  await two.keyboard.type('A title');
  await two.keyboard.press('Enter');
  await one.bringToFront();
  await list(one).item('A title').waitFor();
  await say(one, 'Back in the first');
  await two.bringToFront();
  await parts(two).log.getByText('You said: Back in the first').waitFor();
  await one.bringToFront();
  await one.reload();
  await parts(one).log.getByText('You said: Back in the first').waitFor();
  assert.equal(await parts(one).answers.count(), 3);
  await two.bringToFront();
  await list(two).menu('A title').click();
  await list(two).choose('Delete').click();
  await one.bringToFront();
  await list(one).item('A title').waitFor({ state: 'detached' });
  await one.getByText('A language model on your own GPU').waitFor();
  assert.deepEqual(problems, []);
  await close();
});

test('End goes to the last conversation, also while the list is still being read', async () => {
  const { page, close } = await visit();
  await status(page, 'Ready');
  await page.evaluate(fill, 300);
  await page.addInitScript(holdOlder);
  await page.reload();
  const { search, item } = list(page);
  await item('Conversation 299').waitFor();
  await search.press('ArrowDown');
  await page.keyboard.press('End');
  const focused = page.locator('button.title:focus');
  await focused.filter({ hasText: /Conversation 13\d\b/ }).waitFor(); // Of the last week, the last.
  await page.evaluate(() => globalThis.goOn());
  await focused.filter({ hasText: /Conversation 0\b/ }).waitFor();
  await close();
});

test('it goes on in memory where the browser keeps nothing, and says so', async () => {
  const { page, close } = await open(fake.browser, 'about:blank');
  await page.addInitScript(() => {
    IDBFactory.prototype.open = () => {
      throw new DOMException('denied', 'SecurityError');
    };
  });
  await page.goto(address(fake.url, 'rate=999'));
  await page.getByText('This browser keeps nothing for this page').waitFor();
  await startWith(page, 'One', 'Two');
  await list(page).item('One').click();
  await parts(page).log.getByText('You said: One').waitFor();
  await assertAccessible(page, 'without a database');
  await close();
});

test('keys: find, new, and all of them', async () => {
  const { page, close } = await visit();
  await say(page, 'One');
  await page.keyboard.press('Control+Shift+O');
  await page.getByText('A language model on your own GPU').waitFor();
  await parts(page).message.press('?');
  assert.equal(await parts(page).message.inputValue(), '?');
  await page.getByRole('button', { name: 'New conversation', exact: true }).focus();
  await page.keyboard.press('?');
  const dialog = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
  await dialog.waitFor();
  await assertAccessible(page, 'with the keys');
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'hidden' });
  await close();
});

for (const [language, locale] of Object.entries(locales)) {
  test(`${language}: the drawer on a phone, accessible in both themes`, async () => {
    const { page, problems, close } = await visit(undefined, {
      locale,
      reducedMotion: 'reduce',
      viewport: { width: 320, height: 640 },
    });
    const { message } = { message: page.getByRole('textbox').first() };
    await message.fill('A long question that does not fit into one line of the list');
    await page.keyboard.press('Enter');
    await page.locator('mixtab-header button').first().click();
    const drawer = page.getByRole('dialog');
    await drawer.locator('button.title').waitFor();
    const field = drawer.getByRole('searchbox');
    for (let press = 0; press < 12; press++) {
      await page.keyboard.press('Tab');
      const inside = await page.evaluate(() => {
        const app = document.querySelector('mixtab-app').shadowRoot;
        return app.activeElement === null || app.activeElement.localName === 'mixtab-side';
      });
      assert.ok(inside, 'the focus stays in the drawer');
    }
    for (const theme of ['light', 'dark']) {
      await page.evaluate(name => {
        document.documentElement.dataset.theme = name;
      }, theme);
      const fits = () => page.evaluate(() => document.documentElement.scrollWidth <= innerWidth);
      await soon(fits, 'no sideways scrolling');
      await assertAccessible(page, `${language} ${theme}, drawer`);
    }
    await field.focus();
    await page.keyboard.press('Escape');
    await drawer.waitFor({ state: 'hidden' });
    await page.locator('mixtab-header [popovertarget]').click();
    await assertAccessible(page, `${language}, menu`);
    assert.deepEqual(problems, []);
    await close();
  });
}

test('colours stay as they were chosen', async () => {
  const { page, close } = await visit(undefined, { colorScheme: 'light' });
  const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await paper();
  await page.getByRole('button', { name: 'Colours: same as the system' }).click();
  await page.getByRole('button', { name: 'Colours: light' }).click();
  await page.getByRole('button', { name: 'Colours: dark' }).waitFor();
  await soon(async () => (await paper()) !== light, 'the page is dark');
  await page.reload();
  await page.getByRole('button', { name: 'Colours: dark' }).click();
  await soon(async () => (await paper()) === light, 'the page is light again');
  await close();
});

/** Resolves when all is written: the database takes one after the other. */
function written(page) {
  return page.evaluate(
    () =>
      new Promise((resolve, reject) => {
        const request = indexedDB.open('mixtab');
        request.onerror = () => reject(request.error);
        request.onsuccess = () => {
          const transaction = request.result.transaction(['heads', 'details', 'turns'], 'readwrite');
          transaction.oncomplete = () => resolve(request.result.close());
        };
      }),
  );
}

/** How much an answer says. */
function length(article) {
  return article.querySelector('mixtab-markdown').shadowRoot.textContent.length;
}

/** Conversations that are not of the last week come when globalThis.goOn is called. */
function holdOlder() {
  const { getAll } = IDBObjectStore.prototype;
  const held = new Promise(resolve => {
    globalThis.goOn = resolve;
  });
  IDBObjectStore.prototype.getAll = function (...args) {
    const request = getAll.apply(this, args);
    const { addEventListener } = request;
    request.addEventListener = (type, heard, options) =>
      addEventListener.call(request, type, event => void held.then(() => heard(event)), options);
    return request;
  };
}
