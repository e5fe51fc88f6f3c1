// The page as an app: without network or server, newer versions, links and shares, its security
// policy, and OpenAI's own client against the service worker.
import assert from 'node:assert/strict';
import { appendFile, cp, mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { assertAccessible } from './axe.mjs';
import { locales, open, parts, say, soon, status } from './browser.mjs';
import { startServer } from './server.mjs';
import { withServer } from './setup.mjs';
import { serve } from './static-server.mjs';

const path = relative => fileURLToPath(new URL(relative, import.meta.url));
const patience = { timeout: 120_000 };
/** For an answer of some words, in milliseconds; an endless one takes far longer. */
const quick = 10_000;
const lemon = /lemon juice/;

const real = withServer();

test('after one visit it answers with neither network nor server', { timeout: 240_000 }, async () => {
  // Of a pack without the demo's name, so that the server's redirect has to be remembered too.
  const ours = await startServer('-pack', `other=${path('../../demo/pack')}`);
  const { page, close } = await open(real.browser, ours.url);
  await kept(page, '/packs/other/');
  ours.close();
  await page.context().setOffline(true);
  await page.goto(ours.url);
  await status(page, 'Ready');
  assert.equal(await page.evaluate(() => navigator.onLine), false);
  assert.equal(await page.evaluate(() => crossOriginIsolated), true);
  const { log } = parts(page);
  await say(page, 'What is your favourite condiment?');
  await log.getByText(lemon).waitFor(patience);
  // Languages and views that the first visit did not load.
  await page.evaluate(() => localStorage.setItem('mixtab.language', 'it'));
  await page.reload();
  await page.getByRole('textbox', { name: 'Messaggio' }).waitFor();
  await close();
});

test('a newer version is announced after the answer and taken up by a click', {
  timeout: 240_000,
}, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'mixtab-update-'));
  await cp(path('../dist'), folder, { recursive: true });
  await cp(path('../../demo/pack'), join(folder, 'packs/demo'), { recursive: true });
  const site = await serve(folder);
  try {
    const { page, problems, close } = await open(real.browser, site.url, { reducedMotion: 'reduce' });
    const notice = page.getByRole('status', { name: 'About this page' });
    await kept(page);
    await page.evaluate(() => {
      globalThis.oldPage = true;
    });
    // The answer waits for another one, so that the update finds it under way.
    await page.evaluate(async () => {
      const { createEngine } = await import('/lib/mixtab.js');
      const engine = await createEngine({ pack: '/packs/demo/' });
      const endless = {
        messages: [{ role: 'user', content: 'What is your favourite condiment?' }],
        ...{ max_tokens: 3000, logit_bias: { 2: -100 } }, // It cannot end.
      };
      const { promise, resolve } = Promise.withResolvers();
      globalThis.goOn = new AbortController();
      const { signal } = globalThis.goOn;
      void engine.chat.completions
        .create(endless, { signal, onStart: resolve })
        .catch(() => engine.dispose());
      await promise;
    });
    await say(page, 'What is your favourite condiment?');
    await status(page, 'Answering');
    await appendFile(join(folder, 'sw.js'), '\n// newer\n');
    await page.evaluate(async () => {
      const registration = await navigator.serviceWorker.getRegistration();
      await registration.update();
      while (!registration.waiting) await new Promise(resolve => setTimeout(resolve, 20));
    });
    assert.equal(await parts(page).stop.isVisible(), true, 'it still answers');
    assert.equal(await notice.textContent().then(text => text.trim()), '');
    await page.evaluate(() => globalThis.goOn.abort());
    await parts(page).send.waitFor(patience);
    await notice.getByText('A new version of this page is ready.').waitFor(patience);
    assert.equal(await page.evaluate(() => globalThis.oldPage), true, 'nothing is forced');

    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme });
      await assertAccessible(page, `an update, ${colorScheme}`);
    }
    await page.setViewportSize({ width: 320, height: 640 });
    for (const locale of Object.keys(locales)) {
      await page.evaluate(tag => {
        const select = [...document.querySelectorAll('*')];
        for (let i = 0; i < select.length; i++)
          select.push(...(select[i].shadowRoot?.querySelectorAll('*') ?? []));
        const languages = select.find(node => node.localName === 'select' && node.value.length === 2);
        languages.value = tag;
        languages.dispatchEvent(new Event('change'));
      }, locale);
      await page.locator(`html[lang=${locale}]`).waitFor();
      const fits = () =>
        page.evaluate(() => {
          const notice = document.querySelector('mixtab-app').shadowRoot.querySelector('mixtab-notice');
          const { right } = notice.getBoundingClientRect();
          return Math.max(right, document.documentElement.scrollWidth) <= innerWidth;
        });
      await soon(fits, `${locale}: no sideways scrolling at 320`);
    }
    await page.locator('mixtab-notice button.primary').click();
    await page.waitForFunction(() => globalThis.oldPage === undefined);
    await page.waitForFunction(async () => {
      const { waiting, active } = await navigator.serviceWorker.getRegistration();
      return waiting === null && active.state === 'activated';
    });
    assert.deepEqual(problems, []);
    await close();
  } finally {
    site.close();
    await rm(folder, { recursive: true });
  }
});

test('a prompt link and a share wait in the composer for a click', { timeout: 120_000 }, async () => {
  const { page, problems, close } = await open(
    real.browser,
    `${real.server.url}?q=What%20is%20your%20favourite%20condiment%3F`,
  );
  const { message, send, log } = parts(page);
  await status(page, 'Ready');
  assert.equal(await message.inputValue(), 'What is your favourite condiment?');
  assert.equal(new URL(page.url()).search, '');
  assert.equal(await page.getByRole('article').count(), 0, 'nothing was sent');
  await send.click();
  await log.getByText(lemon).waitFor(patience);

  await kept(page);
  const requests = [];
  page.on('request', request => requests.push(request.method()));
  await page.evaluate(() => {
    const form = Object.assign(document.createElement('form'), {
      action: './share',
      method: 'post',
      enctype: 'multipart/form-data',
    });
    const fields = { title: 'A & B', text: 'größer <b>als</b> gedacht?', url: '' };
    for (const [name, value] of Object.entries(fields)) {
      form.append(Object.assign(document.createElement('input'), { name, value }));
    }
    document.body.append(form);
    form.submit();
  });
  await page.waitForURL(real.server.url, patience);
  await message.waitFor();
  const shared = 'A & B\ngrößer <b>als</b> gedacht?';
  await soon(async () => (await message.inputValue()) === shared, 'what was shared waits');
  assert.equal(await page.getByRole('article').count(), 0, 'nothing was sent');
  assert.deepEqual(problems, []);
  await close();
});

test('it can be installed, by a button where the browser offers it', { timeout: 120_000 }, async () => {
  const { page, problems, close } = await open(real.browser, real.server.url);
  await kept(page);
  const devtools = await page.context().newCDPSession(page);
  const { errors, data } = await devtools.send('Page.getAppManifest');
  assert.deepEqual(errors, []);
  assert.equal(JSON.parse(data).display, 'standalone');
  const { installabilityErrors } = await devtools.send('Page.getInstallabilityErrors');
  assert.deepEqual(
    // Headless pages live in such a context.
    installabilityErrors.filter(({ errorId }) => errorId !== 'in-incognito'),
    [],
  );

  const install = page.getByRole('button', { name: 'Install as an app' });
  assert.equal(await install.count(), 0);
  await page.evaluate(() => {
    const offer = new Event('beforeinstallprompt', { cancelable: true });
    globalThis.asked = new Promise(resolve => {
      offer.prompt = resolve;
    });
    dispatchEvent(offer);
  });
  await assertAccessible(page, 'an offer to install');
  await install.click();
  await page.evaluate(() => globalThis.asked);
  await soon(async () => (await install.count()) === 0, 'an offer is good for one time');
  assert.deepEqual(problems, []);
  await close();
});

test('a session breaks no rule of its policy, and an injected script is refused', {
  timeout: 240_000,
}, async () => {
  const context = await real.browser.newContext({ locale: 'en-GB' });
  await context.addInitScript(() => {
    globalThis.violations = [];
    document.addEventListener('securitypolicyviolation', event => {
      globalThis.violations.push(`${event.effectiveDirective}: ${event.blockedURI} ${event.sample}`);
    });
  });
  const page = await context.newPage();
  const refused = [];
  page.on('console', message => {
    if (/Content.Security.Policy|Trusted/i.test(message.text())) refused.push(message.text());
  });
  await page.goto(real.server.url);
  await kept(page);
  const { log, send } = parts(page);
  await say(page, 'What is your favourite condiment?');
  await log.getByText(lemon).waitFor(patience);
  await send.waitFor(patience);
  for (const [name, part] of [
    ['Settings of this conversation', 'mixtab-settings dialog'],
    ['What the engine is doing', 'mixtab-panel aside'],
    ['Keyboard shortcuts', 'mixtab-keys dialog'],
  ]) {
    await page.getByRole('button', { name, exact: true }).click();
    await page.locator(part).waitFor(); // Its script is loaded and its styles apply.
    await page.keyboard.press('Escape');
  }
  await page.reload(); // by the service worker
  await status(page, 'Ready');
  assert.deepEqual(await page.evaluate(() => globalThis.violations), []);
  assert.deepEqual(refused, []);

  const attacks = await page.evaluate(async () => {
    const outcome = {};
    const attempt = (name, attack) => {
      try {
        attack();
        outcome[name] = 'no error';
      } catch (error) {
        outcome[name] = error.name;
      }
    };
    const inline = document.createElement('script');
    attempt('text', () => {
      inline.text = 'globalThis.injected = true';
    });
    inline.append('globalThis.injected = true');
    document.head.append(inline);
    attempt('innerHTML', () => {
      document.body.innerHTML += '<img src=x onerror="globalThis.injected = true">';
    });
    attempt('worker', () => new Worker('data:text/javascript,'));
    attempt('policy', () => globalThis.trustedTypes.createPolicy('evil', { createHTML: text => text }));
    const button = document.createElement('button');
    attempt('handler', () => button.setAttribute('onclick', 'globalThis.injected = true'));
    button.click();
    await new Promise(resolve => setTimeout(resolve, 200));
    return { ...outcome, injected: globalThis.injected, seen: globalThis.violations.length };
  });
  const { injected, seen, handler: _handler, ...outcome } = attacks;
  assert.equal(injected, undefined);
  assert.ok(seen >= 4, `${seen} violations seen`);
  for (const [name, error] of Object.entries(outcome)) assert.equal(error, 'TypeError', name);
  await context.close();
});

test('OpenAI’s own client gets answers from the service worker', { timeout: 240_000 }, async t => {
  const { page, close } = await open(real.browser, real.server.url);
  await kept(page);
  await page.evaluate(await openaiClient());
  const told = await page.evaluate(async () => {
    const client = new globalThis.OpenAI({
      apiKey: 'none',
      baseURL: `${location.origin}/v1`,
      dangerouslyAllowBrowser: true,
      maxRetries: 0,
    });
    const [{ id: model }] = (await client.models.list()).data;
    const question = {
      model,
      temperature: 0,
      messages: [{ role: 'user', content: 'What is your favourite condiment?' }],
    };
    const whole = await client.chat.completions.create(question);
    const chunks = [];
    for await (const chunk of await client.chat.completions.create({
      ...question,
      stream: true,
      stream_options: { include_usage: true },
    })) {
      chunks.push(chunk);
    }
    const endless = { ...question, max_tokens: 3000, logit_bias: { 2: -100 } }; // It cannot end.
    const leave = new AbortController();
    setTimeout(() => leave.abort(), 300);
    const aborted = await client.chat.completions
      .create(endless, { signal: leave.signal })
      .catch(error => [error.constructor.name, error.name]);
    for await (const _ of await client.chat.completions.create({ ...endless, stream: true })) break;
    const left = performance.now();
    const several = await Promise.all(
      ['What is the capital of Japan?', 'What is the capital of France?'].map(content =>
        client.chat.completions.create({ ...question, messages: [{ role: 'user', content }] }),
      ),
    );
    const waited = performance.now() - left;
    const refused = await client.chat.completions
      .create({ ...question, model: 'gpt-4' })
      .catch(error => error);
    return {
      model,
      whole: whole.choices[0].message.content,
      streamed: chunks.map(chunk => chunk.choices[0]?.delta.content ?? '').join(''),
      usage: chunks.at(-1).usage,
      aborted,
      waited,
      several: several.map(answer => answer.choices[0].message.content),
      refused: [refused.status, refused.code, refused.constructor.name],
    };
  });
  assert.match(told.whole, lemon);
  assert.equal(told.streamed, told.whole);
  assert.ok(told.usage.total_tokens > told.usage.completion_tokens);
  // By the client before the head, by the browser after it.
  assert.match(String(told.aborted), /APIUserAbortError|AbortError/);
  t.diagnostic(`two answers ${Math.round(told.waited)} ms after two endless ones were left`);
  assert.ok(told.waited < quick, 'what nobody waits for does not hold the engine');
  assert.match(told.several[0], /Tokyo/);
  assert.match(told.several[1], /Paris/);
  assert.deepEqual(told.refused, [404, 'model_not_found', 'NotFoundError']);
  await close();
});

test('a service worker killed mid-stream fails that request and answers the next', {
  timeout: 240_000,
}, async () => {
  const { page, close } = await open(real.browser, real.server.url);
  await kept(page);
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('ServiceWorker.enable');
  await page.evaluate(() => {
    const ask = (content, more) =>
      fetch('v1/chat/completions', {
        method: 'POST',
        body: JSON.stringify({ messages: [{ role: 'user', content }], temperature: 0, ...more }),
      });
    globalThis.ask = ask;
    globalThis.streaming = new Promise(started => {
      globalThis.outcome = (async () => {
        const endless = { stream: true, max_tokens: 3000, logit_bias: { 2: -100 } };
        const reader = (await ask('What is your favourite condiment?', endless)).body.getReader();
        await reader.read();
        started();
        for (;;) if ((await reader.read()).done) return 'ended';
      })().catch(error => error.name);
    });
  });
  await page.evaluate(() => globalThis.streaming);
  await devtools.send('ServiceWorker.stopAllWorkers');
  assert.equal(await page.evaluate(() => globalThis.outcome), 'TypeError');
  const next = await page.evaluate(async () => {
    const start = performance.now();
    const response = await globalThis.ask('What is the capital of Japan?');
    const text = (await response.json()).choices[0].message.content;
    return { text, took: performance.now() - start };
  });
  assert.match(next.text, /Tokyo/);
  assert.ok(next.took < quick, `the engine was free again: ${next.took} ms`);
  await close();
});

test('a page without an engine is answered by one that has it, or told that none is there', {
  timeout: 240_000,
}, async () => {
  const { page, close } = await open(real.browser, real.server.url);
  await kept(page);
  const other = await page.context().newPage();
  await other.goto(`${real.server.url}healthz`);
  const models = () =>
    other.evaluate(async () => {
      const response = await fetch('/v1/models');
      return { status: response.status, ...(await response.json()) };
    });
  assert.equal((await models()).data?.length, 1);

  // A tab that is closed while it waits leaves the engine free.
  const third = await page.context().newPage();
  await third.goto(`${real.server.url}healthz`);
  const ask = extra => ({
    method: 'POST',
    body: JSON.stringify({
      messages: [{ role: 'user', content: 'What is the capital of Japan?' }],
      ...extra,
    }),
  });
  await third.evaluate(
    request => {
      void fetch('/v1/chat/completions', request);
    },
    ask({ max_tokens: 3000, logit_bias: { 2: -100 } }),
  );
  await third.waitForTimeout(500);
  await third.close();
  const took = await other.evaluate(async request => {
    const start = performance.now();
    await (await fetch('/v1/chat/completions', request)).json();
    return performance.now() - start;
  }, ask({}));
  assert.ok(took < quick, `the engine was free again: ${took} ms`);

  await page.close();
  const { status: code, error } = await models();
  assert.deepEqual([code, error.code, error.type], [503, 'no_engine', 'server_error']);
  await close();
});

test('a model that the browser deleted is said so, and comes again', { timeout: 240_000 }, async () => {
  const { page, problems, close } = await open(real.browser, real.server.url);
  await kept(page);
  await page.goto(`${real.server.url}healthz`);
  await page.evaluate(async () => {
    const root = await navigator.storage.getDirectory();
    for await (const name of root.keys()) await root.removeEntry(name, { recursive: true });
  });
  await page.goto(real.server.url);
  await status(page, 'Ready');
  const notice = page.getByRole('status', { name: 'About this page' });
  await notice.getByText('Your browser had deleted the model').waitFor();
  await assertAccessible(page, 'after an eviction');
  await notice.getByRole('button', { name: 'Dismiss' }).click();
  await kept(page);
  assert.deepEqual(problems, []);
  await close();
});

test('a browser without service workers, as in a private window, says what does not work', {
  timeout: 120_000,
}, async () => {
  const context = await real.browser.newContext({ locale: 'en-GB' });
  await context.addInitScript(() => {
    delete Navigator.prototype.serviceWorker;
  });
  const page = await context.newPage();
  await page.goto(real.server.url);
  await status(page, 'Ready');
  await page.getByText('does not let the page be kept').waitFor();
  await context.close();
});

test('a browser that cannot run the page is told so in every language', { timeout: 60_000 }, async () => {
  const context = await real.browser.newContext({ serviceWorkers: 'block' });
  const page = await context.newPage();
  await page.route('**/assets/index-*.js', route => route.abort());
  await page.goto(real.server.url);
  for (const text of [
    'did not start',
    'pas démarré',
    'non si è avviata',
    'nicht gestartet',
    'no se ha iniciado',
  ]) {
    await page.getByText(text).waitFor();
  }
  await context.close();
});

/** Resolves when a next visit needs neither network nor server. */
async function kept(page, pack = '/packs/demo/') {
  await status(page, 'Ready');
  await page.waitForFunction(async pack => {
    const { active } = await navigator.serviceWorker.ready;
    return active.state === 'activated' && (localStorage.getItem('mixtab.kept-packs') ?? '').includes(pack);
  }, pack);
}

let client;
/** OpenAI's client as a script that sets globalThis.OpenAI. */
async function openaiClient() {
  client ??= build({
    configFile: false,
    logLevel: 'error',
    build: {
      write: false,
      minify: false, // Its errors are known by their names.
      lib: {
        entry: createRequire(import.meta.url).resolve('openai/index.mjs'),
        name: 'OpenAIModule',
        formats: ['iife'],
      },
    },
  });
  const [{ output }] = [await client].flat();
  return `${output[0].code}; globalThis.OpenAI = OpenAIModule.OpenAI;`;
}
