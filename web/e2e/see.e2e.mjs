// What the engine does, seen: the picture of the experts, token probabilities, and the figures.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { assertAccessible } from './axe.mjs';
import { answered, ask, focused, locales, open, parts, pretend, say, soon, status } from './browser.mjs';
import { startServer } from './server.mjs';
import { withFake } from './setup.mjs';

/** The picture's measures with four layers, as src/see/layout.ts makes them. */
const four = { left: 26, column: 18, row: 36, words: 66 };

const fake = withFake();

/** A page with a model that is ready, and its parts. */
async function visit(query = '', options = {}) {
  const opened = await fake.visit(query, options);
  return { ...opened, ...seen(opened.page) };
}

function seen(page) {
  return {
    figures: page.locator('mixtab-figures button'),
    panel: page.locator('mixtab-panel aside'),
    tab: name => page.getByRole('tab', { name }),
    picture: page.getByRole('application', { name: 'Experts by token and layer' }),
    cell: page.locator('mixtab-expert-cell'),
    said: page.locator('mixtab-expert-picture [aria-live]'),
  };
}

/** What a button offers to be saved. */
async function saved(page, name) {
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name }).click(),
  ]);
  return { name: download.suggestedFilename(), content: await readFile(await download.path()) };
}

async function numbers(page) {
  return JSON.parse((await saved(page, 'Save numbers')).content.toString());
}

/** The colour at a place of the picture, in CSS pixels, and that of an expert. */
function pixel(page, x, y) {
  return page.locator('mixtab-expert-picture canvas').evaluate(
    (canvas, { x, y }) => {
      const scale = devicePixelRatio;
      const [r, g, b] = canvas.getContext('2d').getImageData(x * scale, y * scale, 1, 1).data;
      return `rgb(${r}, ${g}, ${b})`;
    },
    { x, y },
  );
}
function expertColor(page, expert) {
  return page.evaluate(
    name => {
      const probe = document.body.appendChild(document.createElement('span'));
      probe.style.color = `var(${name})`;
      const { color } = getComputedStyle(probe);
      probe.remove();
      return color;
    },
    `--expert-${expert + 1}`,
  );
}

for (const colorScheme of ['light', 'dark']) {
  test(`${colorScheme}: the picture grows while an answer streams, in the experts' colours`, async () => {
    const { page, problems, close, figures, panel, picture } = await visit('rate=1', { colorScheme });
    await status(page, 'Ready');
    await figures.click();
    await panel.getByText('Ask something').waitFor();
    await panel.getByText('In each of its 4 layers this model has 8 experts').waitFor();
    await say(page, 'What is your favourite condiment?');
    await picture.waitFor();
    await parts(page).stop.waitFor(); // It still streams.
    await pretend(page, { rate: 999 });
    await answered(page, 1);
    const { tokens } = await numbers(page);
    assert.equal(tokens.length, 29, 'every token of the answer');
    assert.deepEqual(
      tokens.slice(0, 3).map(token => token.text),
      ['Well,', " I'm", ' quite'],
    );
    await picture.focus();
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('Home');
    for (const [layer, chosen] of tokens[2].layers.entries()) {
      const x = four.left + 2 * four.column + 8;
      const bottom = (layer + 1) * four.row - 4;
      const top = layer * four.row + 3;
      for (const [y, { expert }] of [
        [bottom, chosen[0]],
        [top, chosen[1]],
      ]) {
        const color = await expertColor(page, expert);
        await soon(async () => (await pixel(page, x, y)) === color, `layer ${layer} has expert ${expert}`);
      }
    }
    assert.deepEqual(problems, []);
    await close();
  });
}

test('the arrow keys walk from cell to cell, and each is told', async () => {
  const { page, close, figures, panel, picture, cell, said } = await visit('rate=999');
  await status(page, 'Ready');
  await figures.click();
  await panel.getByText('Ask something').waitFor(); // It looks on from here.
  await ask(page, 'What is your favourite condiment?', 1);
  const { tokens } = await numbers(page);
  const sentence = (token, layer) => {
    const shares = tokens[token].layers[layer].map(
      ({ expert, weight }) => `expert ${expert + 1} with ${Math.round(weight * 100)}%`,
    );
    return `Layer ${layer + 1}, token ${token + 1} “${tokens[token].text.trim()}”: ${shares.join(', ')}`;
  };
  await picture.focus();
  await page.keyboard.press('ArrowRight');
  await said.getByText(sentence(28, 0)).waitFor();
  for (const key of ['ArrowLeft', 'ArrowLeft', 'ArrowDown', 'ArrowDown']) await page.keyboard.press(key);
  await said.getByText(sentence(26, 2)).waitFor();
  await cell.getByText('Layer 3, token 27').waitFor();
  await page.keyboard.press('Home');
  await said.getByText(sentence(0, 2)).waitFor();
  await soon(() => picture.evaluate(node => node.scrollLeft === 0), 'the cursor is in sight');
  for (const key of ['ArrowLeft', 'ArrowUp', 'ArrowUp', 'ArrowUp']) await page.keyboard.press(key);
  await said.getByText(sentence(0, 0)).waitFor();
  await close();
});

test('the table says what the numbers say, of the last tokens and of the chosen one', async () => {
  const { page, close, figures, tab, picture } = await visit('rate=999');
  await status(page, 'Ready');
  await figures.click();
  await tab('Engine').click();
  await page.getByRole('slider', { name: 'GPU memory for experts' }).fill('16');
  await tab('Experts').click();
  await ask(page, 'What is your favourite condiment?', 1);
  const { tokens } = await numbers(page);
  assert.ok(
    tokens.some(token => token.layers.flat().some(({ loaded }) => loaded)),
    'experts were fetched',
  );
  const column = ({ text, index, layers }) => [
    `${index + 1} ${text.trim()}`,
    ...layers.map(chosen =>
      chosen
        .map(({ expert, weight, loaded }) => {
          const share = `${expert + 1}: ${Math.round(weight * 100)}%`;
          return loaded ? `${share}, fetched first` : share;
        })
        .join(' '),
    ),
  ];
  const table = page.getByRole('table');
  const columns = async () => {
    const rows = await table
      .getByRole('row')
      .evaluateAll(rows =>
        rows.map(row => [...row.children].map(child => child.textContent.replace(/\s+/g, ' ').trim())),
      );
    return rows[0].slice(1).map((_, at) => rows.map(row => row[at + 1]));
  };
  await page.getByRole('button', { name: 'Show as table' }).click();
  await table.waitFor();
  assert.deepEqual(await columns(), tokens.slice(-8).map(column));
  await assertAccessible(page, 'with the table');

  await page.getByRole('button', { name: 'Show as picture' }).click();
  await picture.focus();
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('Home');
  await page.getByRole('button', { name: 'Show as table' }).click();
  await page.getByRole('table', { name: 'Experts and weights of the chosen token' }).waitFor();
  assert.deepEqual(await columns(), [column(tokens[0])]);
  await close();
});

test('the picture is saved as a PNG of all tokens, named by model and day', async () => {
  const { page, close, figures, panel } = await visit('rate=999');
  await status(page, 'Ready');
  await figures.click();
  await panel.getByText('Ask something').waitFor();
  await ask(page, 'What is your favourite condiment?', 1);
  const { tokens } = await numbers(page);
  const { name, content } = await saved(page, 'Save picture');
  assert.match(name, /^mixtab-experts-demo-\d{4}-\d\d-\d\d\.png$/);
  assert.equal(content.subarray(1, 4).toString(), 'PNG');
  const size = [content.readUInt32BE(16), content.readUInt32BE(20)];
  // Twice as dense as the page; a margin of 16, a title and a legend of 36 each.
  const width = four.left + tokens.length * four.column + 2 * 16;
  const height = 4 * four.row + four.words + 36 + 36 + 16;
  assert.deepEqual(size, [2 * width, 2 * height]);
  await close();
});

test('a token’s alternatives show by mouse and by keyboard, and light its column', async () => {
  const { page, problems, close, figures, cell, picture } = await visit('rate=999');
  await status(page, 'Ready');
  await figures.click();
  await page.getByRole('checkbox', { name: 'Show token probabilities' }).check();
  await ask(page, 'What is your favourite condiment?', 1);
  const walk = page.getByRole('application', { name: 'Answer, token by token' });
  const popup = page.locator('mixtab-tokens .popover');
  await walk.getByText('squeeze').hover();
  await popup.getByText('squeeze').waitFor();
  assert.equal(await popup.getByRole('listitem').count(), 5);
  await cell.getByText('Token 8 “squeeze”').waitFor();
  const below = async token => {
    const scrolled = await picture.evaluate(node => node.scrollLeft);
    const x = four.left + token * four.column + four.column / 2 - scrolled;
    return pixel(page, x, 4 * four.row + four.words - 2);
  };
  await soon(async () => (await below(7)) !== (await below(8)), 'its column is lit');

  await page.mouse.move(5, 300);
  await popup.waitFor({ state: 'hidden' });
  await picture.focus();
  await page.keyboard.press('ArrowRight');
  await walk.locator('[data-pointed]', { hasText: /^ of$/ }).waitFor(); // The text shows where the picture is.
  await walk.focus();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowRight');
  const said = page.locator('mixtab-tokens [aria-live]');
  await said.getByText(/^“I'm” \d+%\. Might also have been: “other” \d+%/).waitFor();
  await popup.getByText("I'm").waitFor();
  await cell.getByText("Token 2 “I'm”").waitFor();
  await assertAccessible(page, 'with a popover');
  await page.keyboard.press('Escape');
  await popup.waitFor({ state: 'hidden' });

  await page.getByRole('checkbox', { name: 'Show token probabilities' }).uncheck();
  await page.locator('mixtab-message mixtab-markdown').getByText('lemon juice').waitFor();
  assert.deepEqual(problems, []);
  await close();
});

test('the budget is the engine’s, and says what it means', async () => {
  const { page, close, figures, tab, panel } = await visit('rate=60&layers=32');
  await status(page, 'Ready');
  await figures.click();
  await tab('Engine').click();
  const slider = page.getByRole('slider', { name: 'GPU memory for experts' });
  await panel.getByText('All 256 experts fit: no token waits for one.').waitFor();
  await slider.fill('128');
  await panel.getByText('128 of 256 experts fit, and a token needs 64.').waitFor();
  await figures.getByText('128 of 256 experts in memory').waitFor();
  await ask(page, 'What is your favourite condiment?', 1);
  await panel.getByText('Already in GPU memory').waitFor();
  const rate = panel.locator('dt', { hasText: 'Already in GPU memory' }).locator('+ dd');
  await rate.filter({ hasText: /^[1-9]?\d%$/ }).waitFor();
  await panel
    .locator('dt', { hasText: 'GPU commands per token' })
    .locator('+ dd', { hasText: /^22[5-9]$/ })
    .waitFor();
  await panel.getByRole('img', { name: /^Tokens per second along the last answer/ }).waitFor();
  await slider.focus();
  await page.keyboard.press('Home');
  await panel.getByText('8 of 256 experts fit, fewer than the 64 that a token needs.').waitFor();
  await close();
});

test('the panel is left by key, and the answer goes on', async () => {
  const { page, close, figures, tab, panel, picture } = await visit('rate=20&answer=long', {
    viewport: { width: 400, height: 700 },
  });
  await status(page, 'Ready');
  await say(page, 'long');
  await figures.focus();
  await page.keyboard.press('Enter');
  await panel.waitFor();
  await focused(tab('Experts')); // The panel that covers the page has it.
  await page.keyboard.press('ArrowRight');
  await focused(tab('Engine'));
  await soon(
    async () => (await tab('Engine').getAttribute('aria-selected')) === 'true',
    'it is selected too',
  );
  await panel.getByText('Time to the first token').waitFor();
  await page.keyboard.press('Escape');
  await panel.waitFor({ state: 'hidden' });
  await focused(figures); // It is back.
  await parts(page).stop.click();
  await say(page, 'What is your favourite condiment?'); // What comes while it is closed is seen too.
  await status(page, 'Answering');
  await figures.click();
  await tab('Experts').click();
  await picture.waitFor();
  await close();
});

/** Waits until the panel has its new width, and nothing in it sticks out. */
async function unbroken(page, when) {
  const panel = page.locator('mixtab-panel');
  const end = Date.now() + 5000;
  let wide;
  do {
    wide = await panel.evaluate(panel => {
      if (panel.scrollWidth <= panel.clientWidth) return undefined;
      const tooWide = root =>
        [...root.querySelectorAll('*')].flatMap(node => [
          ...(node.getBoundingClientRect().right > innerWidth ? [`${node.localName}.${node.className}`] : []),
          ...(node.shadowRoot ? tooWide(node.shadowRoot) : []),
        ]);
      return `${panel.scrollWidth} of ${panel.clientWidth} pixels: ${tooWide(panel.shadowRoot).join(', ')}`;
    });
  } while (wide !== undefined && Date.now() < end);
  assert.equal(wide, undefined, `no sideways scrolling, ${when}`);
}

for (const [language, locale] of Object.entries(locales)) {
  test(`${language}: accessible in both themes, and unbroken from 320 pixels up`, async () => {
    const { page, problems, close, figures, panel } = await visit('rate=999&layers=32', {
      locale,
      reducedMotion: 'reduce',
    });
    await page.locator('mixtab-welcome button').first().click();
    await page
      .getByText(/lemon juice/)
      .first()
      .waitFor();
    await figures.click();
    await panel.waitFor();
    for (const tab of [0, 1]) {
      await panel.getByRole('tab').nth(tab).click();
      for (const width of [320, 1280]) {
        await page.setViewportSize({ width, height: 640 });
        await unbroken(page, `tab ${tab} at ${width}`);
      }
      for (const colorScheme of ['light', 'dark']) {
        await page.emulateMedia({ colorScheme });
        await assertAccessible(page, `${language} ${colorScheme}, tab ${tab}`);
      }
    }
    assert.deepEqual(problems, []);
    await close();
  });
}

test('the demo model’s own experts', { timeout: 300_000 }, async () => {
  const real = await startServer();
  const { page, problems, close } = await open(fake.browser, real.url);
  const { figures, panel, picture, tab, cell } = seen(page);
  const { answers } = parts(page);
  await status(page, 'Ready');
  await figures.click();
  await page.getByRole('checkbox', { name: 'Show token probabilities' }).check();
  await ask(page, 'What is the capital of Japan?', 1, 120_000);
  await answers.first().getByText('Tokyo').first().waitFor();
  const told = await numbers(page);
  assert.deepEqual([told.layers, told.experts, told.expertsPerToken], [4, 8, 2]);
  for (const { layers } of told.tokens) {
    for (const chosen of layers) {
      assert.equal(new Set(chosen.map(({ expert }) => expert)).size, 2);
      assert.ok(chosen.every(({ expert }) => expert < 8));
      const sum = chosen.reduce((sum, { weight }) => sum + weight, 0);
      assert.ok(Math.abs(sum - 1) < 1e-3, `weights add up to ${sum}`);
    }
  }
  const tokyo = told.tokens.find(({ text }) => text?.includes('Tok'));
  assert.ok(tokyo.logprob <= 0 && tokyo.top_logprobs.length === 5);
  await page.locator('mixtab-tokens span', { hasText: 'Tok' }).first().hover();
  await cell.getByText(`Token ${tokyo.index + 1} “Tok`).waitFor();
  await picture.waitFor();
  await tab('Engine').click();
  await panel.getByText(/All 32 experts fit/).waitFor();
  assert.deepEqual(problems, []);
  await close();
  real.close();
});
