// The library's parameters on the real engine: probabilities, experts at work, answers that
// go on, and several at once.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { launch, open } from './browser.mjs';
import { startServer } from './server.mjs';
import { serve } from './static-server.mjs';

let server;
let elsewhere;
let folder;
let browser;
before(async () => {
  server = await startServer();
  folder = await mkdtemp(join(tmpdir(), 'mixtab-api-'));
  await writeFile(
    join(folder, 'index.html'),
    '<!doctype html><html lang="en"><title>Elsewhere</title><link rel="icon" href="data:,">',
  );
  elsewhere = await serve(folder, 0, { scripts: new URL(server.url).origin });
  browser = await launch();
});
after(async () => {
  await browser?.close();
  elsewhere?.close();
  server?.close();
  if (folder) await rm(folder, { recursive: true });
});

test('tells of every token what was asked, and changes none', { timeout: 240_000 }, async () => {
  const { page, problems, close } = await open(browser, elsewhere.url);
  const seen = await page.evaluate(async base => {
    const { createEngine } = await import(`${base}lib/mixtab.js`);
    const engine = await createEngine({ pack: `${base}packs/demo/` });
    const messages = [{ role: 'user', content: 'What is your favourite condiment?' }];
    const params = { messages, temperature: 0.9, seed: 5, max_tokens: 24 };
    const ask = extra => engine.chat.completions.create({ ...params, ...extra });

    const plain = await ask({});
    const routings = [];
    const watching = (async () => {
      for await (const routing of engine.routing) routings.push(routing);
    })();
    const told = await ask({ logprobs: true, top_logprobs: 5 });
    const half = await ask({ max_tokens: 12 });
    const begun = half.choices[0].message;
    const rest = await ask({
      messages: [...messages, begun],
      max_tokens: 12,
      mixtab: { continue: true },
    });
    const several = await ask({ n: 2, seed: 4, max_tokens: 24 });
    const { info } = engine;
    engine.dispose();
    await watching;
    return { plain, told, half, rest, several, routings, info };
  }, server.url);

  const text = answer => answer.choices[0].message.content;
  assert.equal(text(seen.told), text(seen.plain));
  const { content } = seen.told.choices[0].logprobs;
  assert.equal(Buffer.from(content.flatMap(token => token.bytes ?? [])).toString(), text(seen.plain));
  assert.equal(content.length, 24);
  for (const { token, logprob, top_logprobs: top } of content) {
    const sum = top.reduce((total, other) => total + Math.exp(other.logprob), 0);
    assert.ok(top.length === 5 && sum > 0 && sum < 1 + 1e-9, `${token}: ${sum}`);
    const same = top.find(other => other.token === token);
    assert.ok(same ? same.logprob === logprob : logprob <= top[4].logprob, token);
  }

  assert.equal(text(seen.half) + text(seen.rest), text(seen.plain));
  assert.equal(seen.rest.usage.prompt_tokens, seen.half.usage.prompt_tokens + 12);
  assert.equal(seen.rest.x_mixtab.cached_tokens, seen.rest.usage.prompt_tokens - 1);

  const { choices, usage } = seen.several;
  assert.equal(choices[1].message.content, text(seen.plain)); // with seed 5
  assert.notEqual(choices[0].message.content, text(seen.plain));
  assert.equal(usage.completion_tokens, 48);

  const { layers, experts, expertsPerToken } = seen.info;
  assert.deepEqual([layers, experts, expertsPerToken], [4, 8, 2]);
  const own = seen.routings.filter(({ id }) => id === seen.told.id);
  assert.deepEqual(
    own.map(({ index }) => index),
    content.map((_, index) => index),
  );
  for (const { experts: chosen, weights, loads } of own) {
    assert.equal(chosen.length, layers * expertsPerToken);
    assert.ok(chosen.every(expert => expert >= 0 && expert < experts));
    assert.ok(Math.abs(weights[0] + weights[1] - 1) < 1e-5 && weights[0] >= weights[1]);
    assert.deepEqual(loads, []);
  }
  const pairs = seen.routings.filter(({ id }) => id === seen.several.id);
  assert.deepEqual([...new Set(pairs.map(({ choice }) => choice))], [0, 1]);
  assert.deepEqual(problems, []);
  await close();
});
