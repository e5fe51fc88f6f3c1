// The GPU goes away: its process is crashed for real, in the middle of an answer and
// between two.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, open, parts, status } from './browser.mjs';
import { startServer } from './server.mjs';

let server;
before(async () => {
  server = await startServer();
});
after(() => server?.close());

/** Runs a test in a browser of its own: after some crashes Chromium lends no GPU any more. */
async function crashing(run) {
  const browser = await launch();
  try {
    const cdp = await browser.newBrowserCDPSession();
    await run(browser, () => cdp.send('Browser.crashGpuProcess'));
  } finally {
    await browser.close();
  }
}

test('a sentence goes on after the GPU process has crashed', { timeout: 300_000 }, () =>
  crashing(async (browser, crash) => {
    const { page, close } = await open(browser, server.url);
    await status(page, 'Ready');
    await page.exposeFunction('crashGpu', crash);
    const [whole, crashed] = await page.evaluate(async () => {
      const { createEngine } = await import('/lib/mixtab.js');
      const restoring = [];
      const engine = await createEngine({
        pack: '/packs/demo/',
        onRestoring: now => restoring.push(now.done),
      });
      const answer = async crashAt => {
        const stream = await engine.chat.completions.create({
          messages: [{ role: 'user', content: 'What is your favourite condiment?' }],
          temperature: 0.7,
          seed: 5,
          stream: true,
        });
        let text = '';
        let pieces = 0;
        for await (const chunk of stream) {
          text += chunk.choices[0]?.delta.content ?? '';
          if (++pieces === crashAt) await globalThis.crashGpu();
        }
        return { text, restoring };
      };
      const first = await answer(-1);
      return [first.text, await answer(4)];
    });
    assert.match(whole, /lemon/);
    assert.equal(crashed.text, whole);
    assert.deepEqual([crashed.restoring[0], crashed.restoring.at(-1)], [false, true]);
    await close();
  }),
);

test('between two questions the page restores the model by itself', { timeout: 300_000 }, () =>
  crashing(async (browser, crash) => {
    const { page, close } = await open(browser, server.url);
    const { message, send, answers } = parts(page);
    await status(page, 'Ready');
    await message.fill('My name is Ada.');
    await send.click();
    await answers.first().getByText(/\w/).waitFor();
    await status(page, 'Ready', 120_000);
    await crash();
    await status(page, 'restoring');
    await status(page, 'Ready');
    await message.fill('What is my name?');
    await page.keyboard.press('Enter');
    await answers.nth(1).getByText('Ada').waitFor({ timeout: 120_000 });
    await close();
  }),
);
