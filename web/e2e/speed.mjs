// What has to be quick. Nothing else of ours may run beside it: node --test e2e/speed.mjs
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ask, open, parts, pretend, say, soon, status } from './browser.mjs';
import { fill, list } from './history.mjs';
import { rich } from './rich.mjs';
import { startServer } from './server.mjs';
import { withFake } from './setup.mjs';
import { mainThreadTasks } from './tasks.mjs';

const fake = withFake();

/**
 * No task of the page's main thread takes longer than 50 ms in a visit, which resolves with them all. Other work on
 * this machine only ever makes one longer: a page that is slow by itself is so in three visits.
 */
async function withoutLongTask(t, visit) {
  let longest;
  for (let tries = 0; tries < 3; tries++) {
    const tasks = (await visit()).sort((a, b) => a - b);
    longest = tasks.at(-1);
    const most = tasks[Math.floor(0.99 * tasks.length)];
    t.diagnostic(
      `${tasks.length} tasks, 99 % within ${most.toFixed(1)} ms of processor time, the longest ${longest.toFixed(1)} ms`,
    );
    assert.ok(tasks.length > 200, 'the trace saw what happened');
    if (longest <= 50) return;
  }
  assert.fail(`a task of ${longest.toFixed(1)} ms`);
}

/** Looks on for some seconds. Answers here last longer, also where the machine is slow. */
async function lookOn(page) {
  await page.waitForTimeout(6000);
  assert.equal(await parts(page).stop.count(), 1, 'it still streams');
}

test('no main-thread task over 50 ms while 50 tokens a second stream', t =>
  withoutLongTask(t, async () => {
    const { page, close } = await fake.visit('rate=50&answer=long');
    await status(page, 'Ready');
    const tasks = await mainThreadTasks(fake.browser, page, async () => {
      await say(page, 'long');
      await lookOn(page);
    });
    await close();
    return tasks;
  }));

test('no main-thread task over 50 ms while code, a table and formulas stream', t =>
  withoutLongTask(t, async () => {
    const { page, close } = await fake.visit('rate=50');
    await status(page, 'Ready');
    await pretend(page, { answer: `${rich}\n\n${code(60)}\n\n${rich}\n\n`.repeat(2) });
    const tasks = await mainThreadTasks(fake.browser, page, async () => {
      await say(page, 'Hello');
      await page.locator('mixtab-code').nth(2).locator('.hljs-keyword').first().waitFor();
      await lookOn(page);
    });
    await close();
    return tasks;
  }));

test('no main-thread task over 50 ms while 50 tokens a second of 32 layers are drawn', t =>
  withoutLongTask(t, async () => {
    const { page, close } = await fake.visit('rate=50&layers=32&answer=long');
    await status(page, 'Ready');
    await page.locator('mixtab-figures button').click();
    await page.getByRole('checkbox', { name: 'Show token probabilities' }).check();
    await say(page, 'long');
    // What is loaded for it is there.
    await page.getByRole('application', { name: 'Experts by token and layer' }).waitFor();
    await page.getByRole('application', { name: 'Answer, token by token' }).waitFor();
    const tasks = await mainThreadTasks(fake.browser, page, () => lookOn(page));
    await close();
    return tasks;
  }));

test(
  '2,000 messages open at the end, scroll without a long task, and can be searched',
  {
    timeout: 240_000,
  },
  t =>
    withoutLongTask(t, async () => {
      const { page, close } = await fake.visit('rate=999');
      const { log } = parts(page);
      await ask(page, 'Hello', 1);
      await page.evaluate(converse, 2000);
      const element = page.locator('mixtab-conversation');
      await log.getByText('question 999', { exact: false }).first().waitFor();
      const atEnd = () => log.evaluate(node => node.scrollHeight - node.scrollTop - node.clientHeight < 60);
      await soon(atEnd, 'it is at the end');
      await soon(
        () => element.evaluate(node => node.shadowRoot.querySelectorAll('mixtab-message').length === 2000),
        'all messages are there for a search and for a screen reader',
        60_000,
      );
      await log.hover(); // Before the measurement: to look for it is work too.
      const frames = [];
      const tasks = await mainThreadTasks(fake.browser, page, async () => {
        await page.evaluate(watchFrames);
        for (let step = 0; step < 240; step++) {
          await page.mouse.wheel(0, step < 200 ? -150 : 150);
          await page.waitForTimeout(16);
        }
        frames.push(...(await page.evaluate(() => globalThis.frames_)));
      });
      frames.sort((a, b) => a - b);
      const share = part => frames[Math.floor(part * (frames.length - 1))]?.toFixed(1);
      t.diagnostic(
        `${frames.length} frames, median ${share(0.5)} ms, 95 % within ${share(0.95)} ms, the longest ${share(1)} ms`,
      );
      await page.getByRole('button', { name: 'To the latest message' }).click();
      await soon(atEnd, 'it is at the end again');
      await close();
      return tasks;
    }),
);

test('10,000 conversations open in under 300 ms, and are searched', async t => {
  const { page, problems, close } = await fake.visit();
  await status(page, 'Ready');
  await page.evaluate(fill, 10_000);
  await page.addInitScript(watchList);
  const times = [];
  // Other work on this machine only ever makes it slower.
  do {
    await page.reload();
    await list(page).item('Conversation 9999').waitFor();
    times.push(await (await page.waitForFunction(() => globalThis.listTime)).jsonValue());
  } while (Math.min(...times) >= 300 && times.length < 10);
  t.diagnostic(`from opening the database to the list: ${times.map(Math.round).join(', ')} ms`);
  assert.ok(Math.min(...times) < 300, `${times} ms`);

  const { nav, search, items } = list(page);
  assert.ok((await items.count()) < 60, 'only what is in sight is drawn');
  await search.press('ArrowDown');
  await page.keyboard.press('End');
  await list(page).item('Conversation 0').waitFor();
  const began = Date.now();
  await search.fill('needle 4321');
  await nav.getByText('1 conversation found').waitFor();
  t.diagnostic(`found in 20,000 messages after ${Date.now() - began} ms`);
  await items.first().click();
  await parts(page).log.getByText('needle 4321').waitFor();
  assert.deepEqual(problems, []);
  await close();
});

test('the first paint comes within a second', { timeout: 120_000 }, async t => {
  const server = await startServer();
  const paints = [];
  do {
    const { page, close } = await open(fake.browser, server.url, { serviceWorkers: 'block' });
    const paint = await page.waitForFunction(
      () => performance.getEntriesByName('first-contentful-paint')[0]?.startTime,
    );
    paints.push(await paint.jsonValue());
    await close();
  } while (Math.min(...paints) > 1000 && paints.length < 5);
  t.diagnostic(`first contentful paint after ${paints.map(Math.round).join(', ')} ms`);
  assert.ok(Math.min(...paints) <= 1000, `${paints}`);
  server.close();
});

function code(lines) {
  const body = Array.from(
    { length: lines },
    (_, line) => `\tfmt.Println("line", ${line}) // Says which line it is.`,
  );
  return `\`\`\`go\nfunc main() {\n${body.join('\n')}\n}\n\`\`\``;
}

/** Runs in the page: a long conversation in place of the one there. */
function converse(count) {
  const answer =
    'An answer with **bold** words, and `code`.\n\n- one\n- two\n\n```go\nfunc main() {}\n```\n\n'.repeat(2);
  const turns = Array.from({ length: count }, (_, index) => ({
    id: `t${index}`,
    parent: index === 0 ? null : `t${index - 1}`,
    role: index % 2 === 0 ? 'user' : 'assistant',
    text: index % 2 === 0 ? `This is question ${index >> 1}.` : answer,
    state: 'done',
    created: index,
    branch: { index: 0, count: 1 },
  }));
  document.querySelector('mixtab-app').shadowRoot.querySelector('mixtab-conversation').turns = turns;
}

/** Runs in the page: notes how long each frame took. */
function watchFrames() {
  globalThis.frames_ = [];
  let last = performance.now();
  const note = now => {
    globalThis.frames_.push(now - last);
    last = now;
    requestAnimationFrame(note);
  };
  requestAnimationFrame(note);
}

/** Takes the time from the opening of the database to the first frame with the list. */
function watchList() {
  const open = IDBFactory.prototype.open;
  let began;
  IDBFactory.prototype.open = function (...args) {
    if (args[0] === 'mixtab') began ??= performance.now();
    return open.apply(this, args);
  };
  const look = () => {
    const side = document.querySelector('mixtab-app')?.shadowRoot?.querySelector('mixtab-side')?.shadowRoot;
    const row = side?.querySelector('mixtab-history')?.shadowRoot?.querySelector('button.title');
    if (row) globalThis.listTime = performance.now() - began;
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}
