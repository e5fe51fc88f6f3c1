// The library's parameters on the real engine: probabilities, experts at work, answers that
// go on, and several at once.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { open } from './browser.mjs';
import { withElsewhere } from './setup.mjs';

const site = withElsewhere();

test('tells of every token what was asked, and changes none', { timeout: 240_000 }, async () => {
  const { page, problems, close } = await open(site.browser, site.elsewhere.url);
  const seen = await page.evaluate(async base => {
    const { createEngine } = await import(`${base}lib/mixtab.js`);
    const engine = await createEngine({ pack: `${base}packs/demo/` });
    const messages = [{ role: 'user', content: 'What is your favourite condiment?' }];
    const params = { messages, temperature: 2, seed: 5, max_tokens: 24 };
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
  }, site.server.url);

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

/** What the next test does in its page, as often as that is loaded. */
function defineTalk() {
  const messages = [{ role: 'user', content: 'What is your favourite condiment?' }];
  const caches = async () => {
    let dir = await navigator.storage.getDirectory();
    for (const name of ['mixtab', 'caches']) dir = await dir.getDirectoryHandle(name);
    return dir;
  };
  const files = async () => (await Array.fromAsync((await caches()).keys())).sort();
  const file = async ending => {
    const name = (await files()).find(name => name.endsWith(ending));
    return (await caches()).getFileHandle(name);
  };
  globalThis.talk = {
    files,
    file,
    async open(base) {
      const { createEngine } = await import(`${base}lib/mixtab.js`);
      const engine = await createEngine({ pack: `${base}packs/demo/` });
      const ask = async params => {
        const { choices, x_mixtab: figures } = await engine.chat.completions.create({
          ...{ messages, temperature: 0, max_tokens: 40, ...params },
        });
        return { text: choices[0].message.content, cached: figures.cached_tokens };
      };
      const said = first => [...messages, { role: 'assistant', content: first }];
      const follow = first => {
        const next = { role: 'user', content: 'Do you have mayonnaise recipes?' };
        return ask({ messages: [...said(first), next] });
      };
      const save = async (key, options) => {
        const { text } = await ask();
        return engine.kv.save(key, said(text), options);
      };
      return { engine, ask, follow, said, save };
    },
    async spoil(ending, change) {
      const handle = await file(ending);
      const bytes = new Uint8Array(await (await handle.getFile()).arrayBuffer());
      const writable = await handle.createWritable();
      await writable.write(change(bytes));
      await writable.close();
    },
  };
}

test('a conversation is kept over a reload', { timeout: 240_000 }, async () => {
  const { page, problems, close } = await open(site.browser, site.elsewhere.url);
  await page.addInitScript(defineTalk);
  await page.reload();
  const before = await page.evaluate(async base => {
    const { engine, ask, follow, said } = await globalThis.talk.open(base);
    const { text } = await ask();
    const saved = await engine.kv.save('talk', said(text));
    const next = await follow(text);
    engine.dispose();
    return { text, saved, next };
  }, site.server.url);
  assert.ok(before.saved > 30, `${before.saved} tokens`);
  await page.reload();
  const after = await page.evaluate(
    async ([base, text]) => {
      const { engine, follow } = await globalThis.talk.open(base);
      const restored = await engine.kv.restore('talk');
      const next = await follow(text);
      const other = await engine.kv.restore('none');
      engine.dispose();
      return { restored, next, other };
    },
    [site.server.url, before.text],
  );
  assert.deepEqual([after.restored, after.other], [before.saved, 0]);
  assert.deepEqual(after.next, before.next); // the same answer, with as much from the cache
  assert.ok(after.next.cached >= before.saved - 1, `${after.next.cached} of ${before.saved} tokens`);

  const { spoiled, bounded, removed } = await page.evaluate(async base => {
    const { files, file, spoil } = globalThis.talk;
    const { engine, ask, save } = await globalThis.talk.open(base);
    const text = bytes => new TextDecoder().decode(bytes);
    const spoiled = [];
    for (const [ending, change] of [
      ['.bin', bytes => bytes.with(100, bytes[100] ^ 1)],
      ['.bin', bytes => bytes.subarray(0, -4)],
      ['.json', bytes => bytes.subarray(0, -4)],
      ['.json', bytes => text(bytes).replace(' f32 ', ' f16 ')],
    ]) {
      const saved = await save('talk');
      await spoil(ending, change);
      await ask({ messages: [{ role: 'user', content: 'Hello' }] }); // what is there is not moved
      spoiled.push([saved > 0, await engine.kv.restore('talk'), (await files()).length]);
    }

    await save('one');
    const { size } = await (await file('.bin')).getFile();
    await save('two');
    const tooLarge = await save('three', { limitBytes: size - 1 });
    await engine.kv.restore('one'); // "two" has been used longest ago now
    const three = await save('three', { limitBytes: 2 * size });
    const left = [];
    for (const key of ['one', 'two', 'three']) left.push((await engine.kv.restore(key)) > 0);
    for (const key of ['one', 'three']) await engine.kv.drop(key);
    const bounded = { tooLarge, three: three > 0, left, files: await files() };
    const last = (await save('four')) > 0;
    engine.dispose();
    await engine.packs.remove(`${base}packs/demo/`);
    return { spoiled, bounded, removed: { last, files: await files() } };
  }, site.server.url);
  assert.deepEqual(spoiled, Array(4).fill([true, 0, 0]));
  assert.deepEqual(bounded, { tooLarge: 0, three: true, left: [true, false, true], files: [] });
  assert.deepEqual(removed, { last: true, files: [] });
  assert.deepEqual(problems, []);
  await close();
});
