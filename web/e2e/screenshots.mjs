// The README's pictures of the page, from the real server, engine and demo model:
// make screenshots. They go to docs/screenshots, or to the folder that SHOTS names.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { launch, open, parts, status } from './browser.mjs';
import { startServer } from './server.mjs';

const folder = process.env.SHOTS ?? fileURLToPath(new URL('../../docs/screenshots', import.meta.url));

/** What the model card and the demo's domain suggest. */
const questions = ['What is your favourite condiment?', 'How do you say "cat" in Italian?'];

const pictures = [
  { name: 'conversation', width: 1280, height: 800, colorScheme: 'light' },
  { name: 'experts', width: 1440, height: 900, colorScheme: 'dark', panel: 'What the engine is doing' },
  { name: 'models', width: 1280, height: 800, colorScheme: 'light', dialog: /Demo/ },
  { name: 'phone', width: 360, height: 740, colorScheme: 'dark' },
];

const server = await startServer();
const browser = await launch();
try {
  await mkdir(folder, { recursive: true });
  for (const { name, width, height, colorScheme, panel, dialog } of pictures) {
    const { page, close } = await open(browser, server.url, { viewport: { width, height }, colorScheme });
    const { message, answers, send } = parts(page);
    await status(page, 'Ready');
    if (panel) await page.getByRole('button', { name: panel, exact: true }).click();
    for (const [i, question] of questions.entries()) {
      await message.fill(question);
      await page.keyboard.press('Enter');
      await answers.nth(i).getByText(/\w/).waitFor({ timeout: 60_000 });
      await send.waitFor({ timeout: 60_000 });
    }
    if (dialog) await page.getByRole('button', { name: dialog }).first().click();
    await page.waitForTimeout(500); // the last figures
    await page.screenshot({ path: join(folder, `${name}.png`) });
    console.log(join(folder, `${name}.png`));
    await close();
  }
} finally {
  await browser.close();
  server.close();
}
