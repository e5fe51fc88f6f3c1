// Answers that are JSON, by the library on the real demo model, which knows no JSON of itself.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { open } from './browser.mjs';
import { withElsewhere } from './setup.mjs';

const site = withElsewhere();

test('answers keep to JSON and to schemas', { timeout: 240_000 }, async () => {
  const { page, problems, close } = await open(site.browser, site.elsewhere.url);
  const { person, streamed, object, cut, refused } = await page.evaluate(async base => {
    const { createEngine } = await import(`${base}lib/mixtab.js`);
    const engine = await createEngine({ pack: `${base}packs/demo/` });
    const messages = [{ role: 'user', content: 'What is the capital of France?' }];
    const ask = extra => engine.chat.completions.create({ messages, temperature: 0, ...extra });
    const schema = {
      type: 'object',
      properties: {
        name: { type: 'string', maxLength: 8 },
        born: { type: 'integer', minimum: 1800, maximum: 2026 },
        likes: { type: 'array', items: { enum: ['tea', 'coffee'] }, minItems: 1, maxItems: 2 },
      },
      required: ['name', 'born', 'likes'],
      additionalProperties: false,
    };
    const format = schema => ({ type: 'json_schema', json_schema: { name: 'answer', schema, strict: true } });
    const person = await ask({ response_format: format(schema), prompt_lookup_num_tokens: 4 });
    let streamed = '';
    for await (const chunk of await ask({ response_format: format(schema), stream: true })) {
      streamed += chunk.choices[0].delta.content ?? '';
    }
    const ends = {};
    for (const text of ['"', '}', '"}', '":', '",']) {
      for (const id of await engine.tokenize(text)) ends[id] = 12;
    }
    const json = { type: 'json_object' };
    const object = await ask({ response_format: json, logit_bias: ends, max_tokens: 100 });
    const cut = await ask({ response_format: json, max_tokens: 3 });
    const refused = await ask({
      response_format: format({ type: 'object', properties: { n: { type: 'number', multipleOf: 2 } } }),
    }).catch(({ code, message }) => ({ code, message }));
    engine.dispose();
    return { person, streamed, object, cut, refused };
  }, site.server.url);

  const { name, born, likes } = JSON.parse(person.choices[0].message.content);
  assert.ok(name.length <= 8 && born >= 1800 && born <= 2026 && likes.length >= 1, name);
  assert.equal(person.choices[0].finish_reason, 'stop');
  assert.match(person.x_mixtab.speculation_off, /format/);
  assert.equal(streamed, person.choices[0].message.content);
  const parsed = JSON.parse(object.choices[0].message.content);
  assert.ok(typeof parsed === 'object' && !Array.isArray(parsed));
  assert.equal(object.choices[0].finish_reason, 'stop');
  assert.equal(cut.choices[0].finish_reason, 'length');
  assert.match(cut.choices[0].message.content, /^\{/);
  assert.equal(refused.code, 'bad_request');
  assert.match(refused.message, /^response_format: .* at #\/properties\/n: "multipleOf" is not supported/);
  assert.deepEqual(problems, []);
  await close();
});
