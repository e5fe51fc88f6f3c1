// The library in a page of another origin, under that page's own strict policy.
import assert from 'node:assert/strict';
import { cp, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { open } from './browser.mjs';
import { startServer } from './server.mjs';
import { withElsewhere } from './setup.mjs';

const site = withElsewhere();

test('answers in a page of another origin', { timeout: 240_000 }, async () => {
  const { page, problems, close } = await open(site.browser, site.elsewhere.url);
  assert.notEqual(new URL(page.url()).origin, new URL(site.server.url).origin);
  const answer = await page.evaluate(async base => {
    const { createEngine } = await import(`${base}lib/mixtab.js`);
    const engine = await createEngine({ pack: `${base}packs/demo/` });
    const messages = [{ role: 'user', content: 'What is your favourite condiment?' }];
    const whole = await engine.chat.completions.create({ messages, temperature: 0 });
    let streamed = '';
    for await (const chunk of await engine.chat.completions.create({
      messages,
      temperature: 0,
      stream: true,
    })) {
      streamed += chunk.choices[0].delta.content ?? '';
    }
    const text = 'Größe, naïve';
    const round = await engine.detokenize(await engine.tokenize(text));
    const stats = await engine.stats();
    engine.dispose();
    return { whole, streamed, round, stats };
  }, site.server.url);
  assert.match(answer.whole.choices[0].message.content, /lemon juice/);
  assert.equal(answer.streamed, answer.whole.choices[0].message.content);
  assert.equal(answer.round.trim(), 'Größe, naïve');
  assert.ok(answer.stats.dispatches > 0);
  assert.deepEqual(problems, []);
  await close();
});

test('the service worker of another site answers v1/… with lib/mixtab-sw.js', {
  timeout: 240_000,
}, async () => {
  const policy = `trustedTypes.createPolicy('mixtab-worker', { createScriptURL: url => url })`;
  await writeFile(
    join(site.elsewhere.folder, 'sw.js'),
    `importScripts(${policy}.createScriptURL('${site.server.url}lib/mixtab-sw.js'));`,
  );
  const { page, problems, close } = await open(site.browser, site.elsewhere.url);
  const answer = await page.evaluate(async base => {
    const { createEngine } = await import(`${base}lib/mixtab.js`);
    const policy = trustedTypes.createPolicy('mixtab-service-worker', { createScriptURL: url => url });
    await navigator.serviceWorker.register(policy.createScriptURL('sw.js'));
    await navigator.serviceWorker.ready;
    const engine = await createEngine({ pack: `${base}packs/demo/` });
    engine.serve();
    const frame = document.createElement('iframe'); // controlled, as it is loaded now
    frame.src = './';
    document.body.append(frame);
    await new Promise(resolve => frame.addEventListener('load', resolve));
    const response = await frame.contentWindow.fetch('v1/chat/completions', {
      method: 'POST',
      body: JSON.stringify({ messages: [{ role: 'user', content: 'What is the capital of Japan?' }] }),
    });
    const { choices } = await response.json();
    engine.dispose();
    return choices[0].message.content;
  }, site.server.url);
  assert.match(answer, /Tokyo/);
  assert.deepEqual(problems, []);
  await close();
});

test('drafts change nothing, a bias does', { timeout: 240_000 }, async () => {
  const { page, close } = await open(site.browser, site.elsewhere.url);
  const { plain, drafted, biased, unknown } = await page.evaluate(async base => {
    const { createEngine } = await import(`${base}lib/mixtab.js`);
    const engine = await createEngine({ pack: `${base}packs/demo/` });
    const question = { role: 'user', content: 'What is your favourite condiment?' };
    const ask = extra => engine.chat.completions.create({ messages: [question], temperature: 0, ...extra });
    const plain = await ask();
    const messages = [question, plain.choices[0].message, question];
    const again = await ask({ messages });
    const drafted = await ask({ messages, prompt_lookup_num_tokens: 4 });
    const [first] = await engine.tokenize(plain.choices[0].message.content);
    const biased = await ask({ logit_bias: { [first]: -100 }, max_tokens: 8 });
    const unknown = await ask({ logit_bias: { 99999: 1 } }).catch(error => error.code);
    engine.dispose();
    const text = answer => answer.choices[0].message.content;
    return {
      plain: text(plain),
      drafted: { text: text(drafted), without: text(again), ...drafted.x_mixtab },
      biased: text(biased),
      unknown,
    };
  }, site.server.url);
  assert.equal(drafted.text, drafted.without);
  assert.equal(drafted.speculation_off, undefined);
  assert.ok(
    drafted.accepted_tokens > 5,
    `${drafted.accepted_tokens} of ${drafted.drafted_tokens} drafted tokens`,
  );
  assert.ok(biased.length > 0 && biased.split(' ')[0] !== plain.split(' ')[0], biased);
  assert.equal(unknown, 'bad_request');
  await close();
});

test('errors reach the caller with their codes', { timeout: 120_000 }, async () => {
  const { page, close } = await open(site.browser, site.elsewhere.url);
  const codes = await page.evaluate(async base => {
    const { createEngine } = await import(`${base}lib/mixtab.js`);
    const codeOf = promise =>
      promise.then(
        () => 'none',
        error => error.code,
      );
    const missing = await codeOf(createEngine({ pack: `${base}packs/nowhere/` }));
    const engine = await createEngine({ pack: `${base}packs/demo/` });
    const messages = [{ role: 'user', content: 'word '.repeat(5000) }];
    const tooLong = await codeOf(engine.chat.completions.create({ messages }));
    const unsupported = await codeOf(engine.chat.completions.create({ messages, tools: [{}] }));
    engine.dispose();
    return { missing, tooLong, unsupported };
  }, site.server.url);
  assert.ok(['network', 'bad_pack'].includes(codes.missing), codes.missing);
  assert.equal(codes.tooLong, 'context_full');
  assert.equal(codes.unsupported, 'bad_request');
  await close();
});

test('a damaged pack is refused in one line', {
  timeout: 120_000,
  skip: !!process.env.BASE_URL,
}, async () => {
  const pack = join(site.elsewhere.folder, 'pack');
  await cp(fileURLToPath(new URL('../../demo/pack', import.meta.url)), pack, { recursive: true });
  const shards = (await readdir(join(pack, 'shards'))).map(name => join(pack, 'shards', name));
  const sizes = await Promise.all(shards.map(async file => (await stat(file)).size));
  const shard = shards[sizes.indexOf(Math.max(...sizes))];
  const bytes = await readFile(shard);
  bytes[bytes.length >> 1] ^= 1; // of the right size: the server takes it
  await writeFile(shard, bytes);
  const broken = await startServer('-pack', `broken=${pack}`);
  try {
    const { page, close } = await open(site.browser, site.elsewhere.url);
    const { code, message } = await page.evaluate(
      async ({ base, pack }) => {
        const { createEngine } = await import(`${base}lib/mixtab.js`);
        return createEngine({ pack }).catch(({ code, message }) => ({ code, message }));
      },
      { base: site.server.url, pack: `${broken.url}packs/broken/` },
    );
    assert.equal(code, 'bad_pack');
    assert.match(
      message,
      /packs\/broken\/shards\/[0-9a-f]{64}\.bin has other bytes than its name says: the server's copy is damaged: copy the pack there again$/,
    );
    await close();
  } finally {
    broken.close();
  }
});
