// Headless Chromium with WebGPU on the CPU, and pages that remember what went wrong.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const args = [
  '--no-sandbox',
  '--enable-unsafe-webgpu',
  '--use-webgpu-adapter=swiftshader',
  '--disable-background-networking',
  '--no-first-run',
];

const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';

export function launch() {
  return chromium.launch({ executablePath, args });
}

/**
 * A context whose origins keep their files on disk, as a visitor's do; others have them in
 * memory. The profile is removed when it closes.
 */
export async function launchWithFiles() {
  const profile = await mkdtemp(join(tmpdir(), 'mixtab-profile-'));
  const context = await chromium.launchPersistentContext(profile, { executablePath, args });
  context.on('close', () => rm(profile, { recursive: true, force: true, maxRetries: 10 }));
  return context;
}

/** Opens a page and collects its console errors, uncaught errors and failed requests. */
export async function open(browser, url, options = {}) {
  const context = await browser.newContext({
    locale: 'en-GB',
    viewport: { width: 1280, height: 800 },
    ...options,
  });
  const page = await context.newPage();
  const problems = [];
  page.on('pageerror', error => problems.push(`uncaught: ${error.message}`));
  page.on('console', message => {
    if (message.type() === 'error') problems.push(`console: ${message.text()}`);
  });
  page.on('requestfailed', request =>
    problems.push(`request: ${request.url()} ${request.failure()?.errorText}`),
  );
  await page.goto(url);
  return { page, problems, close: () => context.close() };
}

export const locales = { en: 'en-GB', fr: 'fr-CA', it: 'it-IT', de: 'de-CH', es: 'es-MX' };

/** The page's parts, by the names that people and tests share. */
export function parts(page) {
  return {
    message: page.getByRole('textbox', { name: 'Message' }),
    send: page.getByRole('button', { name: 'Send', exact: true }),
    stop: page.getByRole('button', { name: 'Stop', exact: true }),
    log: page.getByRole('log', { name: 'Conversation' }),
    status: page.getByRole('status', { name: 'Engine status' }),
    answers: page.getByRole('article', { name: 'Answer' }),
  };
}

/** Resolves when the engine status reads so. */
export function status(page, text, timeout = 60_000) {
  return parts(page).status.filter({ hasText: text }).waitFor({ timeout });
}

/** Sends a message. */
export async function say(page, text) {
  await parts(page).message.fill(text);
  await page.keyboard.press('Enter');
}

/** Sends a message and waits until it is answered, by the last of so many answers. */
export async function ask(page, text, answers, timeout) {
  await say(page, text);
  await answered(page, answers, timeout);
}

export async function answered(page, answers, timeout = 60_000) {
  await parts(page)
    .answers.nth(answers - 1)
    .waitFor({ timeout });
  await parts(page).send.waitFor({ timeout });
}

/** Changes what the pretended engine takes time for: { rate: 999 }. */
export function pretend(page, options) {
  return page.evaluate(options => Object.assign(globalThis.fake.options, options), options);
}

/** Resolves when the element has the focus. */
export function focused(locator) {
  return locator.and(locator.page().locator(':focus')).waitFor();
}

/** Resolves when the condition holds; fails with what was waited for. */
export async function soon(condition, what, patience = 30_000) {
  for (const end = Date.now() + patience; Date.now() < end; ) {
    if (await condition()) return;
    await new Promise(resolve => setTimeout(resolve, 50));
  }
  assert.fail(`in time: ${what}`);
}
