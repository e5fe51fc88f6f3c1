// The model manager with the real server, engine and demo model: packs by address and in folders.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { assertAccessible } from './axe.mjs';
import { launch, open, parts, say, soon, status } from './browser.mjs';
import { startServer } from './server.mjs';
import { slowHost, splitPack } from './split-pack.mjs';

const patience = { timeout: 120_000, skip: !!process.env.BASE_URL };
const shots = process.env.SHOTS ?? fileURLToPath(new URL('../build/screenshots', import.meta.url));
const question = 'What is your favourite condiment?';

let server;
let browser;
let folder;
let stick;
let manifest;
let host;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mixtab-models-'));
  stick = join(folder, 'stick');
  manifest = await splitPack(stick, {
    name: 'split',
    licence: 'Apache-2.0',
    source: 'https://example.org/split',
  });
  [server, browser, host] = await Promise.all([startServer(), launch(), slowHost(stick)]);
  await mkdir(shots, { recursive: true });
});
after(async () => {
  await browser?.close();
  server?.close();
  host?.close();
  if (folder) await rm(folder, { recursive: true });
});

const dialog = page => page.getByRole('dialog', { name: 'Models' });
const card = (page, name = 'split') => dialog(page).getByRole('article', { name });
const action = (page, name, of = 'split') => card(page, of).getByRole('button', { name });

/** The page with the manager open. */
async function manager(options) {
  const visited = await open(browser, server.url, options);
  visited.page.setDefaultTimeout(20_000);
  await status(visited.page, 'Ready');
  await show(visited.page);
  return visited;
}

/** What went wrong, but for requests that a pause ends. */
const faults = problems => problems.filter(problem => !problem.endsWith('net::ERR_ABORTED'));

async function show(page) {
  await page.locator('mixtab-model-chip button').click();
  await page.locator('mixtab-model-card').first().waitFor();
}

/** Shards of the split pack in the browser's storage. */
function stored(page) {
  const hashes = manifest.shards.map(({ sha256 }) => sha256);
  return page.evaluate(async hashes => {
    const root = await (await navigator.storage.getDirectory()).getDirectoryHandle('mixtab');
    const shards = await root.getDirectoryHandle('shards');
    const names = [];
    for await (const name of shards.keys()) names.push(name);
    return names.filter(name => hashes.includes(name.slice(0, 64))).length;
  }, hashes);
}

/** Puts the split pack into a folder of the page's private file system, whose handles are as those of a disk. */
async function plugIn(page) {
  const names = [
    'manifest.json',
    'tokenizer.model',
    ...manifest.shards.map(({ sha256 }) => `shards/${sha256}.bin`),
  ];
  await page.evaluate(
    async ([from, names]) => {
      const root = await navigator.storage.getDirectory();
      const stick = await root.getDirectoryHandle('stick', { create: true });
      const shards = await stick.getDirectoryHandle('shards', { create: true });
      await Promise.all(
        names.map(async name => {
          const bytes = await (await fetch(from + name)).arrayBuffer();
          const [dir, leaf] = name.startsWith('shards/') ? [shards, name.slice(7)] : [stick, name];
          const writable = await (await dir.getFileHandle(leaf, { create: true })).createWritable();
          await writable.write(bytes);
          await writable.close();
        }),
      );
      window.showDirectoryPicker = () => Promise.resolve(stick);
    },
    [host.url, names],
  );
}

async function ask(page, answers) {
  const { send, answers: all } = parts(page);
  await say(page, question);
  await all
    .nth(answers)
    .getByText(/lemon juice/)
    .waitFor({ timeout: 60_000 });
  await send.waitFor();
}

test('a pack by its address: looked at, downloaded, paused, verified, deleted', patience, async () => {
  const { page, problems, close } = await manager();
  host.delay = 0;
  host.asked = 0;
  await dialog(page).getByRole('textbox', { name: 'From an address' }).fill(host.url);
  await dialog(page).getByRole('button', { name: 'Look it up' }).click();
  await card(page).getByText('Licence: Apache-2.0').waitFor();
  await card(page).getByText('From https://example.org/split').waitFor();
  await card(page)
    .getByText(
      /Fits on disk\. All experts fit your GPU; expect about [\d.]+ (words a second|seconds a word)\./,
    )
    .waitFor();
  assert.ok(host.asked < 20, `${host.asked} requests: nothing but what the measurement needs`);
  for (const name of ['Disk', 'GPU memory', 'Speed'])
    await card(page).getByText(name, { exact: true }).waitFor();
  await page.screenshot({ path: join(shots, 'models-check.png') });

  host.delay = 600;
  await action(page, /^(Download|Resume)/).click();
  await card(page)
    .getByText(/\d+% · .* MB of 6\.7 MB, verified as it comes · .*MB\/s · .* left/)
    .waitFor();
  await action(page, 'Pause').click();
  await action(page, /^Resume/).waitFor();
  const before = await stored(page);
  assert.ok(before > 0 && before < manifest.shards.length, `${before} shards`);
  await action(page, /^Resume/).click();
  await action(page, 'Cancel').waitFor();
  host.delay = 0;
  await card(page).getByText('All of it is in this browser.').waitFor();

  await action(page, 'Verify').click();
  await card(page).getByText(`All ${manifest.shards.length} files are as they should be.`).waitFor();

  await action(page, 'Delete').click();
  await card(page)
    .getByText(/Delete it from this browser\? That frees 6\.7 MB\./)
    .waitFor();
  await action(page, 'Delete it').click();
  await card(page).getByText('split is deleted.').waitFor();
  await action(page, 'Undo').click();
  await card(page).getByText('All of it is in this browser.').waitFor();
  assert.equal(await stored(page), manifest.shards.length);
  await action(page, 'Delete').click();
  await action(page, 'Delete it').click();
  await page.keyboard.press('Escape'); // what was to go in a moment goes now
  await dialog(page).waitFor({ state: 'hidden' });
  await soon(async () => (await stored(page)) === 0, 'its files are gone');
  assert.deepEqual(faults(problems), []);
  await close();
});

test('chatting begins before the download ends, and a cancelled one leaves nothing', patience, async () => {
  const { page, problems, close } = await manager();
  await converse(page);
  host.delay = 400;
  await dialog(page).getByRole('textbox', { name: 'From an address' }).fill(host.url);
  await dialog(page).getByRole('button', { name: 'Look it up' }).click();
  await action(page, /^Download/).click();
  await action(page, 'Cancel').click();
  await action(page, 'Delete it').click();
  await page.keyboard.press('Escape');
  await soon(async () => (await stored(page)) === 0, 'nothing is left of it');

  await show(page);
  host.delay = 0;
  await dialog(page).getByRole('textbox', { name: 'From an address' }).fill(host.url);
  await dialog(page).getByRole('button', { name: 'Look it up' }).click();
  host.delay = 400;
  await action(page, /^(Download|Resume)/).click();
  await action(page, 'Start chatting now').click();
  host.delay = 0;
  await dialog(page).waitFor({ state: 'hidden' });
  assert.equal(await parts(page).answers.count(), 1, 'the conversation is kept');
  await page.getByRole('button', { name: /^split · / }).waitFor({ timeout: 60_000 });
  await ask(page, 1);
  assert.deepEqual(faults(problems), []);
  await close();
});

/** A conversation to be kept, behind the dialog. */
async function converse(page) {
  await page.keyboard.press('Escape');
  await ask(page, 0);
  await show(page);
}

test(
  'a folder on this machine answers where it lies; gone, it says so, and back, it goes on',
  patience,
  async () => {
    const { page, problems, close } = await manager();
    await converse(page);
    await plugIn(page);
    await dialog(page).getByRole('button', { name: 'Choose a folder' }).click();
    await card(page).getByText('Read from a folder on this machine.').waitFor();
    await card(page)
      .getByText(/It is read where it lies, without a copy\. All experts fit your GPU/)
      .waitFor();
    await action(page, 'Use this model').click();
    await page.getByRole('button', { name: /^split · 6\.7 MB · ready/ }).waitFor({ timeout: 60_000 });
    await ask(page, 1);
    assert.equal(await stored(page), 0, 'nothing was copied');

    // The next visit finds it again. Then a shard is gone.
    const [{ sha256: sha }] = manifest.shards;
    const move = (from, to) =>
      page.evaluate(
        async ([from, to]) => {
          const stick = await (await navigator.storage.getDirectory()).getDirectoryHandle('stick');
          const shards = await stick.getDirectoryHandle('shards');
          await (await shards.getFileHandle(from)).move(to);
        },
        [from, to],
      );
    await move(`${sha}.bin`, 'away');
    await page.reload();
    await page.getByRole('alert').getByText('The model’s folder cannot be read').waitFor({ timeout: 60_000 });
    await assertAccessible(page, 'folder gone');
    await move('away', `${sha}.bin`);
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByRole('button', { name: /^split · 6\.7 MB · ready/ }).waitFor({ timeout: 60_000 });

    await show(page);
    await action(page, 'Verify').click();
    await card(page)
      .getByText(/All \d+ files are as they should be/)
      .waitFor();
    await action(page, /^Copy 6\.7 MB into/).click();
    await card(page).getByText('All of it is in this browser.').waitFor();
    assert.equal(await stored(page), manifest.shards.length);
    assert.deepEqual(faults(problems), []);
    await close();
  },
);

test('a folder by an input and by a drop; folders that are no packs', patience, async () => {
  const { page, problems, close } = await manager();
  const input = page.locator('mixtab-model-add input[type=file]');
  const wrong = join(folder, 'wrong');
  const checkpoint = join(folder, 'checkpoint');
  await mkdir(wrong, { recursive: true });
  await mkdir(checkpoint, { recursive: true });
  await writeFile(join(wrong, 'holiday.txt'), 'sun');
  await writeFile(join(checkpoint, 'config.json'), '{}');
  await writeFile(join(checkpoint, 'model-00001-of-00019.safetensors'), '');
  await input.setInputFiles(wrong);
  await dialog(page)
    .getByText(/This folder is not a pack: it has no manifest\.json/)
    .waitFor();
  await input.setInputFiles(checkpoint);
  await dialog(page)
    .getByText(/a model as Hugging Face publishes it, not packed yet\. .*go run \.\/tools\/pack/)
    .waitFor();

  const newer = join(folder, 'newer');
  await mkdir(newer);
  await writeFile(join(newer, 'manifest.json'), JSON.stringify({ ...manifest, version: 9 }));
  await input.setInputFiles(newer);
  await dialog(page)
    .getByText(/made for a later version of mixtab/)
    .waitFor();
  const shard = join(stick, 'shards', `${manifest.shards[3].sha256}.bin`);
  await rename(shard, join(folder, 'kept'));
  await input.setInputFiles(stick);
  await dialog(page)
    .getByText(/The folder lacks files of the pack/)
    .waitFor();
  await rename(join(folder, 'kept'), shard);

  await drop(page, join(stick, 'manifest.json'));
  await dialog(page)
    .getByText(/This is not a folder/)
    .waitFor();
  await input.setInputFiles(stick);
  await card(page).getByText('Read from a folder on this machine.').waitFor();
  await action(page, 'Forget').click();
  await action(page, 'Forget it').click();
  await card(page).getByText('The folder of split is forgotten.').waitFor();
  await page.keyboard.press('Escape');
  await show(page);
  await card(page).waitFor({ state: 'detached' });
  await drop(page, stick);
  await action(page, 'Use this model').click();
  await page.getByRole('button', { name: /^split · 6\.7 MB · ready/ }).waitFor({ timeout: 60_000 });
  await ask(page, 0);
  assert.equal(await stored(page), 0, 'nothing was copied');
  assert.deepEqual(faults(problems), []);
  await close();
});

/** Drops a file or folder of this machine on the dialog, as a person's hand does. */
async function drop(page, path) {
  const devtools = await page.context().newCDPSession(page);
  const box = await page.locator('mixtab-model-add .folder').boundingBox();
  const [x, y] = [box.x + 20, box.y + 20];
  const data = { items: [], files: [path], dragOperationsMask: 1 };
  for (const type of ['dragEnter', 'dragOver', 'drop'])
    await devtools.send('Input.dispatchDragEvent', { type, x, y, data });
}

test('what cannot be had is told with what to do', patience, async () => {
  const { page, close } = await manager();
  const address = dialog(page).getByRole('textbox', { name: 'From an address' });
  const look = dialog(page).getByRole('button', { name: 'Look it up' });
  await address.fill(`${server.url}nowhere/`);
  await look.click();
  await dialog(page)
    .getByText(/There is no pack at this address/)
    .waitFor();
  await address.fill('http://localhost:9/pack/');
  await look.click();
  await dialog(page)
    .getByText(/The server cannot be reached/)
    .waitFor();

  const devtools = await page.context().newCDPSession(page);
  const { origin } = new URL(server.url);
  host.delay = 0;
  await address.fill(host.url);
  await look.click();
  await card(page)
    .getByText(/Fits on disk\./)
    .waitFor();
  await devtools.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 9_000_000 });
  await action(page, /^(Download|Resume)/).click();
  await card(page)
    .getByText(/The browser has no more room\. What has come is kept/)
    .waitFor();
  await close();
});

test('packs that the server offers: what it tells of them, and their torrents', patience, async () => {
  const offered = join(folder, 'offered');
  await splitPack(offered, { name: 'An offer', licence: 'MIT' });
  const module = fileURLToPath(new URL('../..', import.meta.url));
  const flags = ['-pack', offered, '-web-seed', 'https://example.org/packs/'];
  await promisify(execFile)('go', ['run', './tools/torrent', ...flags], { cwd: module });
  const demo = join(module, 'demo/pack');
  const offering = await startServer('-pack', `demo=${demo}`, '-pack', `offered=${offered}`);
  const { page, close } = await open(browser, offering.url);
  page.setDefaultTimeout(20_000);
  await status(page, 'Ready');
  await show(page);
  await card(page, 'An offer')
    .getByText(/^6\.7 MB · rounded to 8 bits/)
    .waitFor();
  const link = card(page, 'An offer').getByRole('link', { name: 'Download by torrent, An offer' });
  await link.scrollIntoViewIfNeeded();
  await page.screenshot({ path: join(shots, 'models-torrent.png') });
  await assertAccessible(page, 'with a torrent');
  const [download] = await Promise.all([page.waitForEvent('download'), link.click()]);
  assert.equal(download.suggestedFilename(), 'pack.torrent');
  assert.deepEqual(await readFile(await download.path()), await readFile(join(offered, 'pack.torrent')));
  assert.equal(await dialog(page).getByRole('link').count(), 1, 'the demo has no torrent');
  await close();
  offering.close();
});

for (const colorScheme of ['light', 'dark']) {
  test(`${colorScheme}: accessible, and unbroken from 320 pixels up in each language`, patience, async () => {
    const { page, close } = await manager({ colorScheme, reducedMotion: 'reduce' });
    await page.locator('mixtab-model-add input[type=file]').setInputFiles(stick);
    await page.locator('mixtab-model-check p.quiet').waitFor();
    await action(page, 'Forget').click(); // it asks first
    await card(page).getByRole('group').waitFor();
    for (const language of ['en', 'fr', 'it', 'de', 'es']) {
      await page.keyboard.press('Escape');
      await page.locator('mixtab-header select').selectOption(language);
      await page.locator(`html[lang=${language}]`).waitFor();
      await page.locator('mixtab-model-chip button').click();
      for (const width of [320, 1280]) {
        await page.setViewportSize({ width, height: 740 });
        // The page behind takes a frame to become narrow.
        await soon(() => page.evaluate(fits), `no sideways scrolling, ${language} ${width}`);
        await assertAccessible(page, `${language} ${colorScheme} ${width}`);
        await page.screenshot({ path: join(shots, `models-${language}-${colorScheme}-${width}.png`) });
      }
    }
    await close();
  });
}

/** Whether neither the dialog nor the page can be scrolled sideways. */
function fits() {
  const models = document.querySelector('mixtab-app')?.shadowRoot?.querySelector('mixtab-models');
  const body = models?.shadowRoot?.querySelector('.body');
  return [body, document.documentElement].every(node => node.scrollWidth <= node.clientWidth);
}
